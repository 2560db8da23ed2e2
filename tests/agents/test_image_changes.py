import numpy as np
import pytest
import torch
from torch import Tensor

from simfactor.agents import ImageAugmentation, ImageAugmenter, convolution, shift
from simfactor.encoders.augment import photometric
from simfactor.errors import SimfactorError


def pictures(count: int = 40, size: int = 20) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(7))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_shift_is_padding_by_the_border_and_a_crop() -> None:
    images = pictures()
    shifted = shift(images, seeded(), 3)
    padded = torch.nn.functional.pad(images, (3,) * 4, mode="replicate")
    found = set()
    for image, wide in zip(shifted, padded, strict=True):
        crops = {(i, j): wide[:, i : i + 20, j : j + 20] for i in range(7) for j in range(7)}
        (place,) = [place for place, crop in crops.items() if torch.equal(crop, image)]
        found.add(place)
    assert len(found) > 20  # each image by itself
    assert {i for i, _ in found} == set(range(7))


def test_convolution_keeps_shapes_and_changes_colours() -> None:
    images = torch.zeros(30, 3, 20, 20)
    images[:, 0, :10] = 1.0  # red above, black below
    changed = convolution(images, seeded())
    above, below = changed[:, :, 2:8, 2:8], changed[:, :, 12:18, 12:18]
    assert (above.std(dim=(2, 3)) < 1e-6).all()
    assert (below.std(dim=(2, 3)) < 1e-6).all()
    colours = above.mean(dim=(2, 3))
    assert (colours.std(dim=0) > 0.2).all()  # another filter for each image
    half = convolution(images, seeded(), 0.5)
    torch.testing.assert_close(half, (images + changed) / 2)


@pytest.mark.parametrize("change", [shift, convolution, photometric])
def test_changes_are_pure_and_the_generator_decides_all(change) -> None:
    images = pictures()
    first, again, other = (change(images, seeded(seed)) for seed in (5, 5, 6))
    torch.testing.assert_close(images, pictures(), rtol=0, atol=0)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == images.shape
    assert 0 <= first.min() <= first.max() <= 1


def test_a_weak_photometric_change_is_a_small_one() -> None:
    images = pictures()
    weak, strong = ((photometric(images, seeded(), s) - images).abs().mean() for s in (0.2, 1.0))
    assert 0 < weak < 0.4 * strong


def test_target_clean_leaves_the_target_alone_and_shows_the_critic_more() -> None:
    now, then = pictures(), pictures().flip(0)
    augment = ImageAugmenter((ImageAugmentation("photometric", target="clean"),))
    views = augment(now, then, None, seeded())
    assert views.now is now
    assert views.then is then
    assert views.changed is not None
    assert not torch.equal(views.changed, now)


def test_target_changed_changes_observations_and_successors_apart() -> None:
    now = pictures()
    views = ImageAugmenter((ImageAugmentation("shift"),))(now, now, None, seeded())
    assert views.changed is None
    assert not torch.equal(views.now, now)
    assert not torch.equal(views.now, views.then)


def test_strong_changes_come_on_top_of_weak_ones() -> None:
    now = pictures()
    both = (ImageAugmentation("shift"), ImageAugmentation("convolution", target="clean"))
    views = ImageAugmenter(both)(now, now, None, seeded())
    generator = seeded()
    shifted = shift(now, generator)
    shift(now, generator)
    assert torch.equal(views.now, shifted)
    assert views.changed is not None
    assert torch.equal(views.changed, convolution(shifted, generator))


def test_rerender_takes_the_counterfactual() -> None:
    now, other = pictures(), pictures().flip(2)
    rerender = ImageAugmentation("rerender", target="clean")
    assert ImageAugmenter((rerender,)).rerenders
    views = ImageAugmenter((rerender,))(now, now, other, seeded())
    assert views.now is now
    assert views.changed is other


def test_a_share_of_the_samples_is_rendered_again() -> None:
    now, other = torch.zeros(400, 3, 2, 2), torch.ones(400, 3, 2, 2)
    some = ImageAugmenter((ImageAugmentation("rerender", 0.25, "clean"),))
    changed = some(now, now, other, seeded()).changed
    assert changed is not None
    shares = changed.mean(dim=(1, 2, 3))
    assert set(shares.tolist()) == {0.0, 1.0}
    assert 0.15 < float(shares.mean()) < 0.35
    assert torch.equal(some.counterpart(now, other, seeded()), changed)


def test_strengths_rise_during_the_training() -> None:
    rising = tuple(ImageAugmentation(kind, rise=0.5) for kind in ("shift", "photometric", "convolution"))
    assert [rising[0].amount_at(progress) for progress in (0, 0.25, 0.5, 1)] == [0, 2, 4, 4]
    now, other = pictures(), pictures().flip(2)
    for change in rising:
        augment = ImageAugmenter((change,))
        assert torch.equal(augment(now, now, None, seeded(), 0.0).now, now)
        half = (augment(now, now, None, seeded(), 0.25).now - now).abs().mean()
        whole = (augment(now, now, None, seeded()).now - now).abs().mean()
        assert 0 < half < whole
    rerender = ImageAugmenter((ImageAugmentation("rerender", target="clean", rise=0.5),))
    views = [rerender(now, now, other, seeded(), progress).changed for progress in (0.0, 0.5)]
    assert views[0] is not None
    assert torch.equal(views[0], now)
    assert views[1] is other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("blur",), "unknown image augmentation kind 'blur'; allowed: shift, photometric"),
        (("shift", 2.5), r"strength=2.5 of 'shift' must be a whole number of pixels"),
        (("photometric", 0), r"strength=0 of 'photometric' must be above 0"),
        (("convolution", 2), r"strength=2 of 'convolution' is a share"),
        (("shift", 4, "clear"), "unknown target 'clear'.*Did you mean 'clean'"),
        (("rerender",), "write target: clean"),
        (("rerender", 2, "clean"), "strength=2 of 'rerender' is a share, at most 1"),
        (("rerender", 1, "clean", 0.0, 1.5), r"rise=1.5 must be in \[0, 1\]"),
    ],
)
def test_what_an_image_augmentation_may_be(arguments: tuple, message: str) -> None:
    with pytest.raises(SimfactorError, match=message):
        ImageAugmentation(*arguments)


def test_there_is_one_counterfactual_only() -> None:
    rerender = ImageAugmentation("rerender", target="clean")
    with pytest.raises(SimfactorError, match="rerender is named twice"):
        ImageAugmenter((rerender, rerender))
    assert np.isclose(ImageAugmentation("shift").amount, 4)
