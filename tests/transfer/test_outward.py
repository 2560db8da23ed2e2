"""Ladders that lead away from where a policy was trained."""

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.factors import Continuous, FactorSpace, load_space
from simfactor.transfer import Domain, outward_domains

FULL = load_space("tabletop")
CLEAN = FULL.restrict(
    {"light_azimuth": [-30, 30], "light_elevation": [50, 80], "table_texture": "wood"}
).select(["light_azimuth", "light_elevation", "table_texture", "target_x"])
MOVED = ("light_azimuth", "light_elevation", "table_texture", "light_intensity", "robot_tint")


@pytest.fixture(scope="module")
def domains() -> dict[str, Domain]:
    found = outward_domains(FULL, CLEAN, MOVED, {"light_intensity": 1.0}, severities=3, together="both")
    return {domain.name: domain for domain in found}


def test_every_factor_has_its_ladder(domains: dict[str, Domain]) -> None:
    assert list(domains) == [
        *(f"light_azimuth-{k}" for k in (1, 2, 3)),
        *(f"light_elevation-{k}" for k in (1, 2, 3)),
        "table_texture-1",
        *(f"light_intensity-{k}" for k in (1, 2, 3)),
        "robot_tint-1",
        *(f"both-{k}" for k in (1, 2, 3)),
    ]
    assert {domain.level for domain in domains.values()} == {"out"}


def test_rungs_lie_around_the_clean_range(domains: dict[str, Domain]) -> None:
    def said(name: str) -> str:
        return domains[name].space[name.split("-")[0]].describe()

    assert said("light_azimuth-1") == "[-80, -30] or [30, 80] deg"
    assert said("light_azimuth-3") == "[-180, -130] or [130, 180] deg"
    assert said("light_elevation-3") == "[30, 36.6667] deg"  # 80 is as high as it goes: one side
    assert "wood" not in said("table_texture-1")
    assert said("light_intensity-1").startswith("[0.9, 1.23")  # around its natural value, all of it
    assert said("robot_tint-1") == "[0, 360] deg"  # which has none


def test_nothing_but_the_factor_moves(domains: dict[str, Domain]) -> None:
    clean = CLEAN.sample(20, seed=3)
    for domain in domains.values():
        moved = set(domain.rung.parts or [domain.rung.ladder])
        rows = domain.space.sample(20, seed=3)
        for name in domain.space.names:
            same = name in CLEAN.names and np.array_equal(
                rows[:, domain.space.index(name)], clean[:, CLEAN.index(name)]
            )
            assert same == (name not in moved), (domain.name, name)


def test_rungs_of_a_number_fill_its_range_without_the_clean_part(domains: dict[str, Domain]) -> None:
    values = np.linspace(-179.9, 179.9, 1001)
    inside = np.array(
        [domains[f"light_azimuth-{k}"].space["light_azimuth"].contains(values) for k in (1, 2, 3)]
    )
    np.testing.assert_array_equal(inside.sum(axis=0), np.abs(values) >= 30)


def test_a_natural_value_beyond_the_range_counts_as_its_end() -> None:
    full = FactorSpace({"glow": Continuous(0.0, 1.0), "hum": Continuous(0.0, 1.0)})
    clean = full.select(["hum"]).fix({"hum": 0.5})
    (low, high) = outward_domains(full, clean, ["glow"], {"glow": -3.0})
    assert (low.space["glow"].describe(), high.space["glow"].describe()) == ("[0, 0.5]", "[0.5, 1]")


def test_one_factor_is_not_moved_together_with_itself() -> None:
    found = outward_domains(FULL, CLEAN, ["light_azimuth"], together="lighting")
    assert [domain.name for domain in found] == ["light_azimuth-1", "light_azimuth-2"]


def test_errors() -> None:
    with pytest.raises(SimfactorError, match="severities=0"):
        outward_domains(FULL, CLEAN, ["light_azimuth"], severities=0)
    with pytest.raises(SimfactorError, match="ligth"):
        outward_domains(FULL, CLEAN, ["ligth"])
    with pytest.raises(SimfactorError, match="nowhere to move"):
        outward_domains(FULL, FULL, ["light_azimuth"])
    with pytest.raises(SimfactorError, match="nowhere to move"):
        outward_domains(FULL, FULL, ["table_texture"])
