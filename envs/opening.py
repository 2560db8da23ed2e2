"""Environments by name: a registered id, or a function of the user's own."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from simfactor.errors import SimfactorError
from simfactor.imports import imported_module

WAYS = "'package:EnvId-v0' imports the package that registers an id, 'module:function' calls a function"
REFUSED = "unexpected keyword argument"  # how Python words an argument that there is not


def open_env(name: str, **kwargs: Any) -> gym.Env[Any, Any]:
    """The environment of this name.

    ``functools.partial`` of this is a factory that can be sent to other processes.

    Args:
        name: an id that is registered with gymnasium; ``package:id``, which imports the package first; or
            ``module:function``, which returns an environment (a class does, too). Modules may lie in the
            folder that one is in.
        kwargs: of ``gymnasium.make``, where ``render_mode`` is ``rgb_array`` unless it is given; or of the
            function.

    Raises SimfactorError for a name or an argument that there is not, and for a function that returns
    something else. What an environment itself raises passes.
    """
    module_name, colon, own = name.rpartition(":")
    found = getattr(imported_module(name), own, None) if colon else None
    try:
        if found is None:
            return gym.make(own, **{"render_mode": "rgb_array", **kwargs})
        if not callable(found):
            raise SimfactorError(f"{name!r} is no function but {found!r}; {WAYS}.")
        env = found(**kwargs)
    except gym.error.UnregisteredEnv as error:
        where = f", and {module_name!r} has no function of this name" if colon else ""
        raise SimfactorError(f"no environment {own!r} is registered{where} ({error}); {WAYS}.") from None
    except gym.error.Error as error:
        raise SimfactorError(f"{name!r} cannot be made: {error}") from None
    except TypeError as error:
        if REFUSED not in str(error):
            raise
        raise SimfactorError(f"{name!r} does not take these arguments: {error}; leave them out.") from None
    if not isinstance(env, gym.Env):
        raise SimfactorError(f"{name!r} returned {env!r}; it has to return a gymnasium.Env.")
    return env
