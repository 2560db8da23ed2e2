"""What ``simfactor adapt-env`` leaves: which environment an encoder was made for, and how it is looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import gymnasium as gym

from simfactor.atomic import write_atomically
from simfactor.envs.attached import Attached
from simfactor.envs.factor_control import FactorControl
from simfactor.envs.opening import open_env
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.scene import Viewpoint

FILE = "adapted.json"
FORMAT = 1


@dataclass(frozen=True)
class Adapted:
    """The record of an adapted environment.

    env, kwargs: of :func:`simfactor.envs.opening.open_env`. renderer, image_size, camera: of
    :class:`simfactor.envs.attached.Attached`. left_out: numbers that it observes and that are no factors, and
    why. scores, arguments, versions: how well the encoder reads each factor, and what it was made with.
    """

    env: str
    kwargs: Mapping[str, Any]
    renderer: str
    image_size: int
    camera: Viewpoint | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    scores: Sequence[Mapping[str, Any]] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write ``adapted.json``, all of it or nothing."""
        content = json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"
        write_atomically(folder / FILE, content.encode())

    @staticmethod
    def load(folder: Path) -> Adapted:
        """What :meth:`save` wrote. Raises SimfactorError when there is none or it is damaged."""
        path = folder / FILE
        try:
            content = json.loads(path.read_text())
            if content.pop("format") != FORMAT:
                raise ValueError(f"it is not of format {FORMAT}")
            camera = content.pop("camera")
            return Adapted(camera=None if camera is None else _viewpoint(camera), **content)
        except (FileNotFoundError, NotADirectoryError):
            raise SimfactorError(
                f"{str(folder)!r} has no {FILE}; give the folder of a finished `simfactor adapt-env`, or "
                "finish it with the same command."
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SimfactorError(
                f"{str(path)!r} cannot be read ({error}); repeat `simfactor adapt-env` to write it anew."
            ) from None

    def look_at(
        self,
        env: gym.Env[Any, Any] | None,
        space: FactorSpace,
        randomise: str | Sequence[str],
        kwargs: Mapping[str, Any],
        state: bool = False,
    ) -> gym.Env[Any, Any]:
        """The environment, by default made anew, with pictures as the encoder's were taken.

        ``randomise`` names nuisances of ``space``; what it does not name stays as the environment has it.
        ``state``: attach it so that it shows its state beside the pictures.
        """
        if env is None:
            env = open_env(self.env, **{**self.kwargs, **kwargs})
        elif kwargs:
            raise SimfactorError(
                f"{', '.join(kwargs)}: arguments for making {self.env!r}; the environment given is made."
            )
        if not env.has_wrapper_attr("draw_factors"):
            seen: dict[str, Any] = {"renderer": self.renderer, "image_size": self.image_size}
            env = Attached(env, observation="pixels+state" if state else "pixels", camera=self.camera, **seen)
        if not randomise:
            return env
        settable = space.select(space.by_role("nuisance"))
        return FactorControl(env, settable.select(settable.resolve(randomise)))


def _viewpoint(data: Mapping[str, Any]) -> Viewpoint:
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Viewpoint(**plain)
