"""What docs/tasks.md shows works, and its table holds every task."""

from pathlib import Path

from pages import DOCS, printed

from simfactor.envs import TASK_IDS

PAGE = (DOCS / "tasks.md").read_text()


def test_the_page_runs(tmp_path: Path) -> None:
    first, second = printed(PAGE, tmp_path)
    assert first == "(9,) False cylinder"
    assert second == "['achieved_goal', 'desired_goal', 'observation'] 0.0"


def test_every_task_is_in_the_table() -> None:
    assert all(f"| `{name}` |" in PAGE for name in TASK_IDS.values())
