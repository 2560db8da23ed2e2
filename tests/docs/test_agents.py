"""The configuration in docs/agents.md is one, and its tables name every kind."""

from pathlib import Path
from typing import get_args

import yaml
from pages import DOCS, blocks

from simfactor.agents.augmentation import Kind
from simfactor.agents.image_augmentation import ImageKind
from simfactor.config import load_config
from simfactor.pipeline import make_plan

PAGE = (DOCS / "agents.md").read_text()


def test_the_configuration_can_be_run(tmp_path: Path) -> None:
    (written,) = blocks(PAGE, "yaml")
    (tmp_path / "agents.yaml").write_text(written)
    run = make_plan(load_config(tmp_path / "agents.yaml")).run
    assert list(run.agents.train) == list(yaml.safe_load(written)["agents"]["train"])
    assert run.agents.train["student"].teacher == "oracle"


def test_the_tables_are_complete() -> None:
    assert all(f"| `{kind}` |" in PAGE for kind in (*get_args(Kind), *get_args(ImageKind)))
