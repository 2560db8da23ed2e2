import sys

import numpy as np
import onnxruntime
import pytest
from dots import SPACE, draw

from simfactor.encoders import FactorEncoder
from simfactor.encoders import onnx as exporting
from simfactor.errors import SimfactorError


def test_onnx_runtime_gives_the_latents_of_torch_for_any_number_of_images(trained, tmp_path):
    path = tmp_path / "new" / "encoder.onnx"
    assert trained.export_onnx(path) < 1e-4
    session = onnxruntime.InferenceSession(str(path))
    for count in (1, 7):
        images = draw(SPACE.sample(count, seed=8))
        (latents,) = session.run(None, {"images": images})
        assert latents.shape == (count, trained.layout.size)
        np.testing.assert_allclose(latents, trained.encode(images), atol=1e-4)
    assert [file.name for file in path.parent.iterdir()] == ["encoder.onnx"]


def test_a_file_that_differs_is_not_kept(tmp_path):
    class Restless(FactorEncoder):
        """Its NumPy side answers otherwise than its tensors."""

        def encode(self, images):
            return super().encode(images) + 1.0

    encoder = Restless(SPACE, 64, "beta_vae", network="conv64")
    with pytest.raises(SimfactorError, match=r"differ from torch's by 1, more than .* no file was written"):
        exporting.export_onnx(encoder, tmp_path / "encoder.onnx")
    assert not list(tmp_path.iterdir())


def test_the_extra_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    encoder = FactorEncoder(SPACE, 64, "beta_vae", network="conv64")
    with pytest.raises(SimfactorError, match=r"onnxscript.*pip install 'simfactor\[onnx\]'"):
        encoder.export_onnx(tmp_path / "encoder.onnx")
