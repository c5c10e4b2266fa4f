"""What the network is fed: squares of every picture, or what its frozen lower blocks make of them, kept in memory."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from dsaudit.media.image.network.augment import augmented, mixed
from dsaudit.media.image.network.efficientnet import EfficientNet
from dsaudit.media.image.network.square import normalised, squared
from dsaudit.model.device import CPU, n_workers, one_thread_each
from dsaudit.model.tunable import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.image.recipe import ImageRecipe
    from dsaudit.model.network import Network
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Batch

MAX_BYTES = 3 * 2**30
"""Most that the output of frozen blocks may take; where it would be more, fewer views or the squares alone are kept."""

MAX_SQUARE_BYTES = 6 * 2**30
"""Most that the squares of all pictures may take: 40,000 of 224 px do; of more, smaller ones are kept."""

_LEAST_PX, _STEP_PX = 64, 32
_STEPS, _STEPS_AHEAD = 1_000, 50
"""What a picture counts in a batch, see ``dsaudit.model.tunable.Inputs.lengths``: 20 at once on a CPU, or 400."""
_BATCH = {"cpu": 8, "mps": 64, "cuda": 256}
"""Pictures that the lower blocks run on at once."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Input of block ``start`` of every picture and of its changed views; see ``dsaudit.model.tunable``.

    Attributes
    ----------
    rows : uint8 tensor (1, m, px, px, 3), or float16 tensor (1 + n views, m, height, width, channels)
        Of block 0 the squares; view 0 is the picture as it is.
    place : int64 array (n,)
        Where each picture's rows lie, -1 for one that cannot be read.
    start : int
    notes : tuple of str
    """

    rows: torch.Tensor
    place: npt.NDArray[np.int64]
    start: int = 0
    notes: tuple[str, ...] = ()

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """What each picture counts in a batch, int64 (n,); 0 for one that cannot be read."""
        return np.where(self.place >= 0, _STEPS_AHEAD if self.start else _STEPS, 0).astype(np.int64)

    def take(self, items: npt.NDArray[np.int64]) -> Pixels:
        """Of these pictures alone, in this order."""
        return replace(self, place=self.place[items])

    def batch(
        self, items: npt.NDArray[np.int64], *, device: torch.device, views: npt.NDArray[np.int64] | int = 0
    ) -> Batch:
        """Input (n, channels, height, width) of block ``start``, channels last in memory, and ``start``."""
        here = self.rows.device
        chosen = self.rows[torch.as_tensor(views, device=here), torch.from_numpy(self.place[items]).to(here)].to(device)
        hidden = normalised(chosen) if self.start == 0 else chosen.float().permute(0, 3, 1, 2)
        return hidden, self.start

    def drawn(
        self, items: npt.NDArray[np.int64], recipe: Recipe, rng: np.random.Generator, *, device: torch.device
    ) -> Drawn:
        """A view of each picture, or where none was made ahead a fresh one; mixed with that of another."""
        asked = cast("ImageRecipe", recipe)
        views = rng.integers(0, len(self.rows), len(items))
        hidden, start = self.batch(items, device=device, views=views)
        if start == 0 and recipe.views:
            hidden = augmented(hidden, asked, rng)
        hidden, share, partner = mixed(hidden, asked, rng)
        return Drawn((hidden, start), share, partner)

    def to(self, device: torch.device) -> Pixels:
        """The same on a device, where it fits beside the network; else as it is."""
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            if self.rows.nbytes > free // 2:
                return self
        return replace(self, rows=self.rows.to(device))

    def ahead(self, network: Network, recipe: Recipe, *, seed: int, device: torch.device) -> Pixels:
        """The output of the blocks that the recipe leaves frozen, for every picture and its changed views.

        Where it would take more than 3 GiB even without views, the squares are returned as they are.
        """
        body = network.body
        assert isinstance(body, EfficientNet)
        stop = body.first_tuned(recipe.layers)
        if not stop or not body.pretrained:
            return self
        n = len(self.place)
        with torch.inference_mode():
            _, channels, height, width = body.lower(torch.zeros(1, 3, *self.rows.shape[2:4]), stop=stop).shape
        n_bytes = 2 * channels * height * width * n
        if n_bytes > MAX_BYTES:
            return self
        n_views = max(min(recipe.views, MAX_BYTES // max(n_bytes, 1) - 1), 0)
        kept = torch.empty(n_views + 1, n, height, width, channels, dtype=torch.float16)
        body = copy.deepcopy(body).to(device).eval()

        size = _BATCH[device.type]

        def run(job: tuple[int, int]) -> None:
            view, begin = job
            items = np.arange(begin, min(begin + size, n))
            with torch.inference_mode():
                hidden, _ = self.batch(items, device=device)
                if view:
                    hidden = augmented(hidden, cast("ImageRecipe", recipe), np.random.default_rng([seed, view, begin]))
                kept[view, begin : begin + len(items)] = body.lower(hidden, stop=stop).permute(0, 2, 3, 1).half().cpu()

        jobs = [(view, begin) for view in range(n_views + 1) for begin in range(0, n, size)]
        with one_thread_each(), ThreadPoolExecutor(n_workers(device)) as pool:
            list(pool.map(run, jobs))
        return Pixels(kept, np.arange(n), stop, self.notes)


def side_px(n_items: int, most: int) -> int:
    """Side of the squares that so many pictures are trained on and judged by: at most ``most``, at least 64 px."""
    fits = int((MAX_SQUARE_BYTES / (3 * max(n_items, 1))) ** 0.5) // _STEP_PX * _STEP_PX
    return min(max(fits, _LEAST_PX), most)


def pixels_of(
    uris: Sequence[str],
    read: Callable[[Path], Picture],
    *,
    px: int,
    device: torch.device,
    tick: Callable[[int], None] = lambda n: None,
) -> Pixels:
    """Squares of pictures, see ``squared``, of at most ``px``.

    ``read`` gives the picture of a path, ``PIL.Image`` in RGB.
    """
    side = side_px(len(uris), px)
    rows = torch.zeros(1, len(uris), side, side, 3, dtype=torch.uint8)
    place = np.arange(len(uris))

    def take(k: int) -> None:
        try:
            rows[0, k] = torch.from_numpy(squared(read(Path(uris[k])), side).copy())
        except Exception:  # one broken item never stops a run; measuring has told what is wrong with it
            place[k] = -1

    with ThreadPoolExecutor(max(n_workers(CPU), 2)) as pool:
        for _ in pool.map(take, range(len(uris))):
            tick(1)
    notes = (
        () if side == px else (f"pictures were trained on at {side} px instead of {px}: memory would not do for more",)
    )
    return Pixels(rows, place, notes=notes)
