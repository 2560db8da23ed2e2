"""What docs/close_gap.md shows is executed, and what it names exists."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor import cli
from simfactor.cli.reality_options import CloseGapConfig

PAGE = (DOCS / "close_gap.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    assert printed(PAGE, tmp_path) == [
        "ACCEPTED 1 ('light_intensity', 'camera_azimuth')",
        "True",
        "target_y True",
        "True True",
        "True",
    ]


def test_the_options_that_it_names_exist() -> None:
    named = {name.replace("-", "_") for name in re.findall(r"--([a-z][a-z-]+)", PAGE)}
    assert named - {"seeds"} <= set(CloseGapConfig.__dataclass_fields__)
    assert "close-gap" in cli.COMMANDS
