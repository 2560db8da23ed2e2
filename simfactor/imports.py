"""What users name as ``module:name``, in modules that are installed or lie in the current folder."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType
from typing import Any

from simfactor.errors import SimfactorError, unknown_name


def import_from_here() -> None:
    """Let modules of the current folder be imported, also later by those that are, as with ``python -m``."""
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)


def imported_module(source: str) -> ModuleType:
    """The module of ``module:name``. Raises SimfactorError if it cannot be imported."""
    module = source.rpartition(":")[0]
    import_from_here()
    try:
        return importlib.import_module(module)
    except Exception as error:  # whatever the user's own code raises
        raise SimfactorError(
            f"{module!r} of {source!r} cannot be imported ({type(error).__name__}: {error}); "
            "name a module that is installed, or that lies in the current folder."
        ) from error


def imported(source: str) -> Any:
    """What ``module:name`` names. Raises SimfactorError if it cannot be imported."""
    module, name = imported_module(source), source.rpartition(":")[2]
    if not hasattr(module, name):
        callables = [
            own for own, thing in vars(module).items() if callable(thing) and not own.startswith("_")
        ]
        raise unknown_name(f"name in {module.__name__}", name, callables)
    return getattr(module, name)
