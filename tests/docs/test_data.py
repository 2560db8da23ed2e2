"""What docs/data.md shows is executed."""

import re
from pathlib import Path

import yaml
from pages import DOCS, blocks, printed

from simfactor.config import RunConfig, validated
from simfactor.data.export import FORMATS
from simfactor.pipeline import make_plan

GUIDE = (DOCS / "data.md").read_text()


def test_the_page_runs_as_one_program(tmp_path: Path) -> None:
    assert printed(GUIDE, tmp_path) == [
        "FactorDataset('lattice': 48 images 64x64, 27 factors) "
        "('light_azimuth', 'object_shape', 'object_hue')",
        "('light_azimuth', 'object_shape', 'object_hue') [6, 2, 4] (3, 64, 64)",
        "(64, 64, 3) (2, 3)",
        "{'imgs': (48, 64, 64, 3), 'latents_values': (48, 27), 'latents_classes': (48, 27), 'metadata': ()} "
        "48",
        "(2, 64, 64, 3) {'lamp': 'left, off', 'distance': '[0.4, 1.25]'}",
    ]


def test_the_configuration_is_valid() -> None:
    (text,) = blocks(GUIDE, "yaml")
    plan = make_plan(validated(RunConfig, yaml.safe_load(text), "docs/data.md"))
    assert plan.encoder_space.excluded
    assert plan.encoder_space.correlations
    assert plan.score_space != plan.encoder_space


def test_the_table_names_every_format() -> None:
    assert re.findall(r"^\| `(\w+)` \|", GUIDE, flags=re.MULTILINE) == list(FORMATS)
