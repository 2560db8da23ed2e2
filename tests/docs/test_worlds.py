"""What docs/worlds.md shows is executed."""

from pathlib import Path

from pages import DOCS, printed

GUIDE = (DOCS / "worlds.md").read_text()


def test_the_example_runs(tmp_path: Path) -> None:
    assert printed(GUIDE, tmp_path)[-2:] == ["(1, 64, 96, 3) True", "1 2 100"]
