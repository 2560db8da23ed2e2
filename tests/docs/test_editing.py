"""What docs/editing.md shows is executed."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor.encoders import OBJECTIVES, FactorEncoder
from simfactor.encoders.editing import takes_values
from simfactor.encoders.layout import RESIDUAL
from simfactor.factors import load_space
from simfactor.pipeline.edit_scores import FIGURES

GUIDE = (DOCS / "editing.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    assert printed(GUIDE, tmp_path)[-1] == (
        "(4, 64, 64, 3) (2, 64, 64, 3) (4, 64, 64, 3) ['lighting_intensity', 'wall_color'] 16"
    )


def test_the_table_of_encoders_is_complete() -> None:
    rows = re.findall(r"^\| (.*?`\w+`.*?) \| (yes|no)[^|]*\| (yes|no) \|$", GUIDE, flags=re.MULTILINE)
    told = {name: (v, e) for names, v, e in rows for name in re.findall(r"`(\w+)`", names)}
    space = load_space("isaac3d").select(["wall_color"])
    for name in OBJECTIVES:
        encoder = FactorEncoder(space, 64, name)
        blocks = encoder.layout.names != (RESIDUAL,)
        found = ("yes" if blocks and takes_values(encoder) else "no", "yes" if blocks else "no")
        assert told.get(name, ("no", "no")) == found, name


def test_every_figure_is_explained() -> None:
    explained = re.findall(r"^\| `(\w+)` \| [^|]+ \|$", GUIDE, flags=re.MULTILINE)
    assert set(explained) == {*FIGURES, "missed", "others"}
