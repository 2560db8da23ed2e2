"""Errors name the field, the place, the value and what to do."""

from dataclasses import replace

import numpy as np
import pytest

from simfactor.errors import SimfactorError
from simfactor.frames import PER_IMAGE
from simfactor.render import make_renderer
from simfactor.render.checks import WHOLE


def at(name, index, value):
    return lambda lab, batch: lab.altered(batch, name, index, value)


def given(**changes):
    return lambda lab, batch: replace(batch, **changes)


def mesh(**changes):
    """The first mesh with other arrays."""
    return lambda lab, batch: replace(batch, meshes=(replace(batch.meshes[0], **changes), *batch.meshes[1:]))


def texture(dtype, *shape):
    return given(textures=(np.zeros(shape, dtype),))


TEXTS = {
    "mesh=3 (image 0, instance 1) must be in [-1, 2]": at("mesh", (0, 1), 3),
    "mesh=-2 (image 0": at("mesh", (0, 1), -2),
    "texture=1 (image 0": at("texture", (0, 1), 1),
    "backdrop=1 (image 0": at("backdrop", 0, 1),
    "roughness=0.0 (image 0": at("roughness", (0, 2), 0),
    "exposure=-1.0 (image 0": at("exposure", 0, -1),
    "noise=1.5 (image 0) must be in [0, 1]": at("noise", 0, 1.5),
    "noise_seed is an array of float64; give one of whole numbers": given(noise_seed=np.zeros(1)),
    "noise_seed=-1 (image 0) must be in [0, ": given(noise_seed=np.array([-1])),
    "light_softness=3.0 (image 0": at("light_softness", 0, 3),
    "focal=0.0 (image 0": at("focal", (0, 1), 0),
    "orientation=[0.0, 0.0, 0.0, 0.0] (image 0": at("orientation", (0, 2), 0),
    "scale=[1.0, 0.0, 1.0] (image 0": at("scale", (0, 1, 1), 0),
    "camera_up=[0.0, 0.0, 1.0] (image 0": at("camera_position", 0, (0, 0, 3)),
    "camera_up=[0.0, 0.0, 0.0] (image 0": at("camera_up", 0, 0),
    "light_direction=[0.0, 0.0, 0.0] (image 0": at("light_direction", (0, 0), 0),
    "color=1.5 (image 0, instance 2) must be in [0, 1]": at("color", (0, 2), 1.5),
    "light_color=-1.0 (image 0, light 0) must be at least 0": at("light_color", (0, 0), -1),
    "mesh is an array of float64; give one of whole numbers": given(mesh=np.zeros((1, 3))),
    "exposure is a list; give a NumPy array": given(exposure=[1.0]),
    "light_direction has shape (1, 3), expected (1, 1, 3): (N, L, 3)": given(
        light_direction=np.ones((1, 3), np.float32)
    ),
    "near=2.0, far=1.0 must satisfy 0 < near < far": given(near=2.0, far=1.0),
    "near=nan, far=100.0 must satisfy 0 < near < far": given(near=np.nan),
    "height=0, width=24: an image has 1 to": given(height=0),
    "height=24, width=100000: an image has 1 to": given(width=100000),
    "position has shape (1, 2, 3), expected (1, 3, 3)": given(position=np.zeros((1, 2, 3), np.float32)),
    "mesh 0 has faces of vertices outside [0, 4)": mesh(faces=np.int32([[0, 1, 4]])),
    "mesh 0 has faces of vertices outside [0, 4), too": mesh(faces=np.int32([[0, 1, -1]])),
    "mesh 0 has values that are not finite": mesh(vertices=np.full((4, 3), np.nan, np.float32)),
    "mesh 0 has vertices, normals, uvs and faces of shapes": mesh(uvs=np.zeros((2, 2), np.float32)),
    "texture 0 is float32 of shape (4, 4, 3)": texture(np.float32, 4, 4, 3),
    "texture 0 is uint8 of shape (0, 4, 3)": texture(np.uint8, 0, 4, 3),
    "texture 0 is uint8 of shape (4, 4, 4)": texture(np.uint8, 4, 4, 4),
}


@pytest.mark.parametrize("text", TEXTS)
def test_errors_name_the_field_the_value_and_the_remedy(lab, text):
    with pytest.raises(SimfactorError) as caught:
        lab.render(TEXTS[text](lab, lab.scene()))
    message = str(caught.value)
    assert message.startswith(text.removesuffix(", too"))
    assert any(word in message for word in ("give", "must", "expected", "repair", "has 1 to"))
    assert message.endswith(".")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [name for name in PER_IMAGE if name not in (*WHOLE, "sensor")])
def test_what_is_not_finite_is_named(lab, name, value):
    batch = lab.scene()
    last = tuple(size - 1 for size in getattr(batch, name).shape)
    with pytest.raises(SimfactorError, match=rf"^{name}={value} \(image 0.*\) must be finite"):
        lab.render(lab.altered(batch, name, last, value))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"device": "tpu"}, r"device='tpu' is not on this machine; choose among \['auto', 'cpu'"),
        ({"supersample": 5}, "supersample=5 must be 1, 2, 3 or 4 samples a side"),
        ({"threads": 0}, "threads=0 must be a positive whole number"),
        ({"threads": 1.5}, "threads=1.5 must be a positive whole number"),
    ],
)
def test_bad_options_are_named(options, text):
    with pytest.raises(SimfactorError, match=text):
        make_renderer("raster", **options)


def test_after_an_error_the_renderer_still_works(lab):
    good = lab.scene()
    before = lab.render(good)
    for bad in TEXTS.values():
        with pytest.raises(SimfactorError):
            lab.render(bad(lab, good))
    np.testing.assert_array_equal(lab.render(good).rgb, before.rgb)
