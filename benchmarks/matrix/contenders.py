"""Who takes part: an agent each, and the encoder whose latents it sees, if it sees any."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simfactor.config import Agent, Augment, Encoder, ImageAugment

NUISANCES = ("nuisance", "residual")
GROUPS = ("lighting", "camera", "texture", "color", "shape", "distractors", "sensor")

OURS = Encoder(objective="supervised", network="keypoints", epochs=8, learning_rate=3e-3)
# the code is wide enough for a scene of so many factors
UNLABELLED = Encoder(objective="ae", network="conv64", residual=32, epochs=8, learning_rate=1e-3)
DARLA = replace(
    UNLABELLED, objective="beta_vae", options={"likelihood": "perceptual", "beta": 1.0}, features="dae"
)
ENCODERS: dict[str, Encoder] = {
    "supervised": OURS,
    "supervised-long": replace(OURS, epochs=12),
    "interventional": replace(OURS, objective="interventional"),
    "interventional_unlabelled": replace(OURS, objective="interventional_unlabelled"),
    "ae": UNLABELLED,
    "ae-keypoints": replace(UNLABELLED, network="keypoints"),  # the network that ours has
    "drap": replace(UNLABELLED, objective="drap", network="keypoints"),
    "dae": replace(UNLABELLED, objective="dae", residual=None),
    "darla": DARLA,
    "darla-keypoints": replace(DARLA, network="keypoints"),
}
CHOICES = (("ae", "ae-keypoints"), ("darla", "darla-keypoints"))  # that --tune has


@dataclass(frozen=True)
class Contender:
    """An agent, the name of its encoder, and what it is told beside the images and rewards of its task."""

    agent: Agent
    encoder: str | None = None
    told: str = ""


def _pixels(*augment: ImageAugment, randomise: tuple[str, ...] = ()) -> Agent:
    return Agent(observation="pixels", image_augment=augment, randomise=randomise)


SHIFT = ImageAugment(kind="shift")
LABELS = "the factors of the encoder's images"
TEACHER = "state"
RESAMPLED = Agent(augment=(Augment(factors=NUISANCES, kind="resample"),))

CONTENDERS: dict[str, Contender] = {
    TEACHER: Contender(Agent(observation="state"), told="the truth"),
    "ours-task": Contender(Agent(blocks=("task",)), "supervised", LABELS),
    "ours-resample": Contender(RESAMPLED, "supervised", LABELS),
    "ours-all": Contender(Agent(), "supervised", LABELS),
    "student": Contender(Agent(blocks=("task",), teacher=TEACHER), "supervised", f"{LABELS}, a teacher"),
    "fine-tuned": Contender(
        Agent(blocks=("task",), fine_tune=True, image_augment=(SHIFT,)), "supervised", LABELS
    ),
    # these have the settings that --tune chose
    "autoencoder": Contender(Agent(), "ae-keypoints", "images of all factors"),
    "invariant": Contender(
        Agent(learning_rate=3e-4), "drap", "images of all factors, canonical ones of the same states"
    ),
    "darla": Contender(Agent(), "darla", "images of all factors"),
    "pixels": Contender(replace(_pixels(), learning_rate=1e-3)),
    "pixels-shift": Contender(_pixels(SHIFT)),
    "pixels-svea": Contender(_pixels(SHIFT, ImageAugment(kind="convolution", target="clean"))),
    "pixels-asymmetric": Contender(
        Agent(observation="pixels", image_augment=(SHIFT,), critic="state"), told="the truth in training"
    ),
    "pixels-randomised": Contender(_pixels(SHIFT, randomise=("nuisance",)), told="all nuisances vary"),
    "pixels-rerender": Contender(
        _pixels(SHIFT, ImageAugment(kind="rerender", factors=("nuisance",), consistency=0.1)),
        told="its states re-rendered",
    ),
}
FAMILIES: dict[str, Contender] = {
    "interventional": Contender(Agent(blocks=("task",)), "interventional", f"{LABELS}, pairs"),
    "unlabelled": Contender(Agent(blocks=("task",)), "interventional_unlabelled", "what changed in pairs"),
}
ABLATION: dict[str, Contender] = {
    f"ours-resample-{group}": Contender(
        Agent(augment=(Augment(factors=(group,), kind="resample"),)),
        "supervised",
        LABELS,
    )
    for group in GROUPS
} | {"pixels-photometric": Contender(_pixels(SHIFT, ImageAugment(kind="photometric", target="clean")))}
LONGER = {"ours-long": Contender(Agent(blocks=("task",)), "supervised-long", LABELS)}
HAND = Agent(blocks=("task",), measured=("ee_x", "ee_y", "ee_z"))  # what of it does not move is left out
MEASURED = {
    "ours-measured": Contender(HAND, "supervised", f"{LABELS}, where its hand is"),
    "ours-long-measured": Contender(HAND, "supervised-long", f"{LABELS}, where its hand is"),
}
OURS_FIRST = "ours-task"
BASELINES = tuple(n for n, c in CONTENDERS.items() if n != TEACHER and c.encoder != "supervised")
GROUPS_OF_AGENTS = {"families": FAMILIES, "ablation": ABLATION, "longer": LONGER, "measured": MEASURED}
EVERYONE = {**CONTENDERS, **FAMILIES, **ABLATION, **LONGER, **MEASURED}
