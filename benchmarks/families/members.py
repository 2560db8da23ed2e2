"""The members: every objective with its own defaults, and ours with fewer labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simfactor.encoders import OBJECTIVES

FEATURES = "dae"  # a step on the way to another encoder, no member
GAN, LONG = "info_gan_r1", 30  # epochs: a game takes longer to learn than a likelihood
LABEL_SHARES = (0.001, 0.01, 0.1, 1.0)
OURS = {"network": "keypoints", "learning_rate": 3e-3}  # as in the quickstart; it finds small objects
OURS_OBJECTIVES = ("supervised", "semi_supervised", "interventional", "interventional_unlabelled")
LABEL_OBJECTIVES = ("semi_supervised", "interventional")


@dataclass(frozen=True)
class Member:
    """One way to train an encoder; what is not said is the objective's own default."""

    name: str
    objective: str
    knows: str  # what it is told beside the images
    arguments: Mapping[str, Any] = field(default_factory=dict)
    perceptual: bool = False  # learns from the features of a denoising autoencoder, which is trained first

    @property
    def label_share(self) -> float:
        """The share of the labels that it learns from; 0 if from none."""
        share: float = self.arguments.get("label_share", 1.0)
        return share if OBJECTIVES[self.objective].labels else 0.0


def told(objective: str) -> str:
    """What an objective is told beside the images."""
    recipe = OBJECTIVES[objective]
    if recipe.labels:
        return "labels, pairs with known changes" if recipe.pairs else "labels"
    if not recipe.pairs:
        return "nothing"
    return "pairs" if recipe.latents == "free" else "pairs with known changes"


def with_share(objective: str, share: float) -> Member:
    """A member with our network that sees a share of the labels."""
    knows = told(objective).replace("labels", f"{share:.1%} of the labels")
    return Member(f"{objective} keypoints {share:.1%}", objective, knows, {**OURS, "label_share": share})


def members() -> dict[str, Member]:
    """Every family of the package by its name, one at length, then those with few labels.

    But for those that learn from canonical pictures: they are to forget most of the factors told apart here.
    """
    found = [
        Member(name, name, told(name), {} if recipe.fit is None else {"network": None})
        for name, recipe in OBJECTIVES.items()
        if name != FEATURES and recipe.pairs != "canonical"
    ]
    found.append(
        Member("darla", "beta_vae", "nothing", {"options": {"likelihood": "perceptual", "beta": 1.0}}, True)
    )
    found.append(Member(f"{GAN} long", GAN, told(GAN), {"epochs": LONG}))
    found += [Member(f"{name} keypoints", name, told(name), OURS) for name in OURS_OBJECTIVES]
    found += [with_share(name, share) for name in LABEL_OBJECTIVES for share in LABEL_SHARES[:-1]]
    return {member.name: member for member in found}


def groups() -> dict[str, list[str]]:
    """Names for several members: all families with all labels, and what the curve over labels takes."""
    known = members()
    ours = [name for name, member in known.items() if member.arguments.get("network") == OURS["network"]]
    curve = [n for n in ours if known[n].objective in LABEL_OBJECTIVES or known[n].label_share == 0]
    return {"families": [n for n, m in known.items() if "label_share" not in m.arguments], "labels": curve}
