"""What docs/transfer.md shows is executed."""

from pathlib import Path

import yaml
from pages import DOCS, blocks, printed

from simfactor.transfer import load_suite

GUIDE = (DOCS / "transfer.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    names, needed, drop, gap, p_values = printed(GUIDE, tmp_path)
    assert names == "['light_azimuth-1', 'light_azimuth-2', 'light_azimuth-3']"
    assert (needed, drop[:5]) == ("199", "0.124")
    assert gap.startswith("Interval(mean=0.2")
    assert p_values == "{'dusk': 0.0002, 'noon': 1.0}"


def test_the_suite_can_be_climbed(tmp_path: Path) -> None:
    (text,) = blocks(GUIDE, "yaml")
    path = tmp_path / "suite.yaml"
    path.write_text(text)
    assert len(load_suite(path).shifts) == 3 + 2 + 2


def test_the_ready_suite_is_as_large_as_told() -> None:
    suite = load_suite("tabletop")
    assert (len(suite.ladders), len(suite.combined)) == (17, 4)
    assert "seventeen ladders" in GUIDE
    assert yaml.safe_load(blocks(GUIDE, "yaml")[0])["ladders"]["light_azimuth"] == list(
        suite.ladders["light_azimuth"]
    )
