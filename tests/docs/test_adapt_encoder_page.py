"""What docs/adapt_encoder.md shows is executed."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor import cli
from simfactor.adaptation.methods import METHODS
from simfactor.cli.reality_options import AdaptEncoderConfig

PAGE = (DOCS / "adapt_encoder.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    assert printed(PAGE, tmp_path) == ["ACCEPTED True", "[True, True]", "True", "True"]


def test_the_options_and_methods_that_it_names_exist() -> None:
    named = {name.replace("-", "_") for name in re.findall(r"`?--([a-z][a-z-]+)", PAGE)}
    assert named - {"seeds"} <= set(AdaptEncoderConfig.__dataclass_fields__)
    assert re.findall(r"^\| `(\w+)` \| [a-z]", PAGE, flags=re.MULTILINE) == list(METHODS)
    assert "adapt-encoder" in cli.COMMANDS
