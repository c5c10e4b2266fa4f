"""What the network is fed: frames of every item, or what its frozen lower blocks make of them, kept in memory."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from dsaudit.media.audio.network.augment import augmented
from dsaudit.media.audio.network.convolutions import MARGIN, N_BANDS, Convolutions
from dsaudit.media.audio.network.speech import HOP, WINDOW
from dsaudit.model.batches import ordered_batches, partners
from dsaudit.model.device import CPU, n_workers, one_thread_each
from dsaudit.model.tunable import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from dsaudit.media.audio.network.speech import LogMel
    from dsaudit.media.audio.recipe import AudioRecipe
    from dsaudit.model.network import Network
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Batch

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
class Frames:
    """Input of block ``start`` of every item and of its augmented views, in one tensor; see ``dsaudit.model.tunable``.

    Attributes
    ----------
    rows : float16 tensor (total steps, bands, channels)
        One after the other; of block 0 the frames (total frames, bands, 1).
    begin, steps : int64 arrays (1 + n views, n)
        Where each item's rows lie; row 0 is the item as it is.
    pooled : float32 tensor (1 + n views, n, d)
        Features of the blocks below.
    start : int
    notes : tuple of str
    """

    rows: torch.Tensor
    begin: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    pooled: torch.Tensor
    start: int
    notes: tuple[str, ...] = ()

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Steps of each item as it is, int64 (n,)."""
        own: npt.NDArray[np.int64] = self.steps[0]
        return own

    @property
    def n_views(self) -> int:
        """Augmented views beside the item itself."""
        return len(self.begin) - 1

    def take(self, items: npt.NDArray[np.int64]) -> Frames:
        """Of these items alone, in this order."""
        return replace(self, begin=self.begin[:, items], steps=self.steps[:, items], pooled=self.pooled[:, items])

    def batch(
        self, items: npt.NDArray[np.int64], *, device: torch.device, views: npt.NDArray[np.int64] | int = 0
    ) -> Batch:
        """Input (n, channels, time, bands) of block ``start``, or frames (n, time, bands), own steps, features, start.

        Behind an item's own steps its last one is repeated.
        """
        begin, steps = self.begin[views, items], self.steps[views, items]
        where = begin[:, None] + np.minimum(np.arange(steps.max())[None], steps[:, None] - 1)
        here = self.rows.device
        hidden = self.rows[torch.from_numpy(where).to(here)].float()
        pooled = self.pooled[torch.as_tensor(views), torch.from_numpy(items)]
        hidden = hidden[..., 0] if self.start == 0 else hidden.permute(0, 3, 1, 2)
        parts = (part.to(device, non_blocking=True) for part in (hidden, torch.from_numpy(steps), pooled))
        return (*parts, self.start)

    def drawn(
        self, items: npt.NDArray[np.int64], recipe: Recipe, rng: np.random.Generator, *, device: torch.device
    ) -> Drawn:
        """A view of each item, or where none was made ahead a fresh one; mixed with that of another."""
        views = rng.integers(0, self.n_views + 1, len(items))
        hidden, steps, pooled, start = self.batch(items, device=device, views=views)
        if start == 0 and recipe.views:
            hidden = augmented(hidden, steps, cast("AudioRecipe", recipe), rng, margin=MARGIN)
        share, partner = partners(rng, len(items), strength=recipe.mixup)
        if share < 1.0:
            other = torch.from_numpy(partner).to(device)
            hidden = hidden.lerp(hidden[other], 1.0 - share)
            pooled = pooled.lerp(pooled[other], 1.0 - share)
            steps = torch.maximum(steps, steps[other])
        return Drawn((hidden, steps, pooled, start), share, partner)

    def to(self, device: torch.device) -> Frames:
        """The same on a device, where it fits beside the network; else as it is."""
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            if self.rows.nbytes > free // 2:
                return self
        return replace(self, rows=self.rows.to(device), pooled=self.pooled.to(device))

    def ahead(self, network: Network, recipe: Recipe, *, seed: int, device: torch.device) -> Frames:
        """The output of the blocks that the recipe leaves frozen, for every item and its augmented views.

        Where it would take more than 3 GiB even without views, the frames are returned as they are.
        """
        body = network.body
        assert isinstance(body, Convolutions)
        stop = body.first_tuned(recipe.layers)
        if not stop or not body.pretrained:
            return self
        steps = torch.from_numpy(self.steps[0])
        for block in body.blocks[:stop]:
            steps = block.n_steps(steps)
        with torch.inference_mode():
            sample, _, features = body.lower(torch.zeros(1, 200, N_BANDS), torch.tensor([200]), stop=stop)
        _, channels, _, bands = sample.shape
        n_bytes = 2 * channels * bands * int(steps.sum()) + 4 * features.shape[1] * len(steps)
        if n_bytes > MAX_BYTES:
            return self
        n_views = max(min(recipe.views, MAX_BYTES // max(n_bytes, 1) - 1), 0)
        own = np.tile(steps.numpy(), (n_views + 1, 1))
        begin = (np.cumsum(own) - own.ravel()).reshape(own.shape)
        kept = torch.empty(int(own.sum()), bands, channels, dtype=torch.float16)
        pooled = torch.empty(n_views + 1, own.shape[1], features.shape[1])
        body = copy.deepcopy(body).to(device).eval()

        def run(job: tuple[int, npt.NDArray[np.int64]]) -> None:
            view, items = job
            with torch.inference_mode():
                hidden, n_frames, *_ = self.batch(items, device=device)
                if view:
                    rng = np.random.default_rng([seed, view, int(items[0])])
                    hidden = augmented(hidden, n_frames, cast("AudioRecipe", recipe), rng, margin=MARGIN)
                out, _, features = body.lower(hidden, n_frames, stop=stop)
                pooled[view, torch.from_numpy(items)] = features.cpu()
                for item, row in zip(items.tolist(), out.permute(0, 2, 3, 1).half().cpu(), strict=True):
                    kept[begin[view, item] : begin[view, item] + own[view, item]] = row[: own[view, item]]

        batches = [
            (view, rows)
            for view in range(n_views + 1)
            for rows in ordered_batches(self.steps[0], np.arange(own.shape[1]), batch_size=32, most=_BATCH_FRAMES)
        ]
        with one_thread_each(), ThreadPoolExecutor(n_workers(device)) as pool:
            list(pool.map(run, batches))
        return Frames(kept, begin, own, pooled, stop, self.notes)


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
) -> Frames:
    """Log-mel frames of recordings, of the first ``cut_s`` of each; what cannot be read has no step.

    ``read`` gives the waveform of a path, float32 (samples,), mono at 16 kHz, full scale = 1.
    """
    mel = copy.deepcopy(mel).to(device)
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
    with one_thread_each(), ThreadPoolExecutor(max(n_workers(CPU), 2)) as pool:
        for made in pool.map(frames, uris):
            found.append(made)
            tick(1)
    steps = np.array([len(f) for f in found], dtype=np.int64)[None]
    begin = np.cumsum(steps, axis=1) - steps
    rows = torch.empty(int(steps.sum()), N_BANDS, 1, dtype=torch.float16)
    for k, first in enumerate(begin[0].tolist()):  # freed one by one, so that they are never there twice
        own, found[k] = found[k], rows[:0]
        rows[first : first + len(own)] = own
    notes: tuple[str, ...] = ()
    seconds = cut_s(len(uris))
    if seconds < MAX_S and (n_cut := int((steps[0] >= seconds * 100 + 2 * MARGIN - 4).sum())):
        notes = (f"of {n_cut} longer items the first {seconds:.1f} s were trained on: memory would not do for more",)
    return Frames(rows, begin, steps, torch.zeros(1, len(found), 0), 0, notes)
