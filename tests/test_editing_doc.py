"""What docs/editing.md shows is executed."""

import re
import subprocess
import sys
from pathlib import Path

from simfactor.encoders import OBJECTIVES, FactorEncoder
from simfactor.encoders.editing import takes_values
from simfactor.encoders.layout import RESIDUAL
from simfactor.factors import load_space
from simfactor.pipeline.edit_scores import FIGURES

GUIDE = (Path(__file__).parent.parent / "docs" / "editing.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == (
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
