"""What docs/realism.md shows is executed."""

import inspect
import re
from pathlib import Path

import pytest
from pages import DOCS, printed

pytest.importorskip("mitsuba")

from simfactor.render.pathtrace import PathTracer

GUIDE = (DOCS / "realism.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    assert printed(GUIDE, tmp_path)[-2:] == ["(2, 64, 64, 3) True", "(2, 64, 64, 3) scalar_rgb"]


def test_the_table_of_options_is_complete() -> None:
    told = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", GUIDE, flags=re.MULTILINE)))
    assert set(inspect.signature(PathTracer).parameters) <= set(told)
