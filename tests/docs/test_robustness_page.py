"""What docs/robustness.md shows is executed, but for the policy that a reader would bring."""

import re
from pathlib import Path

from pages import DOCS, printed

from simfactor.cli.plugin_options import AdaptEnvConfig, StressConfig

PAGE = (DOCS / "robustness.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    lines = printed(PAGE, tmp_path)
    assert lines[0] == "held"
    assert "violated" in lines
    assert lines[-1].split()[0] == "OPEN"
    assert lines[-1].endswith("['light_intensity-1']")


def test_the_options_that_it_names_exist() -> None:
    named = {name.replace("-", "_") for name in re.findall(r"--([a-z][a-z-]+)", PAGE)}
    known = set(StressConfig.__dataclass_fields__) | set(AdaptEnvConfig.__dataclass_fields__)
    assert named - known == {"json", "stress_out"}  # of the benchmark, and of pytest
