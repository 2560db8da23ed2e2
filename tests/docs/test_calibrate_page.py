"""What docs/calibrate.md shows is executed, and what it names exists."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor import cli
from simfactor.cli.reality_options import CalibrateConfig

PAGE = (DOCS / "calibrate.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    assert printed(PAGE, tmp_path) == [
        "Accepted ['light_azimuth', 'light_temperature']",
        "[True]",
        "False True",
        "{'light_azimuth': True, 'light_temperature': True}",
    ]


def test_the_options_that_it_names_exist() -> None:
    named = {name.replace("-", "_") for name in re.findall(r"--([a-z][a-z-]+)", PAGE)}
    assert named <= set(CalibrateConfig.__dataclass_fields__)
    assert "calibrate" in cli.COMMANDS
