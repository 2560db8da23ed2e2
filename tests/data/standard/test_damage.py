"""Wrong, damaged and missing files: the message names the file, the problem and the remedy."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from published import NORB, SIZES, Tiny, finger, matrix, png
from scipy.io import savemat

from simfactor.data import load_standard
from simfactor.errors import SimfactorError

Fresh = Callable[[str], Tiny]


def complaint(tiny: Tiny) -> str:
    """What opening or reading says."""
    with pytest.raises(SimfactorError) as caught:
        tiny.open().images()
    assert str(tiny.path.parent) in str(caught.value)
    return str(caught.value)


def repack(path: Path, **changes: np.ndarray) -> None:
    with np.load(path, allow_pickle=True) as archive:
        held = {**archive, **changes}
    np.savez_compressed(path, **held)


def test_unknown_names_and_impossible_arguments(all_tiny: dict[str, Tiny]) -> None:
    with pytest.raises(SimfactorError, match=r"unknown data set 'shape3d'.*Did you mean 'shapes3d'"):
        load_standard("shape3d", "3dshapes.h5")
    for size in (0, 64.0, True):
        with pytest.raises(SimfactorError, match="must be a whole number of pixels"):
            all_tiny["shapes3d"].open(image_size=size)
    for sizes in ((2, 2), (2, 2, 2, 2, 2, 16), (0, 2, 2, 2, 2, 3), (2, 2, 2, 2, 2, 3.0)):
        with pytest.raises(SimfactorError, match="must be 6 whole numbers, for floor_hue, wall_hue"):
            all_tiny["shapes3d"].open(sizes=sizes)
    with pytest.raises(SimfactorError, match="not needed: robot_finger's info file has them"):
        all_tiny["robot_finger"].open(sizes=SIZES["robot_finger"])


def test_nothing_there(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(
        SimfactorError, match=r"(there is no file.*nothing.*it should be|nothing.*is not a folder; give the)"
    ):
        tiny.open(path=tmp_path / "nothing")


@pytest.mark.parametrize("name", ["dsprites", "shapes3d", "mpi3d_toy", "smallnorb", "isaac3d", "falcor3d"])
def test_another_number_of_images_than_the_lattice_has(all_tiny: dict[str, Tiny], name: str) -> None:
    tiny = all_tiny[name]
    sizes = tuple(size + (k == 1) for k, size in enumerate(SIZES[name]))
    with pytest.raises(SimfactorError, match=rf"{len(tiny.images)}\b"):
        tiny.open(sizes=sizes)


def test_the_published_sizes_are_expected_unless_told(all_tiny: dict[str, Tiny]) -> None:
    with pytest.raises(SimfactorError, match=r"holds 48 images.*has 737280.*`sizes=\(\.\.\.\)`"):
        all_tiny["dsprites"].open(sizes=None)


@pytest.mark.parametrize("name", ["dsprites", "mpi3d_toy", "shapes3d", "smallnorb", "cars3d", "robot_finger"])
@pytest.mark.parametrize("keep", [0, 7, 0.5])
def test_cut_off_files(fresh: Fresh, name: str, keep: float) -> None:
    tiny = fresh(name)
    files = [tiny.path] if tiny.path.is_file() else sorted(tiny.path.iterdir())
    file = next(f for f in files if f.suffix in (".npz", ".h5", ".tar", ".mat"))
    data = file.read_bytes()
    file.write_bytes(data[: int(keep * len(data)) if keep < 1 else int(keep)])
    assert any(word in complaint(tiny) for word in ("damaged", "does not begin", "images for"))


@pytest.mark.parametrize("name", ["dsprites", "mpi3d_real"])
def test_a_flipped_byte_inside_a_compressed_archive(fresh: Fresh, name: str) -> None:
    tiny = fresh(name)
    with zipfile.ZipFile(tiny.path) as archive:
        member = archive.getinfo("imgs.npy" if name == "dsprites" else "images.npy")
    data = bytearray(tiny.path.read_bytes())
    data[member.header_offset + member.compress_size // 2] ^= 0xFF
    tiny.path.write_bytes(data)
    assert "is damaged or not an .npz archive" in complaint(tiny)
    assert not list(tiny.path.parent.glob("*.npy*"))


def test_arrays_that_are_missing_pickled_or_of_another_type(fresh: Fresh) -> None:
    tiny = fresh("dsprites")
    levels = np.load(tiny.path)["latents_classes"]
    images = np.load(tiny.path)["imgs"]
    repack(tiny.path, imgs=images.astype(np.float32))
    assert "holds images (48, 6, 6) of float32; needed are" in complaint(tiny)
    repack(tiny.path, imgs=images[:, :5])
    assert "holds images (48, 5, 6) of uint8; needed are" in complaint(tiny)
    repack(tiny.path, imgs=images * 255)
    with pytest.raises(SimfactorError, match="a pixel is 255, but in this data set they are 0 to 1"):
        tiny.open().images()
    repack(tiny.path, imgs=images, latents_classes=levels.astype(object))
    assert "allow_pickle=False" in complaint(tiny)
    np.savez(tiny.path, images=images)
    assert "has no array 'imgs', only images" in complaint(tiny)


def test_labels_in_another_order(fresh: Fresh) -> None:
    tiny = fresh("dsprites")
    levels = np.load(tiny.path)["latents_classes"]
    swapped = levels.copy()
    swapped[[20, 21]] = swapped[[21, 20]]
    repack(tiny.path, latents_classes=swapped)
    assert "pos_y of image 20 is 1, but 0 stands there in the lattice (1, 2, 2, 3, 2, 2)" in complaint(tiny)
    repack(tiny.path, latents_classes=levels[np.lexsort(levels[:, :5].T)])
    assert "in C order" in complaint(tiny)
    repack(tiny.path, latents_classes=np.zeros_like(levels))
    assert "shape does not ascend with its levels" in complaint(tiny)
    repack(tiny.path, latents_classes=levels[:, 1:])
    assert "holds labels (48, 5) of int64; needed are numbers (48, 6)" in complaint(tiny)
    broken = levels.astype(float)
    broken[9, 4] = np.nan
    repack(tiny.path, latents_classes=broken)
    assert "pos_x of image 9 is nan" in complaint(tiny)


def test_shapes3d_labels_datasets_and_the_missing_library(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = fresh("shapes3d")
    with h5py.File(tiny.path, "a") as file:
        file["labels"][51] = file["labels"][52]
    assert "orientation of image 51 is" in complaint(tiny)
    with h5py.File(tiny.path, "a") as file:
        del file["labels"]
        file.create_group("labels")
    assert "has no dataset 'labels', only images, labels" in complaint(tiny)
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert "needs h5py; install it with `pip install 'simfactor[formats]'`" in complaint(tiny)


@pytest.mark.parametrize("name", ["isaac3d", "falcor3d"])
def test_folders_of_pictures(fresh: Fresh, name: str) -> None:
    tiny = fresh(name)
    picture = tiny.path / "images" / "000005.png"
    good = picture.read_bytes()
    picture.write_bytes(good[:40])
    assert f"{str(picture)!r} is damaged or not a PNG image" in complaint(tiny)
    picture.write_bytes(png(np.zeros((4, 6, 3), np.uint8)))
    assert "has 6 x 4 pixels, not 6 x 6" in complaint(tiny)
    picture.rename(picture.with_name("5.png"))
    assert f"there is no file {str(picture)!r}" in complaint(tiny)
    picture.with_name("5.png").unlink()
    assert f"has {len(tiny.images) - 1} .png files, but the lattice" in complaint(tiny)
    labels = tiny.path / ("labels.npy" if name == "isaac3d" else "train-rec.labels")
    labels.write_bytes(labels.read_bytes()[:-8])
    assert f"{str(labels)!r} is damaged" in complaint(tiny)
    labels.unlink()
    assert f"there is no file {str(labels)!r}" in complaint(tiny)


def test_cars(fresh: Fresh) -> None:
    tiny = fresh("cars3d")
    savemat(tiny.path / "car_002_mesh.mat", {"im": np.zeros((6, 6, 3, 4, 2), np.uint8)})
    assert "`im` should be (6, 6, 3, 3, 2) of uint8" in complaint(tiny)
    savemat(tiny.path / "car_002_mesh.mat", {"mask": np.zeros(3)})
    assert "found: no such array" in complaint(tiny)
    assert not list(tiny.path.glob("*.npy*"))
    (tiny.path / "car_002_mesh.mat").unlink()
    assert "car_002_mesh.mat'; it should be a MATLAB 5 file" in complaint(tiny)
    (tiny.path / "list.txt").write_bytes(b"car_\xff")
    assert "list.txt' is damaged or not the names of the .mat files" in complaint(tiny)
    (tiny.path / "list.txt").unlink()
    assert "has 3 .mat files, but the data set has 4 cars" in complaint(tiny)


def test_smallnorb(fresh: Fresh) -> None:
    tiny = fresh("smallnorb")
    category, info, images = (tiny.path / f"{NORB[0]}-{kind}.mat" for kind in ("cat", "info", "dat"))
    good = np.frombuffer(info.read_bytes(), np.int32, offset=20).reshape(-1, 4)
    for column, value, expected in [
        (1, 2, "elevation goes from 0 to 2, but has 2 levels"),
        (2, 3, "has an odd azimuth"),
        (3, -1, "lighting goes from -1"),
        (0, 3, "the first combination that is missing or there twice is number"),
    ]:
        bad = good.copy()
        bad[0, column] = value
        matrix(info, bad)
        assert expected in complaint(tiny)
    matrix(info, good[:, :3])
    assert "do not belong together" in complaint(tiny)
    matrix(images, np.zeros((48, 6, 6), np.uint8))
    assert "needed are stereo pairs (N, 2, S, S) of uint8" in complaint(tiny)
    category.write_bytes(b"\x1f\x8b not a matrix")
    matrix(images, np.zeros((48, 2, 6, 6), np.uint8))
    assert "does not begin as a binary matrix of SmallNORB" in complaint(tiny)
    category.rename(category.with_name(category.name + ".gz"))
    assert f"unzip it first: `gunzip {category.name}.gz`" in complaint(tiny)


def test_robot_finger(fresh: Fresh) -> None:
    tiny = fresh("robot_finger")
    labels, info = tiny.path / "finger_labels.npz", tiny.path / "finger_info.npz"
    np.savez(labels, labels=np.where(tiny.levels == 3, 0.5, tiny.levels))
    assert "is 0.5, but its level numbers go from 0 to" in complaint(tiny)
    np.savez(labels, labels=tiny.levels[:-1])
    assert "has an image 'images/2/22.png' for 22 labels" in complaint(tiny)
    np.savez(labels, labels=np.concatenate([tiny.levels, tiny.levels[:2]]))
    assert "has 23 images for 25 labels; 23.png is missing" in complaint(tiny)
    np.savez(labels, labels=tiny.levels[:, :8])
    assert "needed are numbers (N, 9)" in complaint(tiny)
    np.savez(info, num_factor_values=np.array([1, 8, 1]))
    assert "num_factor_values is [1, 8, 1]; needed are 9 whole numbers" in complaint(tiny)
    np.savez(info, num_factor_values=np.array([1, 8, 1], object))
    assert "allow_pickle=False" in complaint(tiny)


def test_an_index_of_another_tar(tmp_path: Path) -> None:
    images, _ = finger(tmp_path / "finger", SIZES["robot_finger"], 9, tar=True)
    data = load_standard("robot_finger", tmp_path / "finger")
    np.testing.assert_array_equal(data.images(), images)
    np.save(tmp_path / "finger" / "finger_images.tar.index.npy", np.zeros((4, 2), np.int64))
    with pytest.raises(SimfactorError, match=r"is the index of 4 images, but there are 9 labels\. Delete it"):
        load_standard("robot_finger", tmp_path / "finger")
