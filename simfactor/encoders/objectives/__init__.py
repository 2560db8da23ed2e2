"""Objectives: how encoders learn. A table of explicit recipes; the losses are functions in the modules."""

from __future__ import annotations

from simfactor.encoders.objectives import classical, vae
from simfactor.encoders.objectives.objective import Objective, Player
from simfactor.encoders.objectives.supervised import supervised
from simfactor.errors import unknown_name

LATENTS = 10  # of the encoders without labels, as in the literature


def _unsupervised(player: Player, judged_by: str | None = "loss") -> Objective:
    return Objective({"vae": player}, latents="free", residual=LATENTS, judged_by=judged_by)


OBJECTIVES: dict[str, Objective] = {
    "supervised": Objective(
        {"encoder": Player(supervised)}, latents="anchored", residual=8, judged_by="anchor/", augment=True
    ),
    "pca": Objective({}, latents="free", residual=LATENTS, fit=classical.pca),
    "ica": Objective({}, latents="free", residual=LATENTS, fit=classical.ica),
    "factor_analysis": Objective({}, latents="free", residual=LATENTS, fit=classical.factor_analysis),
    "ae": _unsupervised(Player(vae.ae)),
    "vae": _unsupervised(Player(vae.vae)),
    "beta_vae": _unsupervised(Player(vae.beta_vae)),
    "annealed_vae": _unsupervised(Player(vae.annealed_vae), judged_by=None),  # its loss is a moving target
    "beta_tcvae": _unsupervised(Player(vae.beta_tcvae)),
    "dip_vae_i": _unsupervised(Player(vae.dip_vae_i)),
    "dip_vae_ii": _unsupervised(Player(vae.dip_vae_ii)),
}


def objective_named(name: str) -> Objective:
    """The objective of this name. Raises SimfactorError for another."""
    if name not in OBJECTIVES:
        raise unknown_name("objective", name, OBJECTIVES)
    return OBJECTIVES[name]
