"""Names that a configuration chooses from, spelt out: what knows them is too slow to load for --help."""

from __future__ import annotations

from typing import Literal, TypeAlias

TaskName: TypeAlias = Literal["reach", "planar_reach", "push", "pick_and_place"]
# simfactor.encoders and simfactor.envs know them, and load torch and PyBullet; a test compares
ObjectiveName: TypeAlias = Literal[
    "supervised",
    "semi_supervised",
    "interventional",
    "interventional_unlabelled",
    "ada_gvae",
    "ada_mlvae",
    "group_vae",
    "ml_vae",
    "drap",
    "qlae",
    "pca",
    "ica",
    "factor_analysis",
    "ae",
    "dae",
    "vae",
    "beta_vae",
    "annealed_vae",
    "beta_tcvae",
    "dip_vae_i",
    "dip_vae_ii",
    "factor_vae",
    "info_gan",
    "info_gan_r1",
]
NetworkName: TypeAlias = Literal["keypoints", "conv64", "residual", "linear"]
