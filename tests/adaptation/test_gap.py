"""The domain report on benches where exactly one thing differs, and it is known which."""

import json
from typing import Any

import numpy as np
import pytest
from bench import Bench, space

from simfactor.adaptation import Gap, domain_gap
from simfactor.encoders import FactorEncoder
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace


def gap(bench: Bench, **choices: Any) -> Gap:
    return domain_gap(bench.encoder, bench.held_out, bench.other(**choices), permutations=199, resamples=300)


@pytest.mark.parametrize(
    ("name", "choice", "true"),
    [
        ("light_intensity", [1.2, 1.5], 0.25),
        ("camera_azimuth", [4, 12], 8.0),
        ("table_texture", ["wood"], 0.5),
    ],
)
def test_the_one_factor_that_moved_is_named(bench: Bench, name: str, choice: list[Any], true: float) -> None:
    found = gap(bench, **{name: choice})
    assert found.shifted == (name,)
    factor = found.factors[0]
    assert factor.name == name
    assert factor.difference.low < true < factor.difference.high
    assert factor.of == ("wood" if name == "table_texture" else "")
    assert found.features.shifted
    assert found.features.frechet.low > found.features.halves.high
    assert found.features.kernel.low > 0
    assert found.sentence().startswith(f"Shifted: {name} (")
    assert sum(line.endswith("SHIFTED") for line in found.table().splitlines()) in (1, 2)  # the residual


def test_other_images_of_the_same_bench_have_not_shifted(bench: Bench) -> None:
    found = gap(bench)
    assert found.shifted == ()
    assert found.features.halves.low < found.features.frechet.mean < found.features.halves.high
    assert found.sentence() == (
        "No shift was found in 150 images of the target. Effects below 0.1 are not called shifts."
    )
    assert all(factor.outside.low < 0.08 for factor in found.factors if factor.outside)
    assert found.features.unlike.low < 0.08


def test_the_very_same_images_have_no_gap(bench: Bench) -> None:
    found = domain_gap(bench.encoder, bench.held_out, bench.held_out.copy())
    assert found.sentence() == "The target's images are the source's: there is no gap."
    assert found.features.frechet.mean == found.features.kernel.mean == 0
    assert all(factor.effect == 0 and factor.p_value == 1 for factor in found.factors)
    assert all(factor.difference.mean == 0 for factor in found.factors if factor.difference)
    assert all(pair.source[0] == pair.target and pair.distance == 0 for pair in found.pairs)


def test_what_the_encoder_never_saw_is_said_to_be_unlike(bench: Bench) -> None:
    found = gap(bench, camera_azimuth=[25, 35])
    assert "camera_azimuth" in found.shifted
    assert found.features.unlike.mean > 0.9
    assert found.sentence().endswith(
        "of the target's images are like none of the source: what is read of those is not to be trusted, "
        "neither how large a shift is nor whose."
    )


def test_the_same_call_gives_the_same_and_it_is_json(bench: Bench) -> None:
    first, second = (gap(bench, light_intensity=[1.2, 1.5]).to_dict() for _ in range(2))
    assert first == second
    plain = json.loads(json.dumps(first, allow_nan=False))
    assert plain["shifted"] == ["light_intensity"]
    assert set(plain["factors"]) == {*bench.encoder.layout.names}
    assert plain["factors"]["light_intensity"]["difference"].keys() == {"mean", "low", "high", "n"}
    assert plain["images"] == {"source": 200, "target": 150}


def test_pairs_are_told_by_the_indices_of_what_was_given(bench: Bench) -> None:
    target = np.concatenate([bench.held_out[::-1], bench.held_out])[:399]
    found = domain_gap(bench.encoder, bench.held_out, target, at_most=100)
    for pair in found.pairs:
        assert len(pair.source) == 4
        near, far = bench.held_out[[pair.source[0], pair.source[-1]]].astype(int)
        assert np.abs(target[pair.target] - near).mean() < np.abs(target[pair.target] - far).mean() + 5


def test_an_encoder_without_factors_names_none(bench: Bench) -> None:
    encoder = FactorEncoder(bench.encoder.space, 64, "beta_vae")
    found = domain_gap(encoder, bench.held_out, bench.held_out // 3)
    assert [factor.kind for factor in found.factors] == ["latents"]
    assert found.shifted == ()
    assert found.sentence().startswith("No factor's reading has shifted, but what the encoder sees has")


def test_factors_that_were_fixed_in_training_are_left_out(bench: Bench) -> None:
    encoder = FactorEncoder(space().select(["light_intensity", "camera_fov"]), 64)
    found = domain_gap(encoder, bench.held_out, bench.held_out)
    assert {factor.name for factor in found.factors} == {"light_intensity", "residual"}


def test_what_cannot_be_compared_is_refused(bench: Bench) -> None:
    images, encoder = bench.held_out, bench.encoder

    def refused(match: str, source: Any = images, target: Any = images, **asked: Any) -> None:
        with pytest.raises(SimfactorError, match=match):
            domain_gap(encoder, source, target, **asked)

    refused(r"19 images of the target are too few; give at least 20\. Of thirty factors", target=images[:19])
    refused(r"39 images of the source are too few; give at least 40\. Half of them", source=images[:39])
    refused(r"^the target: images have shape \(200, 32, 64, 3\)", target=images[:, :32])
    refused("^the target: images have dtype uint16", target=images.astype(np.uint16))
    refused(r"alpha=2 must be between 0 and 1", alpha=2)
    refused(
        r"permutations=50 cannot show anything at alpha=0.05 for 5 questions; give at least 99",
        permutations=50,
    )
    refused(
        r"200 images of the source cannot tell what is outside at alpha=0.004", alpha=0.004, permutations=9999
    )

    strange = FactorEncoder(FactorSpace({"depth": space()["light_intensity"]}), 64)
    with pytest.raises(
        SimfactorError, match=r"trained with depth in .*, but the data set 'source' has no such"
    ):
        domain_gap(strange, bench.data, images)
    small = FactorEncoder(bench.encoder.space, 128)
    with pytest.raises(SimfactorError, match=r"the images of 'source' have 64 pixels, the encoder sees 128"):
        domain_gap(small, bench.data, images)
