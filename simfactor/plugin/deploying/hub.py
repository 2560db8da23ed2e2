"""Deployed models on the Hugging Face Hub."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from simfactor.errors import SimfactorError
from simfactor.plugin.deploying.contract import CONTRACT, MODEL, MONITOR

FILES = [MODEL, MONITOR, CONTRACT]


def push(folder: Path, repo_id: str, private: bool) -> str:
    """Upload the files of a deployed model; the address of the commit. Raises as :func:`pull` does."""
    _check_id(repo_id)
    api = _hub().HfApi()
    api.create_repo(repo_id, private=private, exist_ok=True)
    return str(api.upload_folder(repo_id=repo_id, folder_path=str(folder), allow_patterns=FILES))


def pull(repo_id: str, revision: str | None) -> Path:
    """The folder with the files of a deployed model of the Hub.

    Raises SimfactorError if that is no repository or cannot be reached, or the extra ``hub`` is missing.
    """
    _check_id(repo_id)
    hub = _hub()
    try:
        return Path(hub.snapshot_download(repo_id, revision=revision, allow_patterns=FILES))
    except Exception as error:  # of the network, of access, of the cache
        raise SimfactorError(
            f"{repo_id!r} is no folder here, and cannot be had from the Hub ({error}); check the name, the "
            "connection, and that you may read it."
        ) from error


def _check_id(repo_id: str) -> None:
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo_id):
        raise SimfactorError(
            f"{repo_id!r} is neither a folder nor a repository of the Hub (owner/name); give one of them."
        )


def _hub() -> Any:
    try:
        return importlib.import_module("huggingface_hub")
    except ModuleNotFoundError as error:
        raise SimfactorError(
            f"the Hub needs huggingface_hub, and {error.name} is not installed; run "
            "pip install 'simfactor[hub]'."
        ) from error
