"""Exports that keep an image and its labels together: WebDataset's tar shards, Hugging Face ``datasets``."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simfactor.data.selection import Selection
from simfactor.data.sheet import png_bytes
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Factor

ABOUT = "simfactor.json"
SHARD = 1000  # images in a tar file
IMAGE = "image"  # the column of a Hugging Face data set that holds the pictures


def write_webdataset(path: Path, chosen: Selection) -> None:
    """A folder of ``shard-00000.tar`` and so on; each image is ``<key>.png``, its labels ``<key>.json``.

    Keys are eight-digit numbers, labels map factor names to values (categorical ones by name): the
    convention of WebDataset (Aizman et al. 2019). The same images make the same bytes.
    """
    path.mkdir()
    pictures = (image for _, images in chosen.blocks() for image in images)
    for start in range(0, len(chosen), SHARD):
        with tarfile.open(path / f"shard-{start // SHARD:05d}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for i in range(start, min(start + SHARD, len(chosen))):
                _add(tar, f"{i:08d}.png", png_bytes(next(pictures)))
                _add(tar, f"{i:08d}.json", json.dumps(chosen.space.decode(chosen.rows[i])).encode())
    _write_about(path, chosen)


def write_huggingface(path: Path, chosen: Selection) -> None:
    """A folder for ``datasets.load_from_disk``: a column ``image`` and one a factor, ClassLabel or float64.

    Raises SimfactorError when a factor has the name of the image column.
    """
    import datasets

    if IMAGE in chosen.space.names:
        raise SimfactorError(f"a factor is named {IMAGE!r}, as the column of pictures is; rename the factor.")
    factors = chosen.space.factors
    labels = {name: _feature(factor) for name, factor in factors.items()}
    features = datasets.Features({IMAGE: datasets.Image(), **labels})
    kinds = [int if isinstance(factor, Categorical) else float for factor in factors.values()]

    def samples() -> Iterator[dict[str, Any]]:
        for start, images in chosen.blocks():
            for image, row in zip(images, chosen.rows[start:], strict=False):
                values = [kind(value) for kind, value in zip(kinds, row, strict=True)]
                picture = {"bytes": png_bytes(image), "path": None}
                yield {IMAGE: picture, **dict(zip(factors, values, strict=True))}

    shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()  # there is one already
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as cache:
            # a given fingerprint, since hashing the generator would mean pickling the images' source
            made = datasets.Dataset.from_generator(
                samples, features=features, cache_dir=cache, fingerprint=chosen.space.fingerprint
            )
            made.save_to_disk(path)
    finally:
        if shown:
            datasets.enable_progress_bars()
    _write_about(path, chosen)


def about_folder(path: Path) -> str | None:
    """What a folder that one of these wrote says of itself; None for any other."""
    about = path / ABOUT
    return about.read_text() if about.is_file() else None


def _write_about(path: Path, chosen: Selection) -> None:
    (path / ABOUT).write_text(json.dumps(chosen.about(), indent=1) + "\n")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)  # dates and owners stay zero
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _feature(factor: Factor) -> Any:
    import datasets

    if isinstance(factor, Categorical):
        return datasets.ClassLabel(names=list(factor.values))
    return datasets.Value("float64")
