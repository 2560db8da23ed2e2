"""Who takes part: an agent each, and the encoder whose latents it sees, if it sees any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from simfactor.agents.augmentation import DEFAULT_STRENGTH, Kind
from simfactor.config import Agent, Augment, Encoder, ImageAugment

NUISANCES = ("nuisance", "residual")
KINDS: tuple[Kind, ...] = ("resample", "swap", "mix", "noise", "drop")
GROUPS: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("lighting", "camera", "texture", "color", "shape")},
    "pose": ("object_x", "object_y", "object_yaw"),  # what of it is not the task's
    **{name: (name,) for name in ("distractors", "sensor")},
}

OURS = Encoder(objective="supervised", network="keypoints", epochs=8, learning_rate=3e-3)
# the code is wide enough for a scene of so many factors
UNLABELLED = Encoder(objective="ae", network="conv64", residual=32, epochs=8, learning_rate=1e-3)
DARLA = replace(
    UNLABELLED, objective="beta_vae", options={"likelihood": "perceptual", "beta": 1.0}, features="dae"
)
ENCODERS: dict[str, Encoder] = {
    "supervised": OURS,
    "supervised-short": replace(OURS, epochs=2),  # for what an agent on randomised images costs
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


def _augmented(kind: Kind, factors: tuple[str, ...]) -> Contender:
    augment = Augment(factors=factors, kind=kind, strength=DEFAULT_STRENGTH[kind])
    return Contender(Agent(augment=(augment,)), "supervised", LABELS)


def _rerendered(factors: tuple[str, ...]) -> Contender:
    seen_again = ImageAugment(kind="rerender", factors=factors, consistency=0.1)
    return Contender(_pixels(SHIFT, seen_again), told="its states re-rendered")


CONTENDERS: dict[str, Contender] = {
    TEACHER: Contender(Agent(observation="state"), told="the truth"),
    "ours-task": Contender(Agent(blocks=("task",)), "supervised", LABELS),
    "ours-resample": _augmented("resample", NUISANCES),
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
    "pixels-rerender": _rerendered(("nuisance",)),
}
FAMILIES: dict[str, Contender] = {
    "interventional": Contender(Agent(blocks=("task",)), "interventional", f"{LABELS}, pairs"),
    "unlabelled": Contender(Agent(blocks=("task",)), "interventional_unlabelled", "what changed in pairs"),
}
ALL = "all"


class Part(NamedTuple):
    """A kind of augmentation, whose factors it changes (all or a group's), and the agent without it."""

    kind: Kind | Literal["rerender", "photometric", "convolution"]
    factors: str
    against: str


# what each augmentation is good for: of all that must not matter, and of one group of factors alone
PARTS: dict[str, Part] = {
    **{f"ours-{kind}": Part(kind, ALL, "ours-all") for kind in KINDS},
    **{
        f"ours-{kind}-{group}": Part(kind, group, "ours-all")
        for kind in KINDS
        for group in (*GROUPS, "residual")
    },
    "pixels-rerender": Part("rerender", ALL, "pixels-shift"),
    **{f"pixels-rerender-{group}": Part("rerender", group, "pixels-shift") for group in GROUPS},
    "pixels-photometric": Part("photometric", ALL, "pixels-shift"),
    "pixels-svea": Part("convolution", ALL, "pixels-shift"),
}


def _measuring(contender: Contender) -> Contender:
    """An agent on images that is told where its hand is."""
    told = ", ".join(filter(None, (contender.told, "where its hand is")))
    return Contender(replace(contender.agent, observation="pixels+proprioception"), told=told)


def _ablated(part: Part) -> Contender:
    factors = GROUPS.get(part.factors, (part.factors,))
    match part.kind:
        case "rerender":
            return _rerendered(factors)
        case "photometric" | "convolution":
            return Contender(_pixels(SHIFT, ImageAugment(kind=part.kind, target="clean")))
        case kind:
            return _augmented(kind, NUISANCES if part.factors == ALL else factors)


ABLATION = {name: _ablated(part) for name, part in PARTS.items() if name not in CONTENDERS}
LENGTHS = {
    f"ours-{length}": Contender(Agent(blocks=("task",)), f"supervised-{length}", LABELS)
    for length in ("short", "long")
}
HAND = Agent(blocks=("task",), measured=("ee_x", "ee_y", "ee_z"))  # what of it does not move is left out
MEASURED = {
    "ours-measured": Contender(HAND, "supervised", f"{LABELS}, where its hand is"),
    "ours-long-measured": Contender(HAND, "supervised-long", f"{LABELS}, where its hand is"),
    **{f"{name}-measured": _measuring(CONTENDERS[name]) for name in ("pixels-shift", "pixels-rerender")},
}
OURS_FIRST = "ours-task"
BASELINES = tuple(n for n, c in CONTENDERS.items() if n != TEACHER and c.encoder != "supervised")
GROUPS_OF_AGENTS = {"families": FAMILIES, "ablation": ABLATION, "lengths": LENGTHS, "measured": MEASURED}
EVERYONE = {**CONTENDERS, **FAMILIES, **ABLATION, **LENGTHS, **MEASURED}
