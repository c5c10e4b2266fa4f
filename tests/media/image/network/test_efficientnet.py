"""The network against the package that its weights are published for, and against itself as ONNX."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch

from dsaudit.errors import MissingExtraError
from dsaudit.media.image.encoders import LITE0
from dsaudit.media.image.network.efficientnet import EfficientNet, load_lite0


@pytest.fixture(scope="module")
def body() -> EfficientNet:
    return load_lite0(LITE0)


def noise(px: int, n: int = 1, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 3, px, px, generator=torch.Generator().manual_seed(seed))


def test_the_same_as_the_published_model(body):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        package = pytest.importorskip("efficientnet_lite_pytorch")
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = package.EfficientNet.from_name("efficientnet-lite0")
    theirs.load_state_dict(torch.load(LITE0.paths()[0], weights_only=True))
    with torch.inference_mode():
        wanted = theirs.eval().extract_features(noise(224)).mean((2, 3))
        assert wanted.std() > 0.1
        assert (body(noise(224)) - wanted).abs().max() < 1e-4


@pytest.mark.parametrize("px", [1, 33, 97, 224])
def test_onnx_is_the_same_network_at_any_size(body, px):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(body.as_onnx().SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(None, {"x": noise(px, 2).numpy()})[0].reshape(2, -1)
    with torch.inference_mode():
        assert np.abs(found - body(noise(px, 2)).numpy()).max() < 1e-4


def test_its_shape_makes_the_same_network(body):
    again = EfficientNet.of(body.shape)
    again.load_state_dict(body.state_dict())
    with torch.inference_mode():
        assert torch.equal(again.eval()(noise(64)), body(noise(64)))
    assert (again.pretrained, again.px, again.n_features) == (True, 224, 1280)


def test_blocks_may_run_in_two_parts(body):
    with torch.inference_mode():
        for layers in range(6):
            stop = body.first_tuned(layers)
            assert torch.equal(body(body.lower(noise(64), stop=stop), stop), body(noise(64)))
    assert (body.first_tuned(0), body.first_tuned(5)) == (len(body.blocks), 0)


def test_every_weight_is_in_one_group(body):
    grouped = [id(p) for group in body.groups() for p in group]
    assert len(body.groups()) == 5
    assert sorted(grouped) == sorted(id(p) for p in body.parameters())


def test_weights_that_are_not_there_are_one_clear_error():
    with pytest.raises(MissingExtraError, match="efficientnet-lite0 cannot be loaded: absent is not installed"):
        load_lite0(replace(LITE0, package="absent"))
