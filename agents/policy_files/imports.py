"""What users name as ``module:name``."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from simfactor.errors import SimfactorError, unknown_name


def import_from_here() -> None:
    """Let modules of the current folder be imported, also later by those that are, as with ``python -m``."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)


def imported(source: str) -> Any:
    """What ``module:name`` names. Raises SimfactorError if it cannot be imported."""
    module_name, _, name = source.partition(":")
    import_from_here()
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever the user's own code raises
        raise SimfactorError(
            f"{module_name!r} of {source!r} cannot be imported ({type(error).__name__}: {error}); "
            "name a module that is installed, or that lies in the current folder."
        ) from error
    if not hasattr(module, name):
        raise unknown_name(f"name in {module_name}", name, _callables(module))
    return getattr(module, name)


def _callables(module: Any) -> list[str]:
    return [name for name, thing in vars(module).items() if callable(thing) and not name.startswith("_")]
