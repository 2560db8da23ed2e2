import pytest
import torch

from simfactor.encoders.networks import NETWORKS, conv64
from simfactor.encoders.networks.keypoints import (
    attention,
    cell_positions,
    with_chromaticity,
)
from simfactor.errors import SimfactorError


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_shapes(network, size):
    pixels = torch.rand(2, 3, size, size)
    assert network.encoder(size, 5)(pixels).shape == (2, 5)
    assert network.decoder(size, 7)(torch.rand(2, 7)).shape == pixels.shape


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_size_without_a_network_names_those_with_one(network):
    for half in network:
        with pytest.raises(SimfactorError, match=r"no network for 96 x 96 images; allowed: 64, 128\. Render"):
            half(96, 5)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_no_layer_depends_on_the_mode_or_the_rest_of_the_batch(network):
    encoder, pixels = network.encoder(64, 3), torch.rand(4, 3, 64, 64)
    whole = encoder.train()(pixels)
    assert torch.equal(whole, encoder.eval()(pixels))
    assert torch.allclose(whole[:1], encoder(pixels[:1]), atol=1e-6)


def test_the_classic_network_has_the_published_size():
    def count(module: torch.nn.Module) -> int:
        return sum(weight.numel() for weight in module.parameters())

    convolutions = (3 * 32 + 32 * 32 + 32 * 64 + 64 * 64) * 16
    dense = 1024 * 256 + 256
    assert count(conv64.Encoder(64, 20)) == convolutions + 32 + 32 + 64 + 64 + dense + 257 * 20
    assert count(conv64.Decoder(64, 10)) == convolutions + 64 + 32 + 32 + 3 + 11 * 256 + 257 * 1024


def test_cells_are_x_then_y():
    assert cell_positions(2).tolist() == [[-1, -1], [1, -1], [-1, 1], [1, 1]]


def test_attention_finds_the_brightest_cell():
    images = torch.zeros(2, 3, 4, 4)
    images[0, 1, 2, 3] = images[1, 0, 0, 1] = 1
    where = attention(images, torch.full((1, 3, 1, 1), 50.0))
    assert where.shape == (2, 16, 1)
    assert where.sum(dim=1).flatten().tolist() == pytest.approx([1, 1])
    x, y = (cell_positions(4).T @ where)[:, :, 0].T
    assert x.tolist() == pytest.approx([1, -1 / 3])
    assert y.tolist() == pytest.approx([1 / 3, -1])


def test_chromaticity_forgets_the_exposure():
    pixels = 0.3 + 0.3 * torch.rand(1, 3, 4, 4)
    bright, dark = with_chromaticity(1.5 * pixels), with_chromaticity(pixels)
    assert (bright[:, 3:] - dark[:, 3:]).abs().max() < 0.1
    assert (bright[:, :3] - dark[:, :3]).abs().min() > 0.1


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_every_weight_learns(network):
    encoder, decoder = network.encoder(64, 4), network.decoder(64, 4)
    decoder(encoder(torch.rand(3, 3, 64, 64))).square().mean().backward()
    for name, weight in [*encoder.named_parameters(), *decoder.named_parameters()]:
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name
