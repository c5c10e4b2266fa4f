"""Changes to log-mel frames that leave the label as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    import numpy as np

    from dsaudit.media.audio.recipe import AudioRecipe

FRAMES_PER_S = 100
_BAND_SHARE, _TIME_SHARE = 0.16, 0.2
"""Most of the bands, and of the item's frames, that one mask hides."""


def augmented(
    frames: torch.Tensor, n_frames: torch.Tensor, recipe: AudioRecipe, rng: np.random.Generator, *, margin: int
) -> torch.Tensor:
    """Moved in time, made louder or quieter, and with parts hidden (SpecAugment, Park et al. 2019).

    Parameters
    ----------
    frames : float32 tensor (n, T, bands)
        Log-mel frames; a step of 1 is 10 dB. Not changed.
    n_frames : int64 tensor (n,)
        Frames of each item, with ``margin`` frames of silence on either side; what lies behind is padding.
    rng : Generator
        Draws everything, item by item, so that an item's change does not depend on its length.
    """
    n, longest, bands = frames.shape
    most = min(round(recipe.shift_s * FRAMES_PER_S), margin)
    shift = rng.integers(-most, most + 1, n)
    gain = rng.uniform(-recipe.gain_db, recipe.gain_db, n) / 10.0
    draws = rng.random((n, recipe.time_masks + recipe.band_masks, 2))
    time = torch.arange(longest, device=frames.device)
    known = n_frames.to(frames.device)
    where = time[None] - torch.as_tensor(shift, device=frames.device)[:, None]
    where = torch.minimum(where.clamp_min(0), (known - 1)[:, None])  # the margin's silence fills what moved away
    out = frames.gather(1, where[:, :, None].expand(-1, -1, bands))
    out = out + torch.as_tensor(gain, dtype=frames.dtype, device=frames.device)[:, None, None]
    fill = out.mean((1, 2), keepdim=True)
    own = (known - 2 * margin).clamp_min(1)
    hidden = torch.zeros_like(out, dtype=torch.bool)
    drawn = torch.as_tensor(draws, dtype=torch.float32, device=frames.device)
    for k in range(recipe.time_masks):
        width = (drawn[:, k, 0] * _TIME_SHARE * own).floor()
        begin = margin + (drawn[:, k, 1] * (own - width)).floor()
        hidden |= ((time >= begin[:, None]) & (time < (begin + width)[:, None]))[:, :, None]
    band = torch.arange(bands, device=frames.device)
    for k in range(recipe.time_masks, recipe.time_masks + recipe.band_masks):
        width = (drawn[:, k, 0] * (_BAND_SHARE * bands + 1)).floor()
        begin = (drawn[:, k, 1] * (bands - width + 1)).floor()
        hidden |= ((band >= begin[:, None]) & (band < (begin + width)[:, None]))[:, None, :]
    return torch.where(hidden, fill, out)
