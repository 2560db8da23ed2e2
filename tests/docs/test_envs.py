"""What docs/envs.md shows is executed."""

from pathlib import Path

from pages import DOCS, printed


def test_the_examples_run(tmp_path: Path) -> None:
    lines = printed((DOCS / "envs.md").read_text(), tmp_path)
    assert lines == ["(4, 64, 64, 3) [4. 4. 4. 4.]", "64"]
