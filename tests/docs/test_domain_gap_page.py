"""What docs/domain_gap.md shows is executed."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor import cli
from simfactor.cli.reality_options import DomainGapConfig

PAGE = (DOCS / "domain_gap.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    lines = printed(PAGE, tmp_path)
    assert lines[0].startswith("Shifted: light_intensity (-0.")
    assert lines[1:] == [
        "('light_intensity',) True True",
        "The target's images are the source's: there is no gap.",
    ]


def test_the_options_that_it_names_exist() -> None:
    named = {name.replace("-", "_") for name in re.findall(r"--([a-z][a-z-]+)", PAGE)}
    assert named <= set(DomainGapConfig.__dataclass_fields__)
    assert "domain-gap" in cli.COMMANDS
