"""What is compressed is unpacked once and then mapped; what is not is mapped where it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from published import SIZES, Tiny, dsprites, mpi3d, shapes3d

from simfactor.data import load_standard
from simfactor.errors import SimfactorError

UNPACKED = {
    "dsprites": "dsprites.npz.imgs.npy",
    "shapes3d": "3dshapes.h5.images.npy",
    "mpi3d_real": "mpi3d_real.npz.images.npy",
    "cars3d": "cars/cars3d.images.npy",
    "robot_finger": "finger/finger_images.tar.index.npy",
}


@pytest.mark.parametrize("name", UNPACKED)
def test_unpacked_once_and_again_when_the_archive_is_newer(
    fresh: Callable[[str], Tiny], tmp_path: Path, name: str
) -> None:
    tiny = fresh(name)
    file = tmp_path / UNPACKED[name]
    assert not file.exists()
    tiny.open()
    first = file.stat().st_mtime_ns
    np.testing.assert_array_equal(tiny.open().images(), tiny.images)
    assert file.stat().st_mtime_ns == first
    os.utime(file, (1, 1))
    np.testing.assert_array_equal(tiny.open().images(), tiny.images)
    assert file.stat().st_mtime_ns > 1_000_000_000
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.parametrize("name", sorted(UNPACKED))
def test_a_cache_folder_leaves_the_data_alone(
    fresh: Callable[[str], Tiny], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    tiny = fresh(name)
    before = sorted(tmp_path.rglob("*"))
    cache = tmp_path_factory.mktemp("cache")
    np.testing.assert_array_equal(tiny.open(cache=cache).images(), tiny.images)
    assert sorted(tmp_path.rglob("*")) == before
    assert [path.name for path in cache.iterdir()] == [Path(UNPACKED[name]).name]


@pytest.mark.parametrize("name", ["dsprites", "mpi3d_toy", "shapes3d"])
def test_what_is_stored_plainly_is_mapped_in_place(tmp_path: Path, name: str) -> None:
    make = {"dsprites": dsprites, "mpi3d_toy": mpi3d, "shapes3d": shapes3d}[name]
    path = tmp_path / "plain"
    path = path.with_suffix(".h5" if name == "shapes3d" else ".npz")
    images = make(path, SIZES[name]) if name == "shapes3d" else make(path, SIZES[name], compressed=False)
    data = load_standard(name, path, sizes=SIZES[name])
    expected = images if images.ndim == 4 else np.repeat(images[..., None] * np.uint8(255), 3, axis=-1)
    np.testing.assert_array_equal(data.images(), expected)
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_before_unpacking(
    fresh: Callable[[str], Tiny], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = fresh("dsprites")
    usage = shutil.disk_usage(tiny.path.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(SimfactorError, match=r"needs 0\.0 MB in .* make room or give another .*cache="):
        tiny.open()


def test_a_cache_that_is_no_folder(fresh: Callable[[str], Tiny], tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"no folder that can be written to; give one with `cache=`"):
        fresh("dsprites").open(cache=tmp_path / "nowhere")


def test_a_stale_unpacked_file_of_another_shape(fresh: Callable[[str], Tiny], tmp_path: Path) -> None:
    tiny = fresh("dsprites")
    np.save(tmp_path / UNPACKED["dsprites"], np.zeros((3, 6, 6), np.uint8))
    with pytest.raises(SimfactorError, match=r"its shape is \(3, 6, 6\), not \(48, 6, 6\). Delete it"):
        tiny.open()
