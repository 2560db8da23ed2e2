"""Generating: resumable, extendable, the same bytes by whatever way; impossible requests fail before work."""

from __future__ import annotations

import fcntl
import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simfactor.data import FactorDataset, generate
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.render import StudioSpec

COUNT, SHARD, SEED = 10, 4, 7
ALL = ("rgb", "depth", "segmentation")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def again(space: FactorSpace, spec: StudioSpec, out: Path, **changes: Any) -> FactorDataset:
    """The call that made the fixture's data set."""
    arguments = {"count": COUNT, "seed": SEED, "shard_size": SHARD, "workers": 1, "keep": ALL}
    return generate(space, out, spec=spec, progress=False, **{**arguments, **changes})


def test_workers_write_the_same_bytes(
    whole: FactorDataset, space: FactorSpace, spec: StudioSpec, tmp_path: Path
) -> None:
    again(space, spec, tmp_path, workers=2)
    assert contents(tmp_path) == contents(whole.path)


@pytest.mark.parametrize("lost", ["images-00001.npy", "factors-00002.parquet", "manifest.json"])
def test_what_is_missing_is_made_again(
    whole: FactorDataset, space: FactorSpace, spec: StudioSpec, copy: Path, lost: str
) -> None:
    (copy / lost).unlink()
    again(space, spec, copy)
    assert contents(copy) == contents(whole.path)


def test_what_is_damaged_is_made_again_and_the_rest_left_alone(
    whole: FactorDataset, space: FactorSpace, spec: StudioSpec, copy: Path
) -> None:
    damaged = copy / "depth-00001.npy"
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(bytes(content))
    before = {path.name: path.stat().st_mtime_ns for path in copy.glob("*-*")}
    again(space, spec, copy)
    assert contents(copy) == contents(whole.path)
    changed = {name for name, time in before.items() if (copy / name).stat().st_mtime_ns != time}
    assert changed == {
        "images-00001.npy",
        "depth-00001.npy",
        "segmentation-00001.npy",
        "factors-00001.parquet",
    }


def test_a_finished_set_is_not_rendered_again(
    whole: FactorDataset, space: FactorSpace, spec: StudioSpec, copy: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in copy.glob("*-*")}
    again(space, spec, copy)
    assert {path: path.stat().st_mtime_ns for path in copy.glob("*-*")} == before


def test_a_larger_count_extends_the_set(
    whole: FactorDataset, space: FactorSpace, spec: StudioSpec, tmp_path: Path
) -> None:
    again(space, spec, tmp_path, count=5)
    first = (tmp_path / "images-00000.npy").stat().st_mtime_ns
    again(space, spec, tmp_path)
    assert contents(tmp_path) == contents(whole.path)
    assert (tmp_path / "images-00000.npy").stat().st_mtime_ns == first


def test_half_written_files_are_ignored_and_removed(
    whole: FactorDataset, space: FactorSpace, spec: StudioSpec, copy: Path
) -> None:
    half = copy / "images-00001.npy.4711.partial"
    (copy / "images-00001.npy").rename(half)
    half.write_bytes(half.read_bytes()[:5000])
    with pytest.raises(SimfactorError, match=r"images-00001.npy' is missing"):
        FactorDataset(copy)
    again(space, spec, copy)
    assert contents(copy) == contents(whole.path)


def test_lattice_draws_from_the_levels(space: FactorSpace, spec: StudioSpec, tmp_path: Path) -> None:
    dataset = generate(space, tmp_path, 6, 1, spec, workers=1, lattice=True, keep=("rgb",), progress=False)
    assert set(dataset.factors()[:, 0]) <= {-60.0, -30.0, 0.0, 30.0, 60.0}
    assert not (tmp_path / "depth-00000.npy").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 8}, "seed is 7, not 8"),
        ({"count": 9}, "count is 10, more than 9"),
        ({"shard_size": 5}, "shard_size is 4, not 5"),
        ({"keep": ("rgb",)}, r"keep is rgb\+depth\+segmentation, not rgb"),
        ({"lattice": True}, "lattice is False, not True"),
    ],
)
def test_another_data_set_in_the_folder(
    space: FactorSpace, spec: StudioSpec, whole: FactorDataset, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SimfactorError, match=rf"holds another data set: {message}\. Give the same arguments"):
        again(space, spec, whole.path, **changes)


