"""Lets the tests, and the processes they start, import the environment beside them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder, and what is imported from it forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    files = {name: str(getattr(module, "__file__", None)) for name, module in sys.modules.items()}
    for name in [name for name, file in files.items() if file.startswith(str(tmp_path))]:
        del sys.modules[name]
