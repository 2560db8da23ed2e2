"""What made a number: the versions of the packages, and the commit."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

import simfactor

PACKAGES = (
    "numpy",
    "torch",
    "pybullet",
    "gymnasium",
    "stable-baselines3",
    "scikit-learn",
    "opencv-python-headless",
)


def versions() -> dict[str, str]:
    """The versions of simfactor and of the packages that numbers hang on."""
    return {"simfactor": simfactor.__version__, **{name: metadata.version(name) for name in PACKAGES}}


def commit() -> str | None:
    """The commit of the checkout that the package runs from, marked when it has changes; None elsewhere."""
    root = Path(simfactor.__file__).parent.parent
    if not (root / ".git").exists():
        return None
    git = ["git", "-C", str(root)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        dirty = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return head.stdout.strip() + ("+changes" if dirty.stdout.strip() else "")
