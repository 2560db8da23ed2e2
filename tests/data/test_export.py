"""Exports are read back with the libraries they are meant for, and stand whole or not at all."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from in_memory import Frames
from PIL import Image

from simfactor.data import FactorDataset, export
from simfactor.data.export import FORMATS
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Continuous, FactorSpace

NAMES = {"npz": "set.npz", "h5": "set.h5", "webdataset": "tars", "huggingface": "arrow"}
SOME = [8, 0, 3]


def digest(path: Path) -> str:
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    total = hashlib.sha256()
    for file in files:
        total.update(file.name.encode() + (file.read_bytes() if file.is_file() else b""))
    return total.hexdigest()


def test_npz_has_the_keys_of_dsprites_and_no_pickle(whole: FactorDataset, tmp_path: Path) -> None:
    with np.load(export(whole, tmp_path / "set.npz"), allow_pickle=False) as file:
        assert sorted(file) == ["imgs", "latents_classes", "latents_values", "metadata"]
        np.testing.assert_array_equal(file["imgs"], whole.images())
        np.testing.assert_array_equal(file["latents_values"], whole.factors())
        np.testing.assert_array_equal(file["latents_classes"], whole.space.classes(whole.factors()))
        about = json.loads(str(file["metadata"]))
        assert (file["latents_classes"].max(axis=0) < about["latents_sizes"]).all()
    assert about["latents_names"] == list(whole.space.names)
    assert about["latents_sizes"] == [5, 10, 3, 10]
    assert about["latents_possible_values"]["table_texture"] == ["wood", "garage", "brick"]
    assert about["latents_possible_values"]["light_azimuth"] == [-60, -30, 0, 30, 60]
    assert FactorSpace.from_dict(about["space"]) == whole.space


def test_h5_has_the_datasets_of_shapes3d(whole: FactorDataset, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(export(whole, tmp_path / "set.h5", "h5", SOME)) as file:
        np.testing.assert_array_equal(file["images"][:], whole.images(SOME))
        np.testing.assert_array_equal(file["labels"][:], whole.factors(SOME))
        assert list(file["labels"].attrs["factor_names"]) == list(whole.space.names)
        assert file["images"].id.get_offset() is not None  # can be mapped
        assert FactorSpace.from_dict(json.loads(file.attrs["metadata"])["space"]) == whole.space


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves the tar file open
def test_webdataset_reads_the_shards(whole: FactorDataset, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    out = export(whole, tmp_path / "tars", "webdataset", SOME)
    samples = list(webdataset.WebDataset(str(out / "shard-00000.tar"), shardshuffle=False).decode("rgb8"))
    gc.collect()  # its warning comes in this test, not in another
    assert [sample["__key__"] for sample in samples] == ["00000000", "00000001", "00000002"]
    np.testing.assert_array_equal([sample["png"] for sample in samples], whole.images(SOME))
    rows = [whole.space.encode(sample["json"]) for sample in samples]
    np.testing.assert_array_equal(rows, whole.factors(SOME))


def test_tar_shards_are_filled_in_turn_and_plain_tar_reads_them(tmp_path: Path) -> None:
    space = FactorSpace({"x": Continuous(0, 1)})
    source = Frames(space, space.sample(2100, 0), size=4)
    out = export(source, tmp_path / "tars", "webdataset", progress=False)
    counts, pictures = [], []
    for shard in sorted(out.glob("*.tar")):
        with tarfile.open(shard) as tar:
            names = tar.getnames()
            counts.append(len(names))
            pictures += [tar.extractfile(name).read() for name in names if name.endswith("png")]  # type: ignore[union-attr]
    assert counts == [2000, 2000, 200]
    shown = np.stack([np.asarray(Image.open(io.BytesIO(picture))) for picture in pictures])
    np.testing.assert_array_equal(shown, source.images())


def test_hugging_face_datasets_loads_the_folder(whole: FactorDataset, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    out = export(whole, tmp_path / "arrow", "huggingface", SOME)
    loaded = datasets.load_from_disk(str(out))
    assert loaded.column_names == ["image", *whole.space.names]
    assert loaded.features["table_texture"] == datasets.ClassLabel(names=["wood", "garage", "brick"])
    np.testing.assert_array_equal([np.asarray(image) for image in loaded["image"]], whole.images(SOME))
    columns = np.stack([loaded[name] for name in whole.space.names], axis=1)
    np.testing.assert_array_equal(columns, whole.factors(SOME))
    assert [path.name for path in tmp_path.iterdir()] == ["arrow"]
    clash = FactorSpace({"image": Continuous(0, 1)})
    with pytest.raises(SimfactorError, match="a factor is named 'image'"):
        export(Frames(clash, clash.sample(2, 0)), tmp_path / "clash", "huggingface")


@pytest.mark.parametrize("format", FORMATS)
def test_an_export_gives_way_to_the_next_and_to_nothing_else(
    whole: FactorDataset, tmp_path: Path, format: str
) -> None:
    needs(format)
    out = tmp_path / "deeper" / NAMES[format]
    export(whole, out, format, SOME)
    first = digest(out)
    export(whole, out, format, [1])
    assert digest(out) != first
    export(whole, out, format, SOME)
    assert format == "huggingface" or digest(out) == first  # arrow files record when they were made
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    for place in (other, other / "thesis.txt", whole.path):
        with pytest.raises(SimfactorError, match=r"exists and is no export .*choose another path"):
            export(whole, place, format)
    assert (other / "thesis.txt").read_text() == "years of work"


def test_dsprites_itself_is_not_taken_for_an_export(whole: FactorDataset, tmp_path: Path) -> None:
    np.savez(tmp_path / "dsprites.npz", imgs=np.zeros(3), metadata=np.array({"author": "M"}, dtype=object))
    with pytest.raises(SimfactorError, match="is no export"):
        export(whole, tmp_path / "dsprites.npz")


class Broken(Frames):
    """A set whose last image cannot be read."""

    def images(self, indices: Any = None) -> Any:
        if indices is not None and 299 in indices:
            raise SimfactorError("image 299 is damaged")
        return super().images(indices)


@pytest.mark.parametrize("format", ["npz", "h5", "webdataset"])
def test_nothing_is_left_of_an_export_that_failed(tmp_path: Path, format: str) -> None:
    needs(format)
    space = FactorSpace({"x": Continuous(0, 1), "c": Categorical(("a", "b"))})
    out = tmp_path / NAMES[format]
    rows = space.sample(300, 0)
    export(Frames(space, rows), out, format, range(5))
    before = digest(out)
    with pytest.raises(SimfactorError, match="image 299 is damaged"):
        export(Broken(space, rows), out, format)
    assert digest(out) == before
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_what_cannot_be_exported_is_said_first(whole: FactorDataset, tmp_path: Path) -> None:
    with pytest.raises(SimfactorError, match="unknown format 'hdf5'; allowed: npz, h5, webdataset, hugg"):
        export(whole, tmp_path / "x", "hdf5")
    with pytest.raises(SimfactorError, match="indices choose no image"):
        export(whole, tmp_path / "x", indices=[])
    with pytest.raises(IndexError):
        export(whole, tmp_path / "x", indices=[10])
    (tmp_path / "file").write_text("")
    with pytest.raises(SimfactorError, match=r"cannot write .*choose another path"):
        export(whole, tmp_path / "file" / "set.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def needs(format: str) -> None:
    package = FORMATS[format].package
    if package is not None:
        pytest.importorskip(package)