def test_a_data_set_of_another_image_size_in_the_folder(space: FactorSpace, whole: FactorDataset) -> None:
    with pytest.raises(SimfactorError, match="image_size is 32, not 48"):
        again(space, StudioSpec(image_size=48), whole.path)


def test_a_data_set_of_another_space_in_the_folder(
    space: FactorSpace, spec: StudioSpec, whole: FactorDataset
) -> None:
    other = space.restrict({"light_azimuth": (-30, 30)})
    with pytest.raises(
        SimfactorError, match=r"factor 'light_azimuth' covers \[-60, 60\] deg, not \[-30, 30\] deg"
    ):
        again(other, spec, whole.path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 0}, "count=0 must be a whole number of at least 1"),
        ({"count": 2.5}, "count=2.5 must be a whole number"),
        ({"shard_size": 0}, "shard_size=0 must be"),
        ({"seed": -1}, "seed=-1 must be a whole number of at least 0"),
        ({"workers": 0}, "workers=0 must be"),
        ({"keep": ("rgb", "deph")}, "unknown channel in keep 'deph'.*Did you mean 'depth'"),
        ({"keep": ("depth",)}, "must hold 'rgb'"),
    ],
)
def test_impossible_arguments_leave_no_trace(
    space: FactorSpace, spec: StudioSpec, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    out = tmp_path / "new"
    with pytest.raises(SimfactorError, match=message):
        again(space, spec, out, **changes)
    assert not out.exists()


def test_a_factor_the_scene_does_not_have(space: FactorSpace, spec: StudioSpec, tmp_path: Path) -> None:
    other = FactorSpace({**space.factors, "wind": space["object_x"]})
    with pytest.raises(SimfactorError, match="wind"):
        again(other, spec, tmp_path, workers=2)
    assert set(contents(tmp_path)) == set()


def test_a_folder_that_cannot_be_written(space: FactorSpace, spec: StudioSpec, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SimfactorError, match="choose a folder that you may write to"):
        again(space, spec, tmp_path / "file" / "set")


def test_two_writers_do_not_mix(space: FactorSpace, spec: StudioSpec, tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SimfactorError, match="another process is writing"):
            again(space, spec, tmp_path)


def test_too_little_room_is_found_before_work(space: FactorSpace, spec: StudioSpec, tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match=r"images need [\d.,]+ MB in .* MB are free; make room"):
        again(space, spec, tmp_path, count=10**12, shard_size=10**9)
    assert contents(tmp_path) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="the limit's error differs elsewhere")
def test_a_full_disk_leaves_no_half_file(space: FactorSpace, tmp_path: Path) -> None:
    """A limit on the size of files is the nearest thing to a full disk that a test may set."""
    spec = StudioSpec(image_size=192)  # only the segmentation of a shard takes more than the limit
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(
            SimfactorError, match=r"cannot write to .*: File too large.*run the same command again"
        ):
            again(space, spec, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert contents(tmp_path) == {}
    again(space, spec, tmp_path).verify()


def test_other_versions_are_reported(space: FactorSpace, spec: StudioSpec, copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "1.0.0"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    again(space, spec, copy)  # nothing to render: no matter
    (copy / "images-00002.npy").unlink()
    with pytest.warns(UserWarning, match="was begun with .*1.0.0"):
        again(space, spec, copy)


def test_the_manifest_says_how_the_images_were_made(whole: FactorDataset, space: FactorSpace) -> None:
    manifest = json.loads((whole.path / "manifest.json").read_text())
    assert FactorSpace.from_dict(manifest["space"]) == space
    assert manifest["fingerprint"] == space.fingerprint
    assert {name: manifest[name] for name in ("seed", "count", "shard_size", "lattice")} == {
        "seed": SEED,
        "count": COUNT,
        "shard_size": SHARD,
        "lattice": False,
    }
    assert manifest["studio"]["image_size"] == 32
    assert manifest["versions"]["numpy"] == np.__version__
    assert [manifest["shards"][s]["rows"] for s in "012"] == [4, 4, 2]
