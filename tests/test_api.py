"""The public names are written down: a change shows in the diff of api.json, or this test fails."""

import importlib
import inspect
import json
from pathlib import Path

INVENTORY = Path(__file__).parent / "api.json"
PACKAGES = (
    "adaptation",
    "agents",
    "data",
    "encoders",
    "envs",
    "factors",
    "metrics",
    "plugin",
    "render",
    "report",
    "scene",
    "transfer",
)


def test_the_public_names_are_the_written_ones() -> None:
    written = json.loads(INVENTORY.read_text())
    found = {name: sorted(importlib.import_module(f"simfactor.{name}").__all__) for name in PACKAGES}
    assert found == written, "a public name changed: write it into tests/api.json and the changelog"


def test_public_names_exist_and_are_documented() -> None:
    for name in PACKAGES:
        package = importlib.import_module(f"simfactor.{name}")
        for public in package.__all__:
            thing = getattr(package, public)
            assert thing.__doc__ or not (inspect.isclass(thing) or inspect.isfunction(thing)), (
                f"simfactor.{name}.{public}"
            )
