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
