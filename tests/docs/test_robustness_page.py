"""What docs/robustness.md shows is executed, but for the policy that a reader would bring."""

from pathlib import Path

from pages import DOCS, printed

PAGE = (DOCS / "robustness.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    lines = printed(PAGE, tmp_path)
    assert lines[0] == "held"
    assert "violated" in lines
    assert lines[-1].split()[0] == "OPEN"
    assert lines[-1].endswith("['light_intensity-1']")
