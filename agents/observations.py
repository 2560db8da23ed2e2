"""What agents can act on, and what of it they can be trained with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from simfactor.agents.algorithms import Algorithm, Ppo, Sac
from simfactor.agents.image_augmentation import ImageAugmenter
from simfactor.agents.image_encoder import SMALLEST
from simfactor.agents.latent_features import FineTune, LatentFeatures
from simfactor.agents.pixel_policy import COUNTERFACTUAL, PIXELS, STATE, image_space
from simfactor.encoders.layout import LatentLayout
from simfactor.errors import SimfactorError


def check_observations(
    space: spaces.Space[Any], layout: LatentLayout | None, augmenter: ImageAugmenter
) -> bool:
    """Whether observations are images: uint8 (S, S, 3), or a Dict with them as ``pixels``.

    Raises SimfactorError for what is neither that nor flat, for latents that are not as wide as the layout
    says, and for image augmentations that such observations do not allow.
    """
    pixels = space[PIXELS] if isinstance(space, spaces.Dict) and PIXELS in space.spaces else space
    if not _is_image(pixels):
        _check_flat(space, layout, augmenter)
        return False
    assert pixels.shape is not None
    if pixels.shape[0] < SMALLEST:
        raise SimfactorError(f"images have shape {pixels.shape}; agents need {SMALLEST} pixels or more.")
    if layout is not None:
        raise SimfactorError("images have no latent layout; wrap the environment in LatentObservation.")
    shown = isinstance(space, spaces.Dict) and COUNTERFACTUAL in space.spaces
    if augmenter.rerenders != shown:
        raise SimfactorError(
            "the augmentation rerender and an environment that shows counterfactuals belong together; "
            "name it, and wrap the environment in CounterfactualObservation, or do neither."
        )
    return True


def check_critic(algorithm: Algorithm, space: spaces.Space[Any], augmenter: ImageAugmenter) -> None:
    """Raise SimfactorError if the critic is to see a state beside images, and observations have none."""
    if not isinstance(algorithm, Sac) or not algorithm.asymmetric:
        return
    if not isinstance(space, spaces.Dict) or {PIXELS, STATE} - set(space.spaces):
        raise SimfactorError(
            f"critic='state' needs {PIXELS!r} for the actor and {STATE!r} for the critic, but the "
            f"environment gives {space}; make it with observation='pixels+state'."
        )
    clean = [change.kind for change in augmenter.changes if change.target == "clean"]
    if clean:
        raise SimfactorError(
            f"{clean[0]} shows the critic changed images, but with critic='state' it sees none; "
            "use target: changed, or critic='observation'."
        )


def check_learner(algorithm: Algorithm, augmenter: ImageAugmenter, fine_tune: FineTune | None) -> None:
    """Raise SimfactorError for what the algorithm cannot do, whatever the environment shows."""
    if fine_tune is not None and not isinstance(algorithm, Sac):
        raise SimfactorError("only algorithm='sac' can fine-tune an encoder; use it, or leave fine_tune out.")
    if isinstance(algorithm, Ppo) and augmenter.consistency:
        raise SimfactorError(
            f"consistency={augmenter.consistency!r} is what SAC's actor pays; ppo holds policy and value "
            "together by its own Ppo(agreement=...)."
        )


def opened_encoder(
    fine_tune: FineTune | None, space: spaces.Space[Any], images: bool
) -> LatentFeatures | None:
    """The encoder to start from. Raises SimfactorError unless observations are images of its size."""
    if fine_tune is None:
        return None
    if not images:
        raise SimfactorError(
            f"fine_tune trains an encoder of images, but the environment gives {space}; make it with "
            "observation='pixels', or leave fine_tune out to act on latents of a frozen encoder."
        )
    return fine_tune.open(image_space(space).shape[0])


def shape_of(observation: Any) -> Any:
    """The shape of an observation, or those of a Dict's parts."""
    if isinstance(observation, Mapping):
        return {key: shape_of(part) for key, part in observation.items()}
    return np.shape(observation)


def _check_flat(space: spaces.Space[Any], layout: LatentLayout | None, augmenter: ImageAugmenter) -> None:
    if not isinstance(space, spaces.Box) or len(space.shape) != 1:
        raise SimfactorError(
            f"agents act on images, uint8 (S, S, 3), and on flat observations, but the environment gives "
            f"{space}; make it with observation='pixels' or 'state', or wrap it in LatentObservation."
        )
    if layout is not None and space.shape != (layout.size,):
        raise SimfactorError(
            f"observations have shape {space.shape} but the layout has {layout.size} dimensions; "
            "pass observed_layout(encoder.layout, factors) with the factors of LatentObservation."
        )
    if augmenter.changes:
        raise SimfactorError(
            f"{augmenter.changes[0].kind} changes images, but observations have shape {space.shape}; "
            "make the environment with observation='pixels', or use augmentations of latents."
        )


def _is_image(space: spaces.Space[Any]) -> bool:
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) != 3:
        return False
    height, width, channels = space.shape
    return height == width and channels == 3
