"""A deployed model, as the machine that acts opens it: without torch and without PyBullet."""

from __future__ import annotations

from collections.abc import Mapping
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

    def act(self, image: Image) -> NDArray[np.float32]:
        """The action (A,) as the environment of the training took it, the same for the same image.

        Raises SimfactorError if no policy was exported.
        """
        if self.contract["actions"] is None:
            raise SimfactorError(f"{self.folder} has no policy; export one with `simfactor deploy --policy`.")
        return self._run(image, "actions")[0]

    def latents(self, image: Image) -> NDArray[np.float32]:
        """The exported latents (L,); ``contract["latents"]`` says which are whose."""
        return self._run(image, "latents")[0]

    def check(self, image: Image) -> Check:
        """How far the image is outside the training support, by factor and as a whole."""
        latents, distance = self._run(image, "latents", "distance")
        return self.monitor.check(latents, float(distance))

    def _run(self, image: Image, *outputs: str) -> list[NDArray[np.float32]]:
        _check_image(image, self.image_size)
        return [found[0] for found in self._session.run(list(outputs), {"images": image[None]})]


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
