"""What docs/encoders.md shows is executed, and no objective is left out."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor.encoders import OBJECTIVES

GUIDE = (DOCS / "encoders.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    assert printed(GUIDE, tmp_path)[-1] == "(60, 10) wood"


def test_the_table_of_objectives_is_complete() -> None:
    table = GUIDE.split("## Objectives")[1].split("*Free* latents")[0]
    named = [n for row in re.findall(r"^\| (`.*?) \|", table, flags=re.MULTILINE) for n in row.split(", ")]
    assert sorted(named) == sorted(f"`{name}`" for name in OBJECTIVES)
