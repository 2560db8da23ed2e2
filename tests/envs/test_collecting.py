"""Data sets of environments: moments, their appearances, and what the environments observe."""

from pathlib import Path

import numpy as np
import pytest
from yard import Yard

from simfactor.data import FactorDataset, generate
from simfactor.envs import collecting
from simfactor.envs.attached import Attached
from simfactor.envs.collecting import Play, Playing, collect, left_out
from simfactor.envs.components import components
from simfactor.errors import SimfactorError
from simfactor.factors import FactorSpace, load_space
from simfactor.scene import Viewpoint

PLAY = Play("yard:Yard", {"cameras": 1}, appearances=3, every=2)
MOMENTS = 10  # in shards of four


@pytest.fixture(scope="module")
def space() -> FactorSpace:
    env = Attached(Yard())
    chosen = env.space.select(["light_azimuth", "camera_distance", "sensor_noise", "cube_texture"])
    env.close()
    return chosen


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "SHARD_MOMENTS", 4)


def gathered(space: FactorSpace, out: Path, moments: int = MOMENTS, **changes: object) -> FactorDataset:
    arguments = {"play": PLAY, "seed": 5, "image_size": 16, "workers": 1, "progress": False, **changes}
    return collect(space=space, out=out, moments=moments, **arguments)


@pytest.fixture(scope="module")
def whole(space: FactorSpace, tmp_path_factory: pytest.TempPathFactory) -> FactorDataset:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(collecting, "SHARD_MOMENTS", 4)
        return gathered(space, tmp_path_factory.mktemp("whole"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def test_a_data_set_like_others(whole: FactorDataset, space: FactorSpace) -> None:
    whole.verify()
    assert len(whole) == 3 * MOMENTS
    assert whole.images().shape == (30, 16, 16, 3)
    assert whole.space.names[:4] == space.names
    assert set(whole.space.names[4:]) | set(left_out(whole)) == {"state_0", "state_1", "state_2"}
    assert whole.space.by_role("task") == whole.space.groups["state"] == whole.manifest.measured
    np.testing.assert_array_equal(whole.factors()[:, :4], space.sample(30, 5))
    whole.space.check(whole.factors())


def test_a_moment_is_one_state_with_many_appearances(whole: FactorDataset) -> None:
    states = whole.factors()[:, 4:].reshape(MOMENTS, 3, -1)
    assert (states == states[:, :1]).all()
    assert len(np.unique(states[:, 0], axis=0)) == MOMENTS
    pictures = whole.images().reshape(MOMENTS, 3, -1)
    assert (pictures[:, 0] != pictures[:, 1]).mean() > 0.5


def test_pictures_show_the_state_that_is_written(whole: FactorDataset, space: FactorSpace) -> None:
    playing = Playing(PLAY, whole.manifest, whole.path)
    for number, first in ((0, 0), (1, 12)):  # two moments of the first two shards
        env = PLAY.open("raster", 16)
        env.reset(seed=0)
        env.images(space, whole.factors([0])[:, :4])
        moments = playing._moments(env, number)
        for start in (first, first + 3):
            seen = next(moments)
            told = whole.factors([start])[0, 4:]
            np.testing.assert_array_equal(told, [seen[name] for name in whole.manifest.measured])
            rows = whole.factors(slice(start, start + 3))[:, :4]
            np.testing.assert_array_equal(env.images(space, rows).rgb, whole.images(slice(start, start + 3)))
        assert components(env.unwrapped._seen()) == seen
        env.close()


def test_no_moment_is_in_two_shards_and_none_follows_another_at_once(whole: FactorDataset) -> None:
    states = whole.factors()[::3, 4:]
    assert len(np.unique(states, axis=0)) == len(states)


def test_equal_for_any_number_of_workers_and_for_a_seed(
    whole: FactorDataset, space: FactorSpace, tmp_path: Path
) -> None:
    again = gathered(space, tmp_path / "again", workers=2)
    assert contents(again.path) == contents(whole.path)
    other = gathered(space, tmp_path / "other", moments=4, seed=6)
    assert (other.factors()[:, 4:] != whole.factors(range(12))[:, 4:]).any(axis=1).all()


def test_an_interrupted_one_goes_on(
    whole: FactorDataset, space: FactorSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = Playing.make

    def interrupted(self: Playing, number: int, stop: object = None) -> object:
        if number == 2:
            raise KeyboardInterrupt
        return make(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(Playing, "make", interrupted)
        with pytest.raises(KeyboardInterrupt, match="2 of 3 shards are finished"):
            gathered(space, tmp_path)
    with pytest.raises(SimfactorError, match="is unfinished: 1 of 3 shards"):
        FactorDataset(tmp_path)
    written = (tmp_path / "images-00001.npy").stat().st_mtime_ns
    assert contents(gathered(space, tmp_path).path) == contents(whole.path)
    assert (tmp_path / "images-00001.npy").stat().st_mtime_ns == written
    assert contents(gathered(space, tmp_path).path) == contents(whole.path)  # with nothing to do


def test_more_moments_extend_it(whole: FactorDataset, space: FactorSpace, tmp_path: Path) -> None:
    gathered(space, tmp_path, moments=6)
    assert contents(gathered(space, tmp_path).path) == contents(whole.path)


def test_another_data_set_is_refused(whole: FactorDataset, space: FactorSpace) -> None:
    with pytest.raises(SimfactorError, match="holds another data set: every is 2, not 3"):
        gathered(space, whole.path, play=Play("yard:Yard", {"cameras": 1}, appearances=3, every=3))
    with pytest.raises(SimfactorError, match="factor 'sensor_noise' is not asked for"):
        gathered(space.select(["light_azimuth"]), whole.path)
    with pytest.raises(SimfactorError, match="holds another data set"):
        generate(load_space("tabletop"), whole.path, 30, 5, progress=False)


def test_the_camera_may_be_another(whole: FactorDataset, space: FactorSpace, tmp_path: Path) -> None:
    near = Play("yard:Yard", {"cameras": 1}, Viewpoint.orbit(distance=1.0), 3, 2)
    other = gathered(space, tmp_path, moments=4, play=near)
    assert (other.images() != whole.images(range(12))).mean() > 0.5
    np.testing.assert_array_equal(other.factors()[:, :4], whole.factors(range(12))[:, :4])


BLIND = """
import numpy as np
from yard import Yard

class Blind(Yard):
    def reset(self, **options):
        return np.ones(1), super().reset(**options)[1]

    def step(self, action):
        return np.ones(1), *super().step(action)[1:]
"""


def test_what_cannot_be_collected_is_refused(
    space: FactorSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blind.py").write_text(BLIND)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SimfactorError, match="nothing varies of what 'blind:Blind' observes: state_0 is alw"):
        gathered(space, tmp_path / "out", moments=2, play=Play("blind:Blind"))
    with pytest.raises(SimfactorError, match=r"kwargs=.* cannot be kept in a file"):
        Play("yard:Yard", {"cameras": object()}).to_dict()
