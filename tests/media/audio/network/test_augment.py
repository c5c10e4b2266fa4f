"""Augmentation of log-mel frames: what changes, and what does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dsaudit.media.audio.network.augment import augmented
from dsaudit.media.audio.recipe import AudioRecipe

MARGIN = 40
NOTHING = AudioRecipe(time_masks=0, band_masks=0, shift_s=0, gain_db=0)


def ramp(n=6, own=100):
    """Frames whose value is their own number, with silence of -1 around them."""
    frames = torch.full((n, own + 2 * MARGIN + 25, 32), -1.0)
    frames[:, MARGIN : MARGIN + own] = torch.arange(own)[None, :, None].float()
    return frames, torch.full((n,), own + 2 * MARGIN)


def test_nothing_asked_nothing_changed():
    frames, n_frames = ramp()
    out = augmented(frames, n_frames, NOTHING, np.random.default_rng(0), margin=MARGIN)
    assert torch.equal(out[:, : n_frames[0]], frames[:, : n_frames[0]])


def test_shift_moves_an_item_within_its_margins():
    frames, n_frames = ramp(n=200)
    out = augmented(frames, n_frames, replace(NOTHING, shift_s=0.2), np.random.default_rng(0), margin=MARGIN)
    begins = (out[:, :, 0] > 0).float().argmax(1) - 1 - MARGIN
    assert begins.min() == -20
    assert begins.max() == 20
    assert ((out[:, :180] >= 0).sum((1, 2)) == 100 * 32).all()  # nothing of it is lost


def test_gain_is_the_same_everywhere_and_within_its_bounds():
    frames, n_frames = ramp(n=100)
    out = augmented(frames, n_frames, replace(NOTHING, gain_db=6), np.random.default_rng(0), margin=MARGIN)
    gain = (out - frames)[:, :180].flatten(1)
    assert torch.allclose(gain, gain[:, :1].expand_as(gain), atol=1e-5)
    assert gain.abs().max() <= 0.6 + 1e-5
    assert gain[:, 0].std() > 0.2


@pytest.mark.parametrize(("masks", "axis"), [({"time_masks": 1}, 1), ({"band_masks": 1}, 2)])
def test_a_mask_hides_one_stretch_of_bounded_width(masks, axis):
    frames, n_frames = ramp(n=100)
    frames = frames + torch.randn(frames.shape, generator=torch.Generator().manual_seed(0)) * 0.01
    out = augmented(frames, n_frames, replace(NOTHING, **masks), np.random.default_rng(0), margin=MARGIN)
    hidden = (out != frames)[:, :180].all(3 - axis)
    widths = hidden.sum(1)
    assert widths.float().mean() > 0
    assert widths.max() <= (20 if axis == 1 else 6)
    assert (hidden[:, 1:] & ~hidden[:, :-1]).sum(1).max() <= 1  # one stretch, not several
    if axis == 1:
        assert not hidden[:, :MARGIN].any()
        assert not hidden[:, MARGIN + 100 :].any()


def test_same_draws_whatever_the_padding():
    frames, n_frames = ramp()
    recipe = AudioRecipe()
    short = augmented(frames[:, :180], n_frames, recipe, np.random.default_rng(3), margin=MARGIN)
    long = augmented(frames, n_frames, recipe, np.random.default_rng(3), margin=MARGIN)
    same = (long[:, :180] - short).abs() < 1e-4
    assert same.float().mean() > 0.7  # only what fills the masks depends on it
