"""Reading: any index in any order gives what was rendered; what is damaged is named."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simfactor.data import FactorDataset
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace
from simfactor.render import Studio

COUNT, SHARD, SEED = 10, 4, 7


def test_rows_are_the_sample_of_space_and_seed(whole: FactorDataset, space: FactorSpace) -> None:
    assert len(whole) == COUNT
    assert whole.seed == SEED
    assert whole.image_size == 32
    assert whole.space == space
    np.testing.assert_array_equal(whole.factors(), space.sample(COUNT, SEED))


@pytest.mark.parametrize("index", [0, 5, 9])
def test_an_image_rendered_alone_equals_the_one_in_the_set(
    whole: FactorDataset, space: FactorSpace, studio: Studio, index: int
) -> None:
    alone = studio.images(space, space.sample(1, SEED, start=index))
    image, row = whole[index]
    np.testing.assert_array_equal(image, alone.rgb[0])
    np.testing.assert_array_equal(row, space.sample(1, SEED, start=index)[0])
    np.testing.assert_array_equal(whole.depth([index]), alone.depth)
    np.testing.assert_array_equal(whole.segmentation([index]), alone.segmentation)


def test_images_differ_from_each_other(whole: FactorDataset) -> None:
    images = whole.images()
    assert len({image.tobytes() for image in images}) == COUNT
    assert images.std() > 10


@given(st.lists(st.integers(-COUNT, COUNT - 1), max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_any_indices_select_as_an_array_would(whole: FactorDataset, indices: list[int]) -> None:
    chosen = np.array(indices, np.int64)
    np.testing.assert_array_equal(whole.images(chosen), whole.images()[chosen])
    np.testing.assert_array_equal(whole.depth(chosen), whole.depth()[chosen])
    np.testing.assert_array_equal(whole.factors(chosen), whole.factors()[chosen])


def test_slices_masks_and_single_indices(whole: FactorDataset) -> None:
    images = whole.images()
    mask = np.arange(COUNT) % 3 == 0
    np.testing.assert_array_equal(whole.images(slice(2, 9, 3)), images[2:9:3])
    np.testing.assert_array_equal(whole.images(mask), images[mask])
    np.testing.assert_array_equal(whole.images(6), images[6:7])
    np.testing.assert_array_equal(whole[-1][0], images[-1])
    assert whole.images([]).shape == (0, 32, 32, 3)
    assert sum(1 for _ in whole) == COUNT
    with pytest.raises(IndexError):
        whole.images([COUNT])
    with pytest.raises(IndexError):
        whole[COUNT]


def test_what_is_returned_is_a_copy(whole: FactorDataset) -> None:
    image, row = whole[3]
    image[:], row[:] = 0, 0
    whole.factors()[:] = 0
    assert whole[3][0].any()
    assert whole.factors()[3].any()


def test_a_pickle_carries_the_path_not_the_images(whole: FactorDataset) -> None:
    whole.images()
    data = pickle.dumps(whole)
    assert len(data) < 1000
    np.testing.assert_array_equal(pickle.loads(data).images([4]), whole.images([4]))


def test_the_files_are_plain_npy_and_parquet(whole: FactorDataset, space: FactorSpace) -> None:
    images = np.load(whole.path / "images-00001.npy")
    assert (images.shape, images.dtype) == ((SHARD, 32, 32, 3), np.uint8)
    assert np.load(whole.path / "depth-00002.npy").dtype == np.float32
    assert np.load(whole.path / "segmentation-00002.npy").shape == (2, 32, 32, 2)
    table = pq.read_table(whole.path / "factors-00001.parquet").to_pydict()
    assert table.pop("index") == [4, 5, 6, 7]
    assert list(table) == list(space.names)
    assert set(table["table_texture"]) <= {"brick", "wood"}
    rows = space.sample(SHARD, SEED, start=SHARD)
    for i, row in enumerate(rows):
        assert {name: column[i] for name, column in table.items()} == space.decode(row)


def test_a_missing_channel_says_how_to_get_it(copy: Path) -> None:
    manifest = copy / "manifest.json"
    manifest.write_text(manifest.read_text().replace(' "depth",\n', ""))
    with pytest.raises(SimfactorError, match=r"holds rgb, segmentation only; generate with keep=.*'depth'"):
        FactorDataset(copy).depth()


def test_verify_accepts_what_was_written(whole: FactorDataset) -> None:
    whole.verify()


@pytest.mark.parametrize("name", ["images-00001.npy", "factors-00002.parquet", "depth-00000.npy"])
def test_verify_names_the_altered_file_and_both_checksums(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[-20] ^= 1
    (copy / name).write_bytes(bytes(content))
    dataset = FactorDataset(copy)
    with pytest.raises(
        SimfactorError, match=rf"{name}' was altered: its sha256 is (\w+), written was (?!\1)\w+"
    ):
        dataset.verify()


def test_a_truncated_file_is_found_when_opening(copy: Path) -> None:
    path = copy / "images-00001.npy"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(
        SimfactorError,
        match=r"images-00001.npy' is damaged: it has 12316 bytes, written were 12416\. Delete it",
    ):
        FactorDataset(copy)


def test_a_missing_file_is_found_when_opening(copy: Path) -> None:
    (copy / "factors-00000.parquet").unlink()
    with pytest.raises(SimfactorError, match=r"factors-00000.parquet' is missing\. Repeat what made"):
        FactorDataset(copy)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not a data set: it has no manifest.json"),
        ("{", "is damaged"),
        ('{"format": 99}', "has format 99; this version reads format 1"),
        ('{"format": 1}', "is damaged"),
    ],
)
def test_a_folder_without_a_readable_manifest(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(SimfactorError, match=message):
        FactorDataset(tmp_path)


def test_expect_names_the_factors_that_differ(whole: FactorDataset, space: FactorSpace) -> None:
    whole.expect(space)
    with pytest.raises(SimfactorError, match=r"factor 'object_x' covers \[0.4, 0.6\] m, not \[0.4, 0.5\] m"):
        whole.expect(space.restrict({"object_x": (0.4, 0.5)}))
    with pytest.raises(SimfactorError, match=r"factor 'object_x' is not asked for"):
        whole.expect(space.select(["light_azimuth", "light_intensity", "table_texture"]))
    with pytest.raises(SimfactorError, match="correlations is None, not"):
        whole.expect(space.correlate({("light_intensity", "object_x"): 0.5}))


def test_resident_holds_the_same_numbers(whole: FactorDataset) -> None:
    torch = pytest.importorskip("torch")
    resident = whole.resident("cpu")
    assert resident.images.dtype == torch.uint8
    assert resident.factors.dtype == torch.float32
    images, factors = resident.gather(torch.tensor([8, 0, 8]))
    np.testing.assert_array_equal(images.numpy(), whole.images([8, 0, 8]))
    np.testing.assert_array_equal(factors.numpy(), whole.factors([8, 0, 8]).astype(np.float32))
