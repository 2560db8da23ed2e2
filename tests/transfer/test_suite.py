"""Suites are climbed rung by rung; mistakes in them are named before anything runs."""

import pytest

from simfactor.config import load_config
from simfactor.errors import SimfactorError
from simfactor.factors import load_space
from simfactor.transfer import Rung, Suite, load_suite, transfer_domains

LIGHT = ({"light_azimuth": [30, 75]}, {"light_azimuth": [75, 120]})
TEXTURE = ({"table_texture": ["brick"]}, {"table_texture": ["grass"]}, {"table_texture": ["moon"]})


def test_rungs_are_shifts_with_their_place():
    suite = Suite({"light": LIGHT, "texture": TEXTURE}, {"both": ("light", "texture")})
    shifts = {shift.name: shift for shift in suite.shifts}
    assert list(shifts) == ["light-1", "light-2", "texture-1", "texture-2", "texture-3", "both-1", "both-2"]
    assert shifts["texture-3"].factors == {"table_texture": ["moon"]}
    assert shifts["texture-3"].rung == Rung("texture", 3)
    assert shifts["both-2"].factors == {"light_azimuth": [75, 120], "table_texture": ["grass"]}
    assert shifts["both-2"].rung == Rung("both", 2, ("light", "texture"))


def test_the_ready_suite_fits_the_quickstart_and_moves_every_nuisance():
    world = load_config("quickstart").world
    full = load_space(world.space)
    policy = {**world.encoder_support, **world.policy_support}
    suite = load_suite("tabletop")
    domains = transfer_domains(full, policy, full.restrict(world.encoder_support), suite.shifts)
    assert {domain.level for domain in domains} == {"clean", "ood1", "ood2"}
    by_ladder = {}
    for domain in domains[1:]:
        by_ladder.setdefault(domain.rung.ladder, []).append(domain.level)
    assert by_ladder["light_azimuth"] == ["ood1", "ood1", "ood2"]
    assert all(levels == sorted(levels) for levels in by_ladder.values()), "levels only get worse"
    moved = {factor for shift in suite.shifts for factor in shift.factors}
    still = {name for name in full.names if full[name].role == "nuisance"} - moved
    assert still == {"camera_fov", "object_x", "object_yaw"}


@pytest.mark.parametrize(
    ("name", "suite", "levels"),
    [("arm", "arm", ["ood1", "ood2"]), ("quickstart", "tabletop", ["ood2"] * 3)],
)
def test_distractors_and_noise_are_climbed_alone_and_with_everything(name, suite, levels):
    """And the clean domain has neither."""
    world = load_config(name).world
    full = load_space(world.space)
    policy = {**world.encoder_support, **world.policy_support}
    shifts = load_suite(suite).shifts
    clean, *domains = transfer_domains(full, policy, full.restrict(world.encoder_support), shifts)
    assert clean.space.fix({"distractors": 0, "distractor_angle": 0, "sensor_noise": 0}) == clean.space
    for ladder in ("distractors", "sensor_noise", "everything"):
        rungs = [domain for domain in domains if domain.rung.ladder == ladder]
        assert [domain.level for domain in rungs] == levels
        for domain in rungs:
            if ladder != "sensor_noise":
                assert domain.space["distractor_angle"].full
                assert 0 not in domain.space["distractors"].codes
            if ladder != "distractors":
                assert domain.space["sensor_noise"].low > 0
            for task in full.by_role("task"):
                assert domain.space[task] == clean.space[task]


@pytest.mark.parametrize(
    ("ladders", "combined", "message"),
    [
        ({"light": ()}, {}, "ladder 'light' needs rungs"),
        ({"light": ({},)}, {}, "at least one factor"),
        ({"light": LIGHT}, {"light": ("light", "light")}, "another"),
        ({"light": LIGHT}, {"both": ("light", "light")}, "two or more different"),
        ({"light": LIGHT}, {"both": ("light", "ligth")}, "unknown ladder in combination 'both' 'ligth'"),
        ({"light": LIGHT, "dusk": LIGHT}, {"both": ("light", "dusk")}, "light_azimuth would be moved by two"),
    ],
)
def test_suites_that_cannot_be_climbed(ladders, combined, message):
    with pytest.raises(SimfactorError, match=message):
        Suite(ladders, combined)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- light", "maps `ladders`"),
        ("ladders: {light: 3}", "ladder 'light' must be a list of rungs"),
        ("ladders: {light: [{light_azimuth: 40}]}\nladder: {}", "Did you mean 'ladders'"),
        ("ladders: {light: [{light_azimuth: 40}]}\ncombined: {both: light}", "`combined` maps names"),
        ("ladders: {light: [", "not valid YAML"),
    ],
)
def test_files_that_are_no_suite(tmp_path, text, message):
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    with pytest.raises(SimfactorError, match=message):
        load_suite(path)


def test_a_suite_that_is_not_there():
    with pytest.raises(SimfactorError, match="Did you mean 'tabletop'"):
        load_suite("tabeltop")
    with pytest.raises(SimfactorError, match=r"mine.yaml does not exist"):
        load_suite("mine.yaml")
