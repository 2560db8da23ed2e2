"""What docs/deploy.md shows in Python is executed, on pictures that it makes itself."""

import ast
import re
from pathlib import Path

from pages import DOCS, printed

from simfactor import cli
from simfactor.cli.plugin_options import DeployConfig

PAGE = (DOCS / "deploy.md").read_text()


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    lines = printed(PAGE, tmp_path)
    assert lines[0].startswith("model: images -> ")
    assert "monitor: rings on " in lines[2]
    assert set(ast.literal_eval(lines[-2])) == {"light_intensity", "target_x"}
    assert lines[-1].startswith("True 18 (")


def test_the_options_that_it_names_exist() -> None:
    named = {name.replace("-", "_") for name in re.findall(r"--([a-z][a-z-]+)", PAGE)}
    assert named <= set(DeployConfig.__dataclass_fields__)
    assert "deploy" in cli.COMMANDS
