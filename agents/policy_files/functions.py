"""Policies that are a user's own code."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy

from simfactor.agents.policy_files.policy import Policy, version_of
from simfactor.agents.policy_files.stable_baselines import acting, without_state
from simfactor.errors import SimfactorError
from simfactor.imports import imported


def open_function(source: str) -> Policy:
    """The policy that ``module:name`` is: observation -> action, or an object with ``predict``.

    Its version changes with the source file, not with what the code there loads. Raises SimfactorError for
    what cannot be imported or called.
    """
    found = imported(source)
    version = version_of(*_sources(found, source.partition(":")[0]))
    if isinstance(found, BaseAlgorithm | BasePolicy):
        return acting(found, source, version)
    if isinstance(found, type) or not (callable(found) or hasattr(found, "predict")):
        raise SimfactorError(
            f"{source!r} is {found!r}; name a function of an observation, or an object (not its class) with "
            "predict(observation) -> (action, state)."
        )
    act = _predicting(found.predict, source) if hasattr(found, "predict") else found
    return Policy(act, None, None, version)


def _predicting(predict: Callable[..., Any], source: str) -> Callable[[Any], Any]:
    sampled = "deterministic" in inspect.signature(predict).parameters
    options = {"deterministic": True} if sampled else {}
    return lambda observation: without_state(predict(observation, **options), source)


def _sources(found: Any, module: str) -> list[Path]:
    """The files of the module that was named and of that which defines what it names."""
    defining = found.__module__ if inspect.isfunction(found) else type(found).__module__
    files = {getattr(sys.modules.get(name), "__file__", None) for name in (module, defining)}
    return sorted(Path(file) for file in files if file)
