import numpy as np
import torch
from dots import SPACE, draw

from simfactor.encoders.augment import photometric
from simfactor.encoders.batches import put_on_device
from simfactor.encoders.layout import LatentLayout
from simfactor.encoders.model import to_pixels

PIXELS = to_pixels(torch.from_numpy(draw(SPACE.sample(16, 3))))


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_same_seed_gives_the_same_light():
    before = PIXELS.clone()
    assert torch.equal(photometric(PIXELS, generator(1)), photometric(PIXELS, generator(1)))
    assert not torch.equal(photometric(PIXELS, generator(1)), photometric(PIXELS, generator(2)))
    assert torch.equal(PIXELS, before)


def test_range_shape_and_a_different_light_for_each_image():
    same = PIXELS[:1].repeat(16, 1, 1, 1)
    lit = photometric(same, generator(0))
    assert lit.shape == same.shape
    assert lit.min() >= 0
    assert lit.max() <= 1
    assert lit.mean(dim=(1, 2, 3)).std() > 0.03


def test_the_geometry_stays():
    rows = SPACE.sample(16, 3)
    gray = torch.full_like(PIXELS, 0.2)
    rows[:, 2] = 0  # red, which no light of the augmentation turns to grey
    pixels = to_pixels(torch.from_numpy(draw(rows)))
    seen = pixels[:, 0] > gray[:, 0] + 0.3
    lit = photometric(pixels, generator(5))
    redness = lit[:, 0] - lit[:, 1]
    inside, outside = redness[seen].mean(), redness[~seen].mean()
    assert inside > outside + 0.3


def test_half_of_a_batch_stays_as_it_was_rendered():
    rows = SPACE.sample(10, 0)
    images = draw(rows)
    data = put_on_device(images, rows, LatentLayout.for_space(SPACE), SPACE, torch.device("cpu"))
    index = torch.tensor([7, 1, 4, 2, 9])
    batch = data.batch(index, generator(0), augment=True)
    expected = to_pixels(torch.from_numpy(images))[index]
    assert batch.clean == 3
    assert torch.equal(batch.pixels[:3], expected[:3])
    assert not torch.equal(batch.pixels[3:], expected[3:])
    assert data.batch(index, generator(0)).clean == 5


def test_pairs_stay_as_they_were_and_some_are_shown_again_in_another_light():
    before = SPACE.sample(6, 0)
    rows = np.stack([before, SPACE.intervene(before, ["hue"], seed=1)], axis=1)
    images = np.stack([draw(rows[:, 0]), draw(rows[:, 1])], axis=1)
    layout = LatentLayout.for_space(SPACE)
    data = put_on_device(images, rows, layout, SPACE, torch.device("cpu"), pairs="changes")
    index = torch.tensor([4, 0, 5])
    batch = data.batch(index, generator(0), augment=True)
    assert batch.clean == 6
    assert batch.changed.tolist() == [[False, False, True, False]] * 3
    for part, seen in enumerate(batch.pixels[:6].split(3)):
        assert torch.equal(seen, to_pixels(torch.from_numpy(images[index, part])))
    assert len(batch.pixels) == len(batch.known) == 8
    assert torch.equal(batch.codes[6:], batch.codes[[0, 2]])
    assert not torch.equal(batch.pixels[6:], batch.pixels[[0, 2]])


def test_noise_is_seen_but_not_to_be_shown():
    rows = SPACE.sample(4, 0)
    data = put_on_device(draw(rows), rows, LatentLayout.for_space(SPACE), SPACE, torch.device("cpu"))
    batch = data.batch(torch.arange(4), generator(0), noise=0.1)
    error = batch.pixels - batch.targets
    assert torch.equal(batch.targets, to_pixels(torch.from_numpy(draw(rows))))
    assert 0.05 < error.std() < 0.1  # clipped where pixels are near 0 and 1
