"""Objectives: how encoders learn. A table of explicit recipes; the losses are functions in the modules."""

from __future__ import annotations

from collections.abc import Callable

from simfactor.encoders.objectives import classical, factor_vae, info_gan, pairs, quantised, vae
from simfactor.encoders.objectives.canonical import drap
from simfactor.encoders.objectives.denoising import FEATURES, dae
from simfactor.encoders.objectives.interventional import interventional, interventional_unlabelled
from simfactor.encoders.objectives.objective import Objective, Player, Terms
from simfactor.encoders.objectives.supervised import semi_supervised, supervised
from simfactor.errors import unknown_name

LATENTS = 10  # of the encoders without labels, as in the literature


def _unsupervised(player: Player, judged_by: str | None = "loss") -> Objective:
    return Objective({"vae": player}, latents="free", residual=LATENTS, judged_by=judged_by)


def _weak(terms: Callable[..., Terms], latents: str) -> Objective:
    width = LATENTS if latents == "free" else 2
    return Objective({"vae": Player(terms)}, latents, residual=width, pairs="changes", judged_by="loss")


def _info_gan(critic: Callable[..., Terms]) -> Objective:
    rate, betas = 0.5, (0.5, 0.99)
    return Objective(
        {
            "generator": Player(info_gan.generator, ("encoder", "decoder"), rate, betas, 0.0),
            "critic": Player(critic, ("extras.critic",), rate, betas, 0.0),
        },
        latents="free",
        residual=LATENTS,
        extras=info_gan.critic_of,
        decoder_noise=info_gan.NOISE,
    )


OBJECTIVES: dict[str, Objective] = {
    "supervised": Objective(
        {"encoder": Player(supervised)},
        latents="anchored",
        residual=8,
        labels=True,
        judged_by="anchor/",
        augment=True,
    ),
    "semi_supervised": Objective(
        {"vae": Player(semi_supervised)}, latents="blocks", residual=8, labels=True, judged_by="anchor/"
    ),
    "interventional": Objective(
        {"encoder": Player(interventional)},
        latents="anchored",
        residual=8,
        pairs="changes",
        labels=True,
        judged_by="anchor/",
        augment=True,
    ),
    "interventional_unlabelled": Objective(
        {"encoder": Player(interventional_unlabelled)},
        latents="exact",
        residual=2,
        pairs="changes",
        judged_by="loss",
    ),
    "ada_gvae": _weak(pairs.ada_gvae, "free"),
    "ada_mlvae": _weak(pairs.ada_mlvae, "free"),
    "group_vae": _weak(pairs.group_vae, "blocks"),
    "ml_vae": _weak(pairs.ml_vae, "blocks"),
    "drap": Objective(
        {"drap": Player(drap)}, latents="free", residual=LATENTS, pairs="canonical", judged_by="loss"
    ),
    "qlae": Objective(
        {
            "autoencoder": Player(
                quantised.autoencoder, ("encoder", "decoder"), weight_decay=quantised.WEIGHT_DECAY
            ),
            "codebook": Player(quantised.values, ("extras.codebook",), weight_decay=0.0),
        },
        latents="free",
        residual=LATENTS,
        judged_by="loss",
        extras=quantised.codebook_of,
    ),
    "pca": Objective({}, latents="free", residual=LATENTS, fit=classical.pca),
    "ica": Objective({}, latents="free", residual=LATENTS, fit=classical.ica),
    "factor_analysis": Objective({}, latents="free", residual=LATENTS, fit=classical.factor_analysis),
    "ae": _unsupervised(Player(vae.ae)),
    "dae": Objective({"dae": Player(dae)}, latents="free", residual=FEATURES, judged_by="loss"),
    "vae": _unsupervised(Player(vae.vae)),
    "beta_vae": _unsupervised(Player(vae.beta_vae)),
    "annealed_vae": _unsupervised(Player(vae.annealed_vae), judged_by=None),  # its loss is a moving target
    "beta_tcvae": _unsupervised(Player(vae.beta_tcvae)),
    "dip_vae_i": _unsupervised(Player(vae.dip_vae_i)),
    "dip_vae_ii": _unsupervised(Player(vae.dip_vae_ii)),
    "factor_vae": Objective(
        {
            "vae": Player(factor_vae.factor_vae, ("encoder", "decoder")),
            "critic": Player(factor_vae.critic, ("extras.critic",), 0.5, betas=(0.5, 0.9), weight_decay=0.0),
        },
        latents="free",
        residual=LATENTS,
        extras=factor_vae.critic_of,
    ),
    "info_gan": _info_gan(info_gan.critic),
    "info_gan_r1": _info_gan(info_gan.critic_r1),
}


def objective_named(name: str) -> Objective:
    """The objective of this name. Raises SimfactorError for another."""
    if name not in OBJECTIVES:
        raise unknown_name("objective", name, OBJECTIVES)
    return OBJECTIVES[name]
