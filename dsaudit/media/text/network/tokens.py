"""What the network is fed: numbers of pieces of every text, or what its frozen lower layers make of them."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from dsaudit.media.text.network.bert import Bert
from dsaudit.media.text.network.wordpiece import PAD, pieces
from dsaudit.model.batches import ordered_batches, partners
from dsaudit.model.device import n_workers, one_thread_each
from dsaudit.model.tunable import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from dsaudit.media.text.recipe import TextRecipe
    from dsaudit.model.network import Network
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Batch

MAX_BYTES = 3 * 2**30
"""Most that the output of frozen layers may take; where it would be more, the numbers of pieces alone are kept."""

_BATCH, _BATCH_PIECES = 32, 4_096


@dataclass(frozen=True, slots=True)
class Tokens:
    """Input of layer ``start`` of every text, one after the other; see ``dsaudit.model.tunable``.

    Attributes
    ----------
    rows : int32 tensor (all pieces,), or float16 tensor (all pieces, width)
        Of layer 0 the numbers of pieces.
    begin, steps : int64 arrays (n,)
        Where each text's rows lie; no step for one that cannot be read.
    start : int
    notes : tuple of str
    """

    rows: torch.Tensor
    begin: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    start: int = 0
    notes: tuple[str, ...] = ()

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Pieces of each text, int64 (n,)."""
        return self.steps

    def take(self, items: npt.NDArray[np.int64]) -> Tokens:
        """Of these texts alone, in this order."""
        return replace(self, begin=self.begin[items], steps=self.steps[items])

    def batch(self, items: npt.NDArray[np.int64], *, device: torch.device) -> Batch:
        """Input (n, pieces) or (n, pieces, width) of layer ``start``, which of it is a text's own, and ``start``."""
        begin, steps = self.begin[items], self.steps[items]
        place = np.arange(steps.max())[None]
        seen = place < steps[:, None]
        where = torch.from_numpy(np.where(seen, begin[:, None] + place, 0)).to(self.rows.device)
        hidden, mask = self.rows[where].to(device), torch.from_numpy(seen).to(device)
        hidden = hidden.float() if self.start else hidden.long().masked_fill(~mask, PAD)
        return hidden, mask, self.start

    def drawn(
        self, items: npt.NDArray[np.int64], recipe: Recipe, rng: np.random.Generator, *, device: torch.device
    ) -> Drawn:
        """With some pieces left out, but never the first, and mixed with another text."""
        hidden, seen, start = self.batch(items, device=device)
        left_out = rng.random(seen.shape) < cast("TextRecipe", recipe).word_dropout
        left_out[:, 0] = False
        seen &= ~torch.from_numpy(left_out).to(device)
        share, partner = partners(rng, len(items), strength=recipe.mixup)
        if share == 1.0:
            return Drawn((hidden, seen, start), share, partner)
        return Drawn((hidden, seen, start, torch.from_numpy(partner).to(device), share), share, partner)

    def to(self, device: torch.device) -> Tokens:
        """The same on a device, where it fits beside the network; else as it is."""
        if device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(device)
            if self.rows.nbytes > free // 2:
                return self
        return replace(self, rows=self.rows.to(device))

    def ahead(self, network: Network, recipe: Recipe, *, seed: int, device: torch.device) -> Tokens:
        """The output of the layers that the recipe leaves frozen; where it would take over 3 GiB, all is as it was."""
        body = network.body
        assert isinstance(body, Bert)
        stop = body.first_tuned(recipe.layers)
        total = int(self.steps.sum())
        if not stop or not body.pretrained or 2 * body.width * total > MAX_BYTES:
            return self
        begin = np.cumsum(self.steps) - self.steps
        kept = torch.empty(total, body.width, dtype=torch.float16)
        body = copy.deepcopy(body).to(device).eval()

        def run(items: npt.NDArray[np.int64]) -> None:
            with torch.inference_mode():
                numbers, seen, _ = self.batch(items, device=device)
                hidden = body.lower(numbers, seen, stop=stop).half().cpu()
            for item, row in zip(items.tolist(), hidden, strict=True):
                kept[begin[item] : begin[item] + self.steps[item]] = row[: self.steps[item]]

        readable = np.flatnonzero(self.steps > 0)
        batches = ordered_batches(self.steps, readable, batch_size=_BATCH, most=_BATCH_PIECES)
        with one_thread_each(), ThreadPoolExecutor(n_workers(device)) as pool:
            list(pool.map(run, batches))
        return Tokens(kept, begin, self.steps, stop, self.notes)


def tokens_of(
    uris: Sequence[str],
    read: Callable[[Path], str],
    *,
    device: torch.device,
    tick: Callable[[int], None] = lambda n: None,
) -> Tokens:
    """Numbers of the pieces of texts, see ``wordpiece.pieces``; what cannot be read has none."""
    found: list[list[int]] = []
    for uri in uris:
        try:
            found.append(pieces(read(Path(uri))))
        except Exception:  # one broken item never stops a run; measuring has told what is wrong with it
            found.append([])
        tick(1)
    steps = np.array([len(one) for one in found], dtype=np.int64)
    flat = np.fromiter((piece for one in found for piece in one), dtype=np.int32, count=int(steps.sum()))
    return Tokens(torch.from_numpy(flat), np.cumsum(steps) - steps, steps)
