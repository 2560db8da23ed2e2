"""What the families look like: scores as dots, scores by labels, and pictures that every family decodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from simfactor.encoders import FactorEncoder, latent_traversals

from .images import factor_images
from .members import LABEL_OBJECTIVES, OURS, Member

SHOWN = 6  # images that are reconstructed
ROWS = 5  # latents that are walked: those that change the picture most
LABEL = 14  # pixels above each family
SHADES = (("seen", -0.2, "#0072B2"), ("between", 0.0, "#9ecae1"), ("beyond", 0.2, "white"))
CURVES = {  # objective -> colour, marker
    "interventional": ("#0072B2", "o"),
    "semi_supervised": ("#D55E00", "s"),
}
DOTS = {"infom": "InfoM", "infoe": "InfoE", "dci_d": "DCI-D", "mig": "MIG"}


def draw_scores(table: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Medians with their range, filled in the lighting of the training, lighter the further from it."""
    names = list(table)
    fig, axes = plt.subplots(1, len(DOTS), figsize=(11, 0.9 + 0.24 * len(names)), sharey=True)
    for ax, (column, title) in zip(axes, DOTS.items(), strict=True):
        for light, offset, face in SHADES:
            values = np.array([table[name][light][column] for name in names])
            y = np.arange(len(names)) + offset
            ax.hlines(y, values[:, 1], values[:, 2], color="#0072B2", lw=1)
            ax.plot(values[:, 0], y, "o", ms=4.5, mfc=face, mec="#0072B2", label=light)
        ax.set_title(title, fontsize=10)
        ax.set_xlim(-0.03, 1.03)
        ax.grid(axis="x", color="#e4e4e4", lw=0.7)
    axes[0].set_yticks(range(len(names)), names, fontsize=8)
    axes[0].invert_yaxis()
    axes[0].legend(fontsize=8, loc="lower left")  # where no InfoM is
    fig.tight_layout()
    fig.savefig(path, dpi=110)
    plt.close(fig)


def draw_labels(table: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Scores of our network against the share of labels, in seen light, if any member had only a share.

    The dashed line needs pairs and no label at all.
    """
    ours = [entry for entry in table.values() if entry["network"] == OURS["network"]]
    if not any(0 < entry["label_share"] < 1 for entry in ours):
        return
    fig, axes = plt.subplots(1, len(DOTS), figsize=(11, 2.9), sharey=True)
    for ax, (column, title) in zip(axes, DOTS.items(), strict=True):
        for objective in LABEL_OBJECTIVES:
            color, marker = CURVES[objective]
            entries = [entry for entry in ours if entry["objective"] == objective]
            entries.sort(key=lambda entry: entry["label_share"])
            shares = [100 * entry["label_share"] for entry in entries]
            values = np.array([entry["seen"][column] for entry in entries]).reshape(-1, 3)
            ax.fill_between(shares, values[:, 1], values[:, 2], color=color, alpha=0.15, lw=0)
            ax.plot(shares, values[:, 0], color=color, marker=marker, ms=4.5, label=objective)
        for entry in ours:
            if entry["label_share"] == 0:
                ax.axhline(entry["seen"][column][0], color="#666666", ls="--", lw=1, label=entry["objective"])
        ax.set(title=title, xscale="log", xlabel="labelled images, %", ylim=(-0.03, 1.03))
        ax.title.set_fontsize(10)
        ax.grid(color="#e4e4e4", lw=0.7)
    axes[-1].legend(fontsize=7, loc="lower right")
    fig.tight_layout()
    fig.savefig(path, dpi=110)
    plt.close(fig)


def draw_families(folder: Path, chosen: Sequence[Member], pairs: int, tests: int, path: Path) -> None:
    """Per family: images, their reconstructions, and walks of the latents that change the picture most."""
    images = factor_images(folder, pairs, tests)["seen"].images[:SHOWN]
    panels = [_panel(folder / member.name.replace(" ", "-") / "seed-0", member, images) for member in chosen]
    columns = 3
    while len(panels) % columns:
        panels.append(np.full_like(panels[0], 255))
    rows = [np.concatenate(panels[i : i + columns], axis=1) for i in range(0, len(panels), columns)]
    cv2.imwrite(str(path), np.concatenate(rows)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def _panel(folder: Path, member: Member, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    encoder = FactorEncoder.from_pretrained(folder)
    shown = [images, encoder.decode(encoder.encode(images))]
    walked = latent_traversals(encoder, images[0], steps=SHOWN)
    moved = np.abs(walked.astype(np.float64) - walked[:, :1]).mean(axis=(1, 2, 3, 4))
    shown += [walked[row] for row in np.argsort(-moved, kind="stable")[:ROWS]]
    while len(shown) < ROWS + 2:
        shown.append(np.full_like(images, 255))
    grid = np.concatenate([np.concatenate(list(row), axis=1) for row in shown])
    title = np.full((LABEL, grid.shape[1], 3), 255, np.uint8)
    cv2.putText(title, member.name, (2, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    panel = np.concatenate([title, grid])
    return np.pad(panel, ((0, 6), (0, 6), (0, 0)), constant_values=255)
