"""A trained encoder as a transform of torchrl's environments; simfactor does not install torchrl."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from simfactor.agents.latent_features import LatentFeatures
from simfactor.encoders import FactorEncoder
from simfactor.encoders.model import check_images, to_pixels
from simfactor.errors import SimfactorError

try:
    from torchrl.data import Unbounded
    from torchrl.envs.transforms import ObservationTransform
except ModuleNotFoundError as error:
    raise SimfactorError(
        f"simfactor.plugin.torchrl needs torchrl, and {error.name} is not installed; run pip install torchrl."
    ) from error


class EncodeLatents(ObservationTransform):
    """Writes the chosen latents (..., L) of the pictures (..., S, S, 3) uint8 under another key.

    ``env.append_transform(EncodeLatents("runs/quickstart/encoder", ["task"]))``. The pictures stay; the
    encoder is frozen, and moves with ``to(device)``.

    Args:
        encoder: the folder of a trained one.
        factors: names of latent blocks, groups or roles; None for all.
        in_key, out_key: where the pictures are, and where the latents go.

    Raises SimfactorError for an unknown block, and for pictures of another shape or type.
    """

    def __init__(
        self,
        encoder: str | Path,
        factors: Sequence[str] | None = None,
        in_key: str = "pixels",
        out_key: str = "latents",
    ) -> None:
        super().__init__(in_keys=[in_key], out_keys=[out_key])
        trained = FactorEncoder.from_pretrained(encoder)
        self.image_size = trained.image_size
        self.features = LatentFeatures(trained, factors).requires_grad_(False)

    def _apply_transform(self, obs: Tensor) -> Tensor:
        batch, size = obs.shape[:-3], obs.shape[-3:]
        images = obs.reshape(-1, *size)
        check_images(images, self.image_size)
        with torch.no_grad():
            return self.features(to_pixels(images)).reshape(*batch, self.features.size)

    def _reset(self, tensordict: Any, tensordict_reset: Any) -> Any:
        return self._call(tensordict_reset)

    def transform_observation_spec(self, observation_spec: Any) -> Any:
        """The environment's, and the latents: any numbers."""
        (pixels,), (latents,) = self.in_keys, self.out_keys
        shown = observation_spec[pixels]
        observation_spec[latents] = Unbounded(
            (*shown.shape[:-3], self.features.size), device=shown.device, dtype=torch.float32
        )
        return observation_spec
