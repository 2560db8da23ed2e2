"""One tiny data set of every kind, in its published layout, written once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from published import SIZES, Tiny, write


@pytest.fixture(scope="session")
def all_tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tiny]:
    return {name: write(name, tmp_path_factory.mktemp(name)) for name in SIZES}


@pytest.fixture(params=SIZES)
def tiny(request: pytest.FixtureRequest, all_tiny: dict[str, Tiny]) -> Tiny:
    """Each data set in turn, not to be written to."""
    return all_tiny[request.param]


@pytest.fixture
def fresh(tmp_path: Path) -> Callable[[str], Tiny]:
    """A data set of one's own, to damage."""
    return lambda name: write(name, tmp_path)
