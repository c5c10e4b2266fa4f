"""Entity embeddings: a vector for each category, learned beside the numbers of a row.

References
----------
C. Guo, F. Berkhahn, "Entity Embeddings of Categorical Variables", arXiv 1604.06737, 2016.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dsaudit.media.table.vector import Spread
from dsaudit.model.optimizer import AdamW

if TYPE_CHECKING:
    import numpy.typing as npt

    Rows = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]

_MOST_WIDE, _CHUNK = 50, 8_192
_DROPPED, _RATE, _DECAY, _SMOOTHING = 0.1, 4e-3, 1e-2, 0.02
_PATIENCE, _MOST_STEPS = 10, 1_200
_LARGE = 2_000


class EntityNet(nn.Module):
    """Vectors of the codes of each category and normal scores of numbers, through two layers, to ``n_out`` figures.

    Chance comes from ``seed`` alone: networks are trained side by side in threads.
    """

    def __init__(self, n_codes: Ints, n_numbers: int, n_out: int, *, width: int, seed: int) -> None:
        super().__init__()
        self.chance = torch.Generator().manual_seed(seed)
        n_each = [int(n) for n in n_codes if n]
        sizes = [(n, min(_MOST_WIDE, round(1.6 * float(n) ** 0.56))) for n in n_each]
        self.entities = nn.ModuleList(nn.Embedding(n, size) for n, size in sizes)
        n_in = sum(size for _, size in sizes) + n_numbers
        self.first, self.second = nn.Linear(n_in, width), nn.Linear(width, width // 2)
        self.scale, self.last = nn.BatchNorm1d(width), nn.BatchNorm1d(width // 2)
        self.out = nn.Linear(width // 2, n_out)
        for one in self.entities.parameters():
            nn.init.normal_(one, std=0.05, generator=self.chance)
        for layer in (self.first, self.second, self.out):
            nn.init.kaiming_uniform_(layer.weight, a=5**0.5, generator=self.chance)
            nn.init.zeros_(layer.bias)

    def entered(self, codes: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """What the first layer is given: the vectors of the categories, and the numbers."""
        return torch.cat([*(one(codes[:, j]) for j, one in enumerate(self.entities)), numbers], dim=1)

    def taken(self) -> list[Rows]:
        """Of each category what the first layer makes of the vectors of its codes, float32 (n_codes, width).

        What it takes no notice of is left from where training started.
        """
        vectors = list(self.entities.parameters())
        sizes = [one.shape[1] for one in vectors]
        parts = torch.split(self.first.weight[:, : sum(sizes)], sizes, dim=1)
        return [(one @ part.T).detach().numpy() for one, part in zip(vectors, parts, strict=True)]

    def hidden(self, given: torch.Tensor) -> torch.Tensor:
        """What the last layer is given."""
        found = torch.relu(self.scale(self.first(given)))
        if self.training:
            kept = torch.rand(found.shape, generator=self.chance) >= _DROPPED
            found = found * kept / (1.0 - _DROPPED)
        return torch.relu(self.last(self.second(found)))

    def forward(self, codes: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
        """Figures (n, n_out)."""
        found: torch.Tensor = self.out(self.hidden(self.entered(codes, numbers)))
        return found


class Parted:
    """A matrix of codes and numbers, parted into what a network is given: codes, and normal scores of numbers."""

    def __init__(self, X: Rows, n_codes: Ints) -> None:
        self.n_codes = n_codes
        self.spread = Spread.of(X[:, n_codes == 0], n_codes[n_codes == 0])

    def __call__(self, X: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        """Codes, int64 (n, c), and numbers, float32 (n, m), of rows."""
        categories = self.n_codes > 0
        codes = torch.as_tensor(np.nan_to_num(X[:, categories]).astype(np.int64))
        if categories.all():
            return codes, torch.zeros(len(X), 0)
        numbers = self.spread.apply(X[:, ~categories])
        return codes, torch.as_tensor(numbers)


def trained(
    X: Rows, y: Ints, n_codes: Ints, n_classes: int, *, inner: npt.NDArray[np.bool_], seed: int, rounds: int = 0
) -> tuple[EntityNet, Parted, int]:
    """A network that tells classes (n,) from rows (n, d), and the epochs it took.

    Where rows are ``inner`` it learns from the others until these are told no better; else for ``rounds`` epochs.
    """
    parted = Parted(X, n_codes)
    codes, numbers = parted(X)
    target, rng = torch.as_tensor(y), np.random.default_rng(seed)
    net = EntityNet(n_codes, numbers.shape[1], n_classes, width=256 if len(X) > _LARGE else 128, seed=seed)
    learn, judge = np.flatnonzero(~inner), torch.as_tensor(np.flatnonzero(inner))
    batch = int(np.clip(2 ** int(np.log2(max(len(learn), 2) / 16)), 16, 1_024))
    n_batches = max(1, len(learn) // batch)
    epochs = rounds or int(np.clip(_MOST_STEPS // n_batches, 4, 200))
    optimiser = AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, epochs * n_batches)
    best, kept, at, since = np.inf, deepcopy(net.state_dict()), epochs, 0
    for epoch in range(epochs):
        net.train()
        order = rng.permutation(learn)
        for k in range(n_batches):
            rows = torch.as_tensor(order[k * batch : (k + 1) * batch])
            optimiser.zero_grad()
            loss = cross_entropy(net(codes[rows], numbers[rows]), target[rows], label_smoothing=_SMOOTHING)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        if not len(judge):
            continue
        told = float(cross_entropy(_out(net, codes[judge], numbers[judge]), target[judge]))
        if told < best - 1e-4:
            best, kept, at, since = told, deepcopy(net.state_dict()), epoch + 1, 0
        elif (since := since + 1) >= _PATIENCE:
            break
    if len(judge):
        net.load_state_dict(kept)
    return net.eval(), parted, at


def _out(net: EntityNet, codes: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    net.eval()
    with torch.inference_mode():
        return torch.cat(
            [net(*part) for part in zip(torch.split(codes, _CHUNK), torch.split(numbers, _CHUNK), strict=True)]
        )


def logits(net: EntityNet, parted: Parted, X: Rows) -> Rows:
    """Figures of rows, float32 (n, n_out)."""
    codes, numbers = parted(X)
    return np.asarray(_out(net, codes, numbers).numpy(), dtype=np.float32)


def entered(net: EntityNet, parted: Parted, X: Rows, *, hidden: bool) -> Rows:
    """Rows as learned vectors: those of the categories with the numbers, or what the last layer is given."""
    net.eval()
    codes, numbers = parted(X)
    with torch.inference_mode():
        given = [
            net.entered(*part) for part in zip(torch.split(codes, _CHUNK), torch.split(numbers, _CHUNK), strict=True)
        ]
        made = torch.cat([net.hidden(part) for part in given] if hidden else given)
    return np.asarray(made.numpy(), dtype=np.float32)
