import numpy as np
import pytest
from dots import SPACE, draw

from simfactor.encoders import FactorEncoder, edit_images, edit_latents, exchange
from simfactor.encoders.codes import factor_codes
from simfactor.errors import SimfactorError
from simfactor.factors import Categorical, Continuous, FactorSpace

VALUES = {"x": 3.0, "hue": 40.0, "shape": "square"}


def test_the_codes_are_exact_and_all_else_is_as_encoded(trained, images):
    latents = trained.encode(images[:5])
    edited = edit_latents(trained, latents, VALUES)
    assert edited is not latents
    layout = trained.layout
    for name, code in (("x", 3.0), ("hue", 40.0), ("shape", 1.0)):
        expected = factor_codes(SPACE[name], np.full(5, code))
        np.testing.assert_array_equal(edited[:, layout.dims(name)], expected.astype(np.float32))
    held = layout.dims(["y", "residual"])
    np.testing.assert_array_equal(edited[:, held], latents[:, held])


def test_a_value_for_each_image(trained, images):
    latents = trained.encode(images[:2])
    both = edit_latents(trained, latents, {"x": [0.0, 2.0], "shape": np.array(["disc", "square"])})
    for i, values in enumerate(({"x": 0.0, "shape": "disc"}, {"x": 2.0, "shape": "square"})):
        np.testing.assert_array_equal(both[i], edit_latents(trained, latents, values)[i])
    same = edit_latents(trained, latents, {"x": np.array(1.5)})
    np.testing.assert_array_equal(same, edit_latents(trained, latents, {"x": 1.5}))


def test_no_value_is_a_reconstruction(trained, images):
    np.testing.assert_array_equal(
        edit_images(trained, images[:3], {}), trained.decode(trained.encode(images[:3]))
    )


def test_a_moved_dot_is_closer_to_the_dot_that_was_moved(trained, rows, images):
    few = rows[:60].copy()
    few[:, 0] = np.where(few[:, 0] < 1, few[:, 0] + 2.5, few[:, 0] - 2.5)
    truth = draw(few).astype(float)
    edited = edit_images(trained, images[:60], {"x": few[:, 0]})
    plain = trained.decode(trained.encode(images[:60]))
    error, without = (np.square(p - truth).mean() for p in (edited, plain))
    assert error < 0.9 * without


def test_exchange_takes_the_donors_blocks(trained, images):
    latents = trained.encode(images[:4])
    expected = latents.copy()
    dims = trained.layout.dims("pose")
    expected[:, dims] = latents[[3, 2, 1, 0]][:, dims]
    swapped = exchange(trained, images[:4], "pose", images[[3, 2, 1, 0]])
    np.testing.assert_allclose(swapped.astype(int), trained.decode(expected), atol=1)
    one = exchange(trained, images[:4], ["x", "residual"], images[:1])
    assert one.shape == (4, 64, 64, 3)
    np.testing.assert_allclose(one[0].astype(int), trained.decode(latents)[0], atol=1)


@pytest.mark.parametrize("objective", ["interventional", "semi_supervised"])
def test_other_blocks_that_learn_from_labels_take_values(images, objective):
    encoder = FactorEncoder(SPACE, 64, objective)
    edited = edit_latents(encoder, encoder.encode(images[:2]), {"hue": 90.0, "x": -2.0})
    np.testing.assert_allclose(edited[:, encoder.layout.dims(["x", "hue"])], [[-1, 0, 1]] * 2, atol=1e-6)


def test_blocks_without_values_can_be_exchanged_only(images):
    blocks_only = FactorEncoder(SPACE, 64, "group_vae")
    assert exchange(blocks_only, images[:2], "hue", images[2:3]).shape == (2, 64, 64, 3)
    with pytest.raises(SimfactorError, match="has a block for hue, but learned without its values"):
        edit_images(blocks_only, images[:2], {"hue": 3.0})


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"z": 1.0}, "unknown factor of this encoder 'z'; allowed: x, y, hue, shape"),
        ({"residual": 1.0}, "unknown factor of this encoder 'residual'"),
        ({"x": 4.5}, r"x: value 4.5 is outside \[-2, 4\] cm"),
        ({"x": float("nan")}, "x: value nan is outside"),
        ({"x": "far"}, "x: value 'far' is outside"),
        ({"shape": "disk"}, "shape: unknown value 'disk'; allowed: disc, square. Did you mean 'disc'"),
        ({"x": [1.0, 2.0]}, "x: 2 values for 3 images"),
    ],
)
def test_mistakes_are_named(trained, images, values, told):
    with pytest.raises(SimfactorError, match=told):
        edit_images(trained, images[:3], values)


def test_an_encoder_without_blocks_says_what_to_train(images):
    unlabelled = FactorEncoder(SPACE, 64, "beta_vae", residual=3)
    for attempt in (
        lambda: edit_images(unlabelled, images[:1], {"x": 0.0}),
        lambda: exchange(unlabelled, images[:1], "residual", images[1:2]),
    ):
        with pytest.raises(SimfactorError, match="'beta_vae' does not know which latent is which factor"):
            attempt()


def test_donors_and_names_are_checked(trained, images):
    with pytest.raises(SimfactorError, match="2 donors for 3 images"):
        exchange(trained, images[:3], "x", images[:2])
    with pytest.raises(SimfactorError, match="unknown latent block, group or role 'z'"):
        exchange(trained, images[:3], "z", images[:1])


def test_a_held_out_value_is_outside_the_domain():
    space = FactorSpace(
        {"a": Continuous(0, 1).hold_out(0.4, 0.6), "b": Categorical(tuple("klm"), allowed=("k", "m"))}
    )
    encoder = FactorEncoder(space, 64)
    blank = np.zeros((1, encoder.layout.size), np.float32)
    with pytest.raises(SimfactorError, match=r"a: value 0.5 is outside \[0, 0.4\] or \[0.6, 1\]"):
        edit_latents(encoder, blank, {"a": 0.5})
    with pytest.raises(SimfactorError, match="b: unknown value 'l'; allowed: k, m"):
        edit_latents(encoder, blank, {"b": "l"})
