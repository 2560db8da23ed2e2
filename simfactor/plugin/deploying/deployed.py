"""A deployed model, as the machine that acts opens it: without torch and without PyBullet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simfactor.errors import SimfactorError
from simfactor.onnx_session import open_session
from simfactor.plugin.deploying.contract import MODEL, read_contract, read_monitor
from simfactor.plugin.deploying.hub import pull, push
from simfactor.plugin.deploying.monitor import Check

Image = NDArray[np.uint8]


class Deployed:
    """What ``simfactor deploy`` wrote: an image in; an action, latents and a check of the image out.

    Images are uint8 RGB (S, S, 3), one at a time, of ``image_size`` S. ``contract`` is what the JSON says.
    All methods raise SimfactorError for other images. Make one with :meth:`from_pretrained`.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        self.folder = folder
        self.contract: Mapping[str, Any] = read_contract(folder)
        self.image_size: int = self.contract["input"]["shape"][0]
        self.monitor = read_monitor(folder, self.contract)
        self._session = open_session(folder / MODEL, threads)

    @staticmethod
    def from_pretrained(source: str | Path, threads: int = 1, revision: str | None = None) -> Deployed:
        """Of a folder, or of ``owner/name`` on the Hugging Face Hub (the extra ``hub``), at a revision.

        threads: of ONNX Runtime. Raises SimfactorError if a file is missing, damaged or of another export,
        or an extra is not installed.
        """
        folder = Path(source)
        return Deployed(folder if folder.is_dir() else pull(str(source), revision), threads)

    def push_to_hub(self, repo_id: str, private: bool = True) -> str:
        """Upload to ``owner/name``; the address of the commit. The contract goes with it, and so does all
        that the model's file holds. Raises SimfactorError if the extra ``hub`` is missing."""
        return push(self.folder, repo_id, private)

    def act(self, image: Image, measured: Mapping[str, float] | None = None) -> NDArray[np.float32]:
        """The action (A,) as the environment of the training took it, the same for the same image.

        measured: what the robot knows without its camera, of each factor that ``contract["measured"]`` names,
        in the unit it names. Raises SimfactorError if no policy was exported, and unless ``measured`` is just
        these, and finite.
        """
        if self.contract["actions"] is None:
            raise SimfactorError(f"{self.folder} has no policy; export one with `simfactor deploy --policy`.")
        values = _values(measured or {}, self.contract.get("measured", []))
        return self._run(image, "actions", measured=values)[0]

    def latents(self, image: Image) -> NDArray[np.float32]:
        """The exported latents (L,); ``contract["latents"]`` says which are whose."""
        return self._run(image, "latents")[0]

    def check(self, image: Image) -> Check:
        """How far the image is outside the training support, by factor and as a whole."""
        latents, distance = self._run(image, "latents", "distance")
        return self.monitor.check(latents, float(distance))

    def _run(
        self, image: Image, *outputs: str, measured: Sequence[float] | None = None
    ) -> list[NDArray[np.float32]]:
        _check_image(image, self.image_size)
        inputs: dict[str, NDArray[Any]] = {"images": image[None]}
        asked = self.contract.get("measured", [])
        if asked:  # which actions alone depend on
            inputs["measured"] = np.array([measured or [0.0] * len(asked)], np.float32)
        return [found[0] for found in self._session.run(list(outputs), inputs)]


def _values(measured: Mapping[str, float], asked: Sequence[Mapping[str, Any]]) -> list[float]:
    """Of each factor that is asked for."""
    units = {one["name"]: one["unit"] for one in asked}
    if set(measured) != set(units):
        wanted = ", ".join(f"{name} ({unit})" for name, unit in units.items()) or "nothing"
        raise SimfactorError(
            f"measured={dict(measured)}, but this policy acts on measured values of {wanted}; give those, as "
            "act(image, {name: value})."
        )
    values = [float(measured[name]) for name in units]
    if not np.isfinite(values).all():
        raise SimfactorError(f"measured={dict(measured)} must be finite numbers.")
    return values


def _check_image(image: Image, size: int) -> None:
    shape, dtype = np.shape(image), getattr(image, "dtype", None)
    if dtype != np.uint8:
        raise SimfactorError(
            f"the image has dtype {dtype}; give uint8 in 0 .. 255: floats in 0 .. 1 as "
            "(255 * image).round().astype(np.uint8)."
        )
    if shape == (3, size, size):
        raise SimfactorError(
            f"the image has shape {shape}; move the channels to the end: (height, width, 3)."
        )
    if shape != (size, size, 3):
        raise SimfactorError(
            f"the image has shape {shape}; this model needs one of ({size}, {size}, 3), RGB. Crop it to what "
            "the simulated camera saw, and resize it."
        )
