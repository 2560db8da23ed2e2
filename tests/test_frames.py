from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfactor.errors import SimfactorError, unknown_name
from simfactor.frames import PER_IMAGE, PER_INSTANCE, Images, Mesh, RenderBatch


def make_batch(images: int = 3, instances: int = 2, seed: int = 0) -> RenderBatch:
    """Random numbers of the right shapes."""
    rng = np.random.default_rng(seed)

    def real(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(np.float32)

    def whole(*shape: int) -> np.ndarray:
        return rng.integers(-1, 2, shape).astype(np.int32)

    mesh = Mesh(real(4, 3), real(4, 3), real(4, 2), np.int32([[0, 1, 2], [1, 2, 3]]))
    n, i = images, instances
    return RenderBatch(
        meshes=(mesh, replace(mesh, faces=mesh.faces[:1])),
        textures=(rng.integers(0, 256, (4, 6, 3), dtype=np.uint8),),
        segment=whole(i, 2),
        casts=np.arange(i) > 0,
        mesh=whole(n, i),
        position=real(n, i, 3),
        orientation=real(n, i, 4),
        scale=real(n, i, 3),
        color=real(n, i, 3),
        texture=whole(n, i),
        specular=real(n, i),
        roughness=real(n, i),
        light_direction=real(n, 2, 3),
        light_color=real(n, 2, 3),
        light_softness=real(n),
        sky=real(n, 3),
        ground=real(n, 3),
        background=real(n, 2, 3),
        backdrop=whole(n),
        exposure=real(n),
        noise=real(n),
        noise_seed=rng.integers(0, 2**32, n, np.uint32),
        camera_position=real(n, 3),
        camera_target=real(n, 3),
        camera_up=real(n, 3),
        focal=real(n, 2),
        principal_point=real(n, 2),
        near=0.1,
        far=7.5,
        height=48,
        width=64,
    )


def assert_equal(a: RenderBatch, b: RenderBatch) -> None:
    for name in (*PER_IMAGE, *PER_INSTANCE):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), strict=True)
    assert (a.near, a.far, a.height, a.width) == (b.near, b.far, b.height, b.width)
    for one, other in zip(a.textures, b.textures, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)
    for mesh, other_mesh in zip(a.meshes, b.meshes, strict=True):
        for field in fields(Mesh):
            np.testing.assert_array_equal(
                getattr(mesh, field.name), getattr(other_mesh, field.name), strict=True
            )


def test_every_field_is_per_image_or_shared() -> None:
    shared = {"meshes", "textures", "segment", "casts", "near", "far", "height", "width"}
    assert {f.name for f in fields(RenderBatch)} == set(PER_IMAGE) | shared


@pytest.mark.parametrize("textures", [0, 1])
def test_a_saved_batch_reads_back(tmp_path: Path, textures: int) -> None:
    batch = replace(make_batch(), textures=make_batch().textures[:textures])
    batch.save(tmp_path / "batch.npz")
    assert_equal(RenderBatch.load(tmp_path / "batch.npz"), batch)


@given(st.data())
def test_concatenating_slices_gives_the_batch_back(data: st.DataObject) -> None:
    batch = make_batch(images=6)
    cuts = sorted(data.draw(st.sets(st.integers(1, 5))))
    parts = [batch[a:b] for a, b in zip([0, *cuts], [*cuts, 6], strict=True)]
    assert sum(map(len, parts)) == len(batch) == 6
    assert_equal(RenderBatch.concatenate(parts), batch)


def test_images_can_be_chosen_by_index() -> None:
    batch = make_batch()
    chosen = batch[np.array([2, 0])]
    np.testing.assert_array_equal(chosen.position, batch.position[[2, 0]])
    assert chosen.meshes is batch.meshes


def test_batches_of_two_worlds_do_not_mix() -> None:
    batch = make_batch()
    for other in (make_batch(seed=1), replace(batch, height=10)):
        with pytest.raises(SimfactorError, match="one world and one image size"):
            RenderBatch.concatenate([batch, other])


def test_repeated_images_follow_their_original_and_do_not_share_memory() -> None:
    batch = make_batch()
    twice = batch.repeat(2)
    assert_equal(twice[::2], batch)
    assert_equal(twice[1::2], batch)
    twice.color[0] = 9.0
    assert (twice.color[1] != 9.0).all()


def test_images_concatenate_in_order() -> None:
    def images(value: int) -> Images:
        return Images(
            np.full((2, 4, 4, 3), value, np.uint8),
            np.full((2, 4, 4), value, np.float32),
            np.full((2, 4, 4, 2), value, np.int32),
            normals=np.full((2, 4, 4, 3), value, np.float32),
        )

    joined = Images.concatenate([images(1), images(2)])
    assert len(joined) == 4
    assert joined.albedo is None
    for name in ("rgb", "depth", "segmentation", "normals"):
        assert getattr(joined, name)[:, 0, 0].reshape(4, -1)[:, 0].tolist() == [1, 1, 2, 2]


def test_an_unknown_name_suggests_the_closest() -> None:
    error = unknown_name("factor", "light_azimut", ["light_azimuth", "fov"])
    assert str(error) == (
        "unknown factor 'light_azimut'; allowed: light_azimuth, fov. Did you mean 'light_azimuth'?"
    )
    assert str(unknown_name("factor", "x", [])) == "unknown factor 'x'; allowed: (none)."
