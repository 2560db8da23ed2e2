"""What docs/attach.md shows is executed, and its table has every factor."""

from pathlib import Path

import cv2
from pages import DOCS, printed

from simfactor.scene.appearance import FACTORS

PAGE = (DOCS / "attach.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    lines = printed(PAGE, tmp_path)
    assert "(64, 64, 3) 120.0" in lines
    assert "['cube_mass', 'cube_y']" in lines
    assert any(line.split()[:2] == ["table_tint", "color"] for line in lines)
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[0] > 12 * 64


def test_the_table_is_complete() -> None:
    assert all(f"`{name}`" in PAGE for name in FACTORS)
