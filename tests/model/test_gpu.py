"""What a GPU computes: what a CPU would, and the same each time. Runs where there is one."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from dsaudit.media.audio.network.encoders import LogMelEncoder, SpeechEncoder
from dsaudit.media.audio.recipe import AudioRecipe
from dsaudit.media.image.network.encoders import Lite0Encoder
from dsaudit.model.crossfit import cross_fit
from model.make_inputs import material

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
RECIPE = AudioRecipe(epochs=3, batch_size=8, layers=5, layer_decay=1.0, unfreeze_epochs=0, learning_rate=3e-3)


@pytest.mark.parametrize("encoder", [SpeechEncoder, LogMelEncoder, Lite0Encoder])
def test_vectors_are_those_of_a_cpu(encoder):
    rng = np.random.default_rng(0)
    if encoder is Lite0Encoder:
        items = [Image.fromarray(rng.integers(0, 256, (60 + k, 90, 3), dtype=np.uint8)) for k in range(9)]
    else:
        items = [rng.normal(0, 0.1, 9_000 + 800 * k).astype(np.float32) for k in range(9)]
    own, gpu = encoder(device="cpu").encode(items), encoder(device="cuda")
    assert np.abs(gpu.encode(items) - own).max() < 1e-4 * max(np.abs(own).max(), 1.0)
    assert np.array_equal(gpu.encode(items), gpu.encode(items))


def test_training_gives_the_same_bytes_each_time():
    made, folds = material()
    one, other = (cross_fit(made, folds, RECIPE, device="cuda").predictions for _ in range(2))
    assert one.pred_probs.tobytes() == other.pred_probs.tobytes()
    own = cross_fit(made, folds, RECIPE, device="cpu").predictions
    assert (one.pred_probs.argmax(1) == own.pred_probs.argmax(1)).mean() > 0.7
