"""The encoder that users hold: images in, factor-separated latents out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import pad

import simfactor
from simfactor.encoders.codes import category_codes, factor_values, heads_of
from simfactor.encoders.layout import LatentLayout
from simfactor.encoders.networks import network_named
from simfactor.encoders.objectives import objective_named
from simfactor.encoders.objectives.objective import EXACT, Posterior
from simfactor.encoders.pretrained import read_pretrained, write_pretrained
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, FactorSpace

Images = NDArray[np.uint8]
ENCODED_AT_ONCE = 256
LOG_VARIANCE_RANGE = (-10.0, 10.0)  # keeps exp() finite in a bad step


class FactorEncoder(nn.Module):
    """A convolutional encoder whose latents have a layout, and a decoder for pictures of latents.

    Images are uint8 RGB, (n, image_size, image_size, 3); latents are (n, layout.size). There is no layer that
    behaves differently in training, so ``train()`` and ``eval()`` make no difference.

    Args:
        space: the factor space of its training images.
        image_size: height and width, one that the network has.
        objective: a name from ``OBJECTIVES``; decides the layout.
        residual: width of the residual block (all latents, where nothing else is known); None: the
            objective's own.
        network: a name from ``NETWORKS``; None: the objective's usual one.

    Raises SimfactorError for an unknown objective or network, one that does not suit the objective, or an
    image size without a network.
    """

    def __init__(
        self,
        space: FactorSpace,
        image_size: int,
        objective: str = "supervised",
        residual: int | None = None,
        network: str | None = None,
    ) -> None:
        super().__init__()
        recipe = objective_named(objective)
        self.network = recipe.network_named(network)
        made_by = network_named(self.network)
        self.space, self.image_size, self.objective = space, image_size, objective
        self.layout = recipe.layout(space, residual)
        self.heads = heads_of(space, self.layout) if recipe.latents == "anchored" else ()
        gaussian = self.layout.blocks[-1].width if recipe.latents in EXACT else self.layout.size
        exact = self.layout.size - gaussian
        self._exact_outputs = self.heads[-1].outputs.stop if self.heads else exact
        self.encoder = made_by.encoder(image_size, self._exact_outputs + 2 * gaussian)
        self._decoder_inputs = self.layout.size + recipe.decoder_noise
        self.decoder = made_by.decoder(image_size, self._decoder_inputs)
        self.extras = nn.ModuleDict(recipe.extras(self.layout))
        for head in self.heads:
            if isinstance(head.factor, Categorical):
                codes = torch.tensor(category_codes(head.factor), dtype=torch.float32)
                self.register_buffer(f"codes_of_{head.column}", codes, persistent=False)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stubs

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    # --- NumPy in, NumPy out --------------------------------------------------------------------------

    def encode(self, images: Images | Tensor) -> NDArray[np.float32]:
        """Latent means (n, L) of images (n, s, s, 3) uint8. Raises SimfactorError for other images."""
        return self._mapped(images, self.forward)

    def predict(self, images: Images | Tensor) -> NDArray[np.float64]:
        """Estimates of the factors, (n, K) in the units of the space: categorical columns hold value indices.

        Estimates of numbers can lie a little outside the factor's range. Raises SimfactorError for images
        that do not fit, and when the encoder was trained without labels.
        """
        if not self.heads:
            raise SimfactorError(
                f"an encoder of objective {self.objective!r} was trained without labels and cannot estimate "
                "factors; train with objective 'supervised', or fit a probe on its latents."
            )
        outputs = self._mapped(images, self._outputs).astype(np.float64)
        estimates = np.empty((len(outputs), len(self.space)))
        for head in self.heads:
            own = outputs[:, head.outputs]
            categorical = isinstance(head.factor, Categorical)
            estimates[:, head.column] = own.argmax(axis=1) if categorical else factor_values(head.factor, own)
        return estimates

    def decode(self, latents: NDArray[np.floating] | Tensor) -> Images:
        """Pictures (n, s, s, 3) uint8 of latents (n, L). Raises SimfactorError for another shape."""
        given = torch.as_tensor(np.asarray(latents) if not isinstance(latents, Tensor) else latents)
        if given.ndim != 2 or given.shape[1] != self.layout.size:
            raise SimfactorError(
                f"latents have shape {tuple(given.shape)}; this encoder's are (n, {self.layout.size})."
            )
        with torch.inference_mode():
            parts = [
                (self.decoder(self._with_noise(part.to(self.device, torch.float32))).sigmoid() * 255)
                .round()
                .to(torch.uint8)
                .cpu()
                for part in given.split(ENCODED_AT_ONCE)
            ]
        return torch.cat(parts).permute(0, 2, 3, 1).contiguous().numpy()

    # --- tensors, with gradients ----------------------------------------------------------------------

    def forward(self, images: Tensor) -> Tensor:
        """images (n, s, s, 3) uint8 on the encoder's device -> latent means (n, L), differentiable.

        Where latents have a codebook, they are its values.
        """
        return self.latents(to_pixels(images))

    def latents(self, pixels: Tensor) -> Tensor:
        """As :meth:`forward`, of pixels (n, 3, s, s) float in [0, 1]."""
        latents = self._read(self.encoder(pixels)).mean
        return self.extras["codebook"](latents) if "codebook" in self.extras else latents

    def posterior(self, pixels: Tensor) -> Posterior:
        """What the encoder says of pixels (n, 3, s, s) in [0, 1], in float32; in bf16 on CUDA until then."""
        with self._autocast():
            outputs = self.encoder(pixels)
        return self._read(outputs.float())

    def logits(self, latents: Tensor) -> Tensor:
        """latents (n, L) -> logits (n, 3, s, s) of the pixels, in float32; in bf16 on CUDA until then.

        Where the decoder has noise inputs, they are 0 unless the latents are (n, L + D) with them.
        """
        with self._autocast():
            logits = self.decoder(self._with_noise(latents))
        return logits.float()

    def _with_noise(self, latents: Tensor) -> Tensor:
        # 1 in each: as long as Gaussian noise is, while 0 would be unlike anything seen in training
        return pad(latents, (0, self._decoder_inputs - latents.shape[1]), value=1.0)

    def _autocast(self) -> torch.autocast:
        # bf16 has the range of float32, so no loss scaling; on CPUs without bf16 units it is slower
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda")

    def _read(self, outputs: Tensor) -> Posterior:
        """Network outputs (n, H + 2R) as what they say of the latents."""
        mean, log_variance = outputs[:, self._exact_outputs :].chunk(2, dim=1)
        latents = torch.cat([self._exact_latents(outputs), mean], dim=1)
        return Posterior(outputs[:, : self._exact_outputs], latents, log_variance.clamp(*LOG_VARIANCE_RANGE))

    def _outputs(self, images: Tensor) -> Tensor:
        outputs: Tensor = self.encoder(to_pixels(images))
        return outputs

    def _exact_latents(self, outputs: Tensor) -> Tensor:
        """Network outputs (n, H + 2R) -> the factors' blocks (n, L - R)."""
        blocks = []
        for head in self.heads:
            own = outputs[:, head.outputs]
            if isinstance(head.factor, Categorical):
                own = own.softmax(dim=1) @ self.get_buffer(f"codes_of_{head.column}")[:, None]
            blocks.append(own)
        return torch.cat(blocks, dim=1) if blocks else outputs[:, : self._exact_outputs]

    def _mapped(self, images: Images | Tensor, function: Callable[[Tensor], Tensor]) -> NDArray[np.float32]:
        with torch.inference_mode():
            parts = [function(part).cpu() for part in self._parts(images)]
        return torch.cat(parts).numpy()

    def _parts(self, images: Images | Tensor) -> Iterator[Tensor]:
        check_images(images, self.image_size)
        for start in range(0, max(len(images), 1), ENCODED_AT_ONCE):
            part = images[start : start + ENCODED_AT_ONCE]
            yield (part if isinstance(part, Tensor) else torch.from_numpy(np.array(part))).to(self.device)

    # --- files ----------------------------------------------------------------------------------------

    def save_pretrained(self, folder: str | Path) -> None:
        """Write ``model.safetensors`` and ``config.json`` into the folder, each whole or not at all."""
        config = {
            "objective": self.objective,
            "network": self.network,
            "image_size": self.image_size,
            "input": "uint8 RGB, channels last, 0 to 255",
            "latents": self.layout.to_dict(),
            "space": self.space.to_dict(),
            "versions": {"simfactor": simfactor.__version__, "torch": torch.__version__},
        }
        write_pretrained(Path(folder), self.state_dict(), config)

    def export_onnx(self, path: str | Path) -> float:
        """Write an ONNX file, images (n, s, s, 3) uint8 -> latents (n, L): :func:`.onnx.export_onnx`."""
        from simfactor.encoders.onnx import export_onnx  # slow to import, and needs an extra

        return export_onnx(self, path)

    @staticmethod
    def from_pretrained(folder: str | Path, device: str | torch.device = "cpu") -> FactorEncoder:
        """The encoder that :meth:`save_pretrained` wrote.

        Raises SimfactorError when the folder is missing, corrupt, or does not fit this version's networks.
        """
        weights, config = read_pretrained(Path(folder))
        try:
            space = FactorSpace.from_dict(config["space"])
            layout = LatentLayout.from_dict(config["latents"])
            encoder = FactorEncoder(
                space,
                config["image_size"],
                config["objective"],
                layout.blocks[-1].width,
                config.get("network", "keypoints"),
            )
            encoder.load_state_dict(weights)
        except (KeyError, RuntimeError) as error:
            raise SimfactorError(
                f"{folder} holds an encoder that this version cannot rebuild ({error}); train it again."
            ) from error
        if encoder.layout != layout:
            raise SimfactorError(
                f"{folder}: the latent layout is not that of its factor space and objective; train again."
            )
        return encoder.to(device)


def check_images(images: Images | Tensor, image_size: int) -> None:
    """Raise SimfactorError unless the images are uint8 (n, image_size, image_size, 3)."""
    shape, dtype = tuple(images.shape), str(images.dtype).removeprefix("torch.")
    if dtype != "uint8":
        raise SimfactorError(f"images have dtype {dtype}; give uint8 in 0 .. 255, not normalised.")
    if len(shape) == 4 and shape[1:] == (3, image_size, image_size):
        raise SimfactorError(
            f"images have shape {shape}; move the channels to the end: (n, height, width, 3)."
        )
    if len(shape) != 4 or shape[1:] != (image_size, image_size, 3):
        raise SimfactorError(
            f"images have shape {shape}; this encoder needs (n, {image_size}, {image_size}, 3). "
            "Render or resize them at that size; pass a single image as images[None]."
        )


def to_pixels(images: Tensor) -> Tensor:
    """(n, s, s, 3) uint8 -> (n, 3, s, s) float32 in [0, 1], channels last in memory."""
    return images.permute(0, 3, 1, 2).float().div_(255)
