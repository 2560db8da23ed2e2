"""What docs/close_gap.md shows is executed, and what it names exists."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor import cli
from simfactor.cli.reality_options import AdaptEncoderConfig, CloseGapConfig

PAGE = (DOCS / "close_gap.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    assert printed(PAGE, tmp_path) == [
        "ACCEPTED 1 ('light_intensity', 'camera_azimuth')",
        "True",
        "target_y True",
        "True True",
        "True",
        "ACCEPTED ['target_y']",
    ]


def test_the_options_that_it_names_exist() -> None:
    named = {name.replace("-", "_") for name in re.findall(r"--([a-z][a-z-]+)", PAGE)}
    options = {*CloseGapConfig.__dataclass_fields__, *AdaptEncoderConfig.__dataclass_fields__}
    assert named - {"seeds"} <= options
    assert "close-gap" in cli.COMMANDS
