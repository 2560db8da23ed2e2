"""What docs/tasks.md shows works, and its table holds every task."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor.envs import TASK_IDS
from simfactor.factors import load_space
from simfactor.scene import looks

PAGE = (DOCS / "tasks.md").read_text()


def test_the_page_runs(tmp_path: Path) -> None:
    first, second = printed(PAGE, tmp_path)
    assert first == "(9,) False cylinder"
    assert second == "['achieved_goal', 'desired_goal', 'observation'] 0.0"


def test_every_task_is_in_the_table() -> None:
    assert all(f"| `{name}` |" in PAGE for name in TASK_IDS.values())


def test_the_factors_of_the_tabletop_are_all_told() -> None:
    space = load_space("tabletop")
    rows = re.findall(r"^\| `(\w+)` \| (`.*`) \|$", PAGE, flags=re.MULTILINE)
    assert {group: tuple(re.findall(r"`(\w+)`", names)) for group, names in rows} == space.groups
    assert f"{len(space)} factors" in PAGE
    assert all(f"`{name}`" in PAGE for name in looks.DEFAULTS)
