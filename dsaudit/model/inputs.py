"""What the network is fed: frames of every item, or what its frozen lower blocks make of them, kept in memory."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from dsaudit.model.augment import augmented
from dsaudit.model.batches import ordered_batches
from dsaudit.model.device import n_workers, one_thread_each
from dsaudit.model.network import MARGIN, N_BANDS
from dsaudit.model.speech import HOP, WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from dsaudit.model.network import Network
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.speech import LogMel

MAX_S = 30
"""Of a longer item the first 30 s are trained on and judged; less of each where there are very many, see ``cut_s``."""

MAX_BYTES = 3 * 2**30
"""Most that the output of frozen blocks may take; where it would be more, fewer views or the frames alone are kept."""

MAX_FRAME_BYTES = 6 * 2**30
"""Most that the frames of all items may take: 6.4 kB per second of sound, and of silence, .8 s per item.

100,000 words of one second take 1.2 GB, beside what ``MAX_BYTES`` bounds.
"""

_LEAST_S = 1.0

_BATCH_FRAMES = 6_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """Input of block ``start`` of every item, in one tensor, and of its augmented views.

    Attributes
    ----------
    rows : float16 tensor (total steps, bands, channels)
        One after the other; of block 0 the frames (total frames, bands, 1).
    begin, steps : int64 arrays (1 + n views, n)
        Where each item's rows lie; row 0 is the item as it is.
    pooled : float32 tensor (1 + n views, n, d)
        Features of the blocks below.
    start : int
    """

    rows: torch.Tensor
    begin: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    pooled: torch.Tensor
    start: int

    @property
    def n_views(self) -> int:
        """Augmented views beside the item itself."""
        return len(self.begin) - 1

    def batch(
        self, items: npt.NDArray[np.int64], views: npt.NDArray[np.int64] | int = 0
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Input (n, channels, time, bands) of block ``start``, or frames (n, time, bands), own steps, and features.

        Behind an item's own steps its last one is repeated.
        """
        begin, steps = self.begin[views, items], self.steps[views, items]
        where = begin[:, None] + np.minimum(np.arange(steps.max())[None], steps[:, None] - 1)
        device = self.rows.device
        hidden = self.rows[torch.from_numpy(where).to(device)].float()
        pooled = self.pooled[torch.as_tensor(views), torch.from_numpy(items)].to(device)
        hidden = hidden[..., 0] if self.start == 0 else hidden.permute(0, 3, 1, 2)
        return hidden, torch.from_numpy(steps).to(device), pooled

    def to(self, device: torch.device) -> Inputs:
        """The same on a device, where it fits beside the network; else as it is."""
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            if self.rows.nbytes > free // 2:
                return self
        return replace(self, rows=self.rows.to(device), pooled=self.pooled.to(device))


def cut_s(n_items: int) -> float:
    """Seconds from the beginning that each of so many items is trained on and judged by: 1 to 30."""
    frames = MAX_FRAME_BYTES / (2 * N_BANDS * max(n_items, 1)) - 2 * MARGIN
    return min(max(frames / 100, _LEAST_S), float(MAX_S))


def frames_of(
    uris: Sequence[str],
    read: Callable[[Path], npt.NDArray[np.float32]],
    mel: LogMel,
    *,
    device: torch.device,
    tick: Callable[[int], None] = lambda n: None,
) -> Inputs:
    """Log-mel frames of recordings, of the first ``cut_s`` of each; what cannot be read has no step.

    ``read`` gives the waveform of a path, float32 (samples,), mono at 16 kHz, full scale = 1.
    """
    mel = mel.to(device)
    most = round(cut_s(len(uris)) * 100) * HOP

    def frames(uri: str) -> torch.Tensor:
        try:
            own = np.nan_to_num(read(Path(uri))[:most], posinf=1.0, neginf=-1.0)
        except Exception:  # one broken item never stops a run; measuring has told what is wrong with it
            return torch.zeros(0, N_BANDS, 1, dtype=torch.float16)
        margin = MARGIN * HOP
        padded = torch.from_numpy(np.pad(own, (margin, max(margin, margin + WINDOW - len(own)))))
        with torch.inference_mode():
            made: torch.Tensor = mel(padded[None].to(device))
            return made[0, :, :, None].half().cpu()

    found: list[torch.Tensor] = []
    with one_thread_each(), ThreadPoolExecutor(max(n_workers(device), 2)) as pool:
        for made in pool.map(frames, uris):
            found.append(made)
            tick(1)
    steps = np.array([len(f) for f in found], dtype=np.int64)[None]
    begin = np.cumsum(steps, axis=1) - steps
    rows = torch.empty(int(steps.sum()), N_BANDS, 1, dtype=torch.float16)
    for k, first in enumerate(begin[0].tolist()):  # freed one by one, so that they are never there twice
        own, found[k] = found[k], rows[:0]
        rows[first : first + len(own)] = own
    return Inputs(rows, begin, steps, torch.zeros(1, len(found), 0), 0)


def prepared(
    frames: Inputs,
    network: Network,
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    tick: Callable[[int], None] = lambda n: None,
) -> Inputs:
    """The output of the blocks that the recipe leaves frozen, for every item and its augmented views.

    Where it would take more than 3 GiB even without views, the frames are returned as they are.
    """
    stop = network.first_tuned(recipe.layers)
    if not stop or not network.pretrained:
        return frames
    steps = torch.from_numpy(frames.steps[0])
    for block in network.blocks[:stop]:
        steps = block.n_steps(steps)
    with torch.inference_mode():
        sample, _, features = network.lower(torch.zeros(1, 200, N_BANDS), torch.tensor([200]), stop=stop)
    _, channels, _, bands = sample.shape
    n_bytes = 2 * channels * bands * int(steps.sum()) + 4 * features.shape[1] * len(steps)
    if n_bytes > MAX_BYTES:
        return frames
    n_views = max(min(recipe.views, MAX_BYTES // max(n_bytes, 1) - 1), 0)
    own = np.tile(steps.numpy(), (n_views + 1, 1))
    begin = (np.cumsum(own) - own.ravel()).reshape(own.shape)
    kept = torch.empty(int(own.sum()), bands, channels, dtype=torch.float16)
    pooled = torch.empty(n_views + 1, own.shape[1], features.shape[1])
    network = copy.deepcopy(network).to(device).eval()

    def run(job: tuple[int, npt.NDArray[np.int64]]) -> None:
        view, items = job
        with torch.inference_mode():
            hidden, n_frames, _ = frames.batch(items)
            hidden, n_frames = hidden.to(device), n_frames.to(device)
            if view:
                rng = np.random.default_rng([seed, view, int(items[0])])
                hidden = augmented(hidden, n_frames, recipe, rng, margin=MARGIN)
            out, _, features = network.lower(hidden, n_frames, stop=stop)
            pooled[view, torch.from_numpy(items)] = features.cpu()
            for item, row in zip(items.tolist(), out.permute(0, 2, 3, 1).half().cpu(), strict=True):
                kept[begin[view, item] : begin[view, item] + own[view, item]] = row[: own[view, item]]
        tick(len(items))

    batches = [
        (view, rows)
        for view in range(n_views + 1)
        for rows in ordered_batches(frames.steps[0], np.arange(own.shape[1]), batch_size=32, most=_BATCH_FRAMES)
    ]
    with one_thread_each(), ThreadPoolExecutor(n_workers(device)) as pool:
        list(pool.map(run, batches))
    return Inputs(kept, begin, own, pooled, stop)
