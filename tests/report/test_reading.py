"""Sentences claim what the intervals carry, and no more."""

from simfactor.report.reading import clean_sentences, diagnosis_sentences, shift_sentences


def _agent(clean, shifted, low, high, n=100, seeds=2):
    success = {"low": 0.0, "high": 1.0, "n": n, "seeds": seeds}
    gap = {"mean": clean - shifted, "low": low, "high": high, "n": n, "seeds": seeds}
    return {
        "clean": {"level": "clean", "success": {"mean": clean, **success}},
        "dusk": {"level": "ood2", "success": {"mean": shifted, **success}, "gap": gap},
    }


def _said(**agents):
    return shift_sentences(agents)["dusk"]


def test_a_cost_that_clears_zero_is_stated():
    assert _said(latent=_agent(0.95, 0.64, 0.22, 0.40)) == [
        "dusk costs latent 0.31 [0.22, 0.40]: success falls from 0.95 to 0.64."
    ]


def test_a_cost_that_does_not_clear_zero_is_not_claimed():
    assert _said(latent=_agent(0.95, 0.92, -0.02, 0.08)) == [
        "The cost of dusk to latent, 0.03 [-0.02, 0.08], cannot be told from zero "
        "with 100 episodes (2 trainings)."
    ]
    [said] = _said(latent=_agent(0.95, 0.92, 0.0, 0.08, seeds=1))
    assert said.endswith("cannot be told from zero with 100 episodes (1 training).")


def test_a_gain_is_a_gain():
    assert _said(latent=_agent(0.70, 0.80, -0.15, -0.05)) == [
        "latent does better under dusk, by 0.10 [0.05, 0.15]: 0.70 to 0.80."
    ]


def test_no_change_is_not_called_certainty():
    assert _said(latent=_agent(1.0, 1.0, 0.0, 0.0)) == [
        "dusk changed nothing for latent in any of 100 paired episodes (success 1.00); "
        "an effect rarer than about 1 in 17 starts would not show."
    ]


def test_agents_are_told_apart_only_when_their_intervals_are():
    apart = _said(a=_agent(1.0, 0.8, 0.1, 0.3), b=_agent(1.0, 0.5, 0.4, 0.6), c=_agent(1.0, 0.6, 0.29, 0.5))
    assert apart[3:] == ["a loses less than b (intervals do not overlap)."]
    never = _agent(1.0, 1.0, 0.0, 0.0)  # 50 starts: up to 0.06 could have gone unseen
    assert len(_said(a=never, b=_agent(1.0, 0.9, 0.05, 0.15))) == 2
    assert len(_said(a=never, b=_agent(1.0, 0.9, 0.07, 0.15))) == 3


def test_a_weak_agent_gets_a_warning():
    agents = {"good": _agent(0.95, 0.9, 0, 0.1), "weak": _agent(0.3, 0.2, 0, 0.2)}
    good, weak = clean_sentences(agents)
    assert good == (
        "good succeeds in 0.95 [0.00, 1.00] of 100 clean episodes (2 trainings). "
        "A shift that costs less than 0.20 may go unseen (power 80 %)."
    )
    assert "no gap can exceed the clean success" in weak


def _part(mean, low, high):
    return {"mean": mean, "low": low, "high": high, "n": 100, "seeds": 2}


def test_blame_is_stated_for_the_part_that_clears_zero():
    def diagnosed(encoder, policy):
        return {
            "clean": {"encoder": _part(0, 0, 0), "task_error": 0.02},
            "dusk": {"encoder": encoder, "policy": policy, "task_error": 0.31},
        }

    said = diagnosis_sentences(
        {
            "blind": diagnosed(_part(0.5, 0.4, 0.6), _part(0.02, -0.1, 0.1)),
            "fickle": diagnosed(_part(0.0, 0.0, 0.0), _part(0.4, 0.3, 0.5)),
            "steady": diagnosed(_part(0.0, 0.0, 0.0), _part(0.0, -0.1, 0.1)),
        }
    )
    assert said == {
        "dusk": [
            "dusk costs blind 0.50 [0.40, 0.60] by its encoder; its latents of the task were off by 0.310 "
            "(clean 0.020).",
            "dusk costs fickle 0.40 [0.30, 0.50] by its policy; its latents of the task were off by 0.310 "
            "(clean 0.020).",
        ]
    }
