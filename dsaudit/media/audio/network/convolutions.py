"""Bodies that are fine-tuned: log-mel frames, convolutions in time and frequency, pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import leaky_relu, max_pool2d

from dsaudit.media.audio.network.logmel import mel_filters
from dsaudit.media.audio.network.speech import POOLS, WINDOW, LogMel, load_speech
from dsaudit.model.network import Body

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MARGIN = 40
"""Frames of silence on either side of an item, as in ``dsaudit.media.audio.network.encoders``."""

N_BANDS = 32
_SPEECH_GROUPS = (0, 3, 7, 11, 15)
_SPEECH_TAPS = (10, 14, 19)
_CHANNELS = (24, 48, 72, 96)


class Block(torch.nn.Module):
    """A convolution without padding in time, what bends it, and pooling: (n, channels, time, bands)."""

    def __init__(self, convolution: torch.nn.Conv2d, *, pool: tuple[int, int] = (1, 1), bends: bool = True) -> None:
        super().__init__()
        self.convolution = convolution
        self.pool = pool
        self.bends = bends

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Its output, shorter in time."""
        hidden = self.convolution(hidden)
        if self.bends:
            hidden = leaky_relu(hidden, 0.2).clamp_min(-0.4)
        return max_pool2d(hidden, self.pool) if self.pool != (1, 1) else hidden

    @property
    def shape(self) -> dict[str, Any]:
        """Plain values that ``of`` makes a block of the same shape from."""
        c = self.convolution
        return {
            "channels": [c.in_channels, c.out_channels],
            "kernel": list(c.kernel_size),
            "padding": [int(p) for p in c.padding],
            "bias": c.bias is not None,
            "pool": list(self.pool),
            "bends": self.bends,
        }

    @classmethod
    def of(cls, shape: Mapping[str, Any]) -> Block:
        """A block of that shape, untrained."""
        n_in, n_out = shape["channels"]
        kernel, padding, pool = (tuple(shape[name]) for name in ("kernel", "padding", "pool"))
        convolution = torch.nn.Conv2d(n_in, n_out, kernel, padding=padding, bias=shape["bias"])
        return cls(convolution, pool=pool, bends=shape["bends"])

    def n_steps(self, steps: torch.Tensor) -> torch.Tensor:
        """Steps of its output that depend on an item alone, from those of its input."""
        return ((steps - self.convolution.kernel_size[0] + 1) // self.pool[0]).clamp_min(1)


class Convolutions(Body):
    """Blocks in groups that thaw together, pooled over each item's own steps.

    Features are the mean and standard deviation over time of the frames and after each tapped block, then the
    maximum and the last step after the last block: what the frozen encoder sees, and concat pooling.

    Parameters
    ----------
    blocks : sequence of Block
    groups : tuple of int
        First block of each group, the lowest first.
    taps : tuple of int
        Blocks whose output is pooled; the last block is one of them.
    pretrained : bool
        Whether the blocks start from trained weights.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        *,
        groups: tuple[int, ...],
        taps: tuple[int, ...],
        pretrained: bool,
    ) -> None:
        super().__init__()
        self._blocks = torch.nn.ModuleList(blocks)
        self.begins = groups
        self.taps = taps
        self.pretrained = pretrained

    @property
    def blocks(self) -> tuple[Block, ...]:
        """From the lowest to the highest."""
        return tuple(block for block in self._blocks if isinstance(block, Block))

    @property
    def n_features(self) -> int:
        """Length of the feature vector."""
        bands, widths = N_BANDS, []
        for index, block in enumerate(self.blocks):
            convolution = block.convolution
            bands = (bands + 2 * int(convolution.padding[1]) - convolution.kernel_size[1] + 1) // block.pool[1]
            if index in self.taps:
                widths.append(bands * convolution.out_channels)
        return 2 * (N_BANDS + sum(widths) + widths[-1])

    @property
    def shape(self) -> dict[str, Any]:
        """Plain values that ``of`` makes convolutions of the same shape from."""
        return {
            "blocks": [block.shape for block in self.blocks],
            "groups": list(self.begins),
            "taps": list(self.taps),
            "pretrained": self.pretrained,
        }

    @classmethod
    def of(cls, shape: Mapping[str, Any]) -> Convolutions:
        """Convolutions of that shape, untrained."""
        blocks = [Block.of(one) for one in shape["blocks"]]
        groups, taps = tuple(shape["groups"]), tuple(shape["taps"])
        return cls(blocks, groups=groups, taps=taps, pretrained=bool(shape["pretrained"]))

    def groups(self) -> list[list[torch.nn.Parameter]]:
        """Trainable parameters from the lowest group of blocks to the highest."""
        ends = (*self.begins[1:], len(self.blocks))
        return [
            [p for block in self.blocks[begin:end] for p in block.parameters()]
            for begin, end in zip(self.begins, ends, strict=True)
        ]

    def first_tuned(self, layers: int) -> int:
        """First block that learns when ``layers`` groups below the head do."""
        return (*self.begins, len(self.blocks))[max(len(self.begins) - layers, 0)]

    def lower(
        self, frames: torch.Tensor, steps: torch.Tensor, *, stop: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Blocks before ``stop``: their output (n, channels, time, bands), its own steps (n,), features so far (n, d).

        ``frames`` are log-mel frames (n, time, bands) with their margins, ``steps`` (n,) how many are an item's own.
        """
        own = frames[:, MARGIN:]
        pooled = [_mean_std(own, (steps - 2 * MARGIN + 3).clamp(1, own.shape[1]))]
        hidden, steps = self._through(frames[:, None], steps, pooled, begin=0, end=stop)
        return hidden, steps, torch.cat(pooled, 1)

    def upper(self, hidden: torch.Tensor, steps: torch.Tensor, pooled: torch.Tensor, *, start: int) -> torch.Tensor:
        """Features (n, n_features) from what ``lower`` returned with ``stop=start``."""
        found = [pooled]
        hidden, steps = self._through(hidden, steps, found, begin=start, end=len(self.blocks))
        last = hidden.transpose(1, 2).flatten(2).float()
        own = torch.arange(last.shape[1], device=last.device) < steps[:, None]
        found.append(last.masked_fill(~own[:, :, None], -torch.inf).amax(1))
        found.append(last[torch.arange(len(last), device=last.device), steps - 1])
        return torch.cat(found, 1)

    def forward(self, hidden: torch.Tensor, steps: torch.Tensor, pooled: torch.Tensor, start: int) -> torch.Tensor:
        """Features (n, n_features) from the input of block ``start``; see ``upper``. Block 0 takes frames."""
        if start == 0:
            hidden, steps, pooled = self.lower(hidden, steps, stop=0)
        return self.upper(hidden, steps, pooled, start=start)

    def _through(
        self, hidden: torch.Tensor, steps: torch.Tensor, pooled: list[torch.Tensor], *, begin: int, end: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        for index, block in list(enumerate(self.blocks))[begin:end]:
            hidden, steps = block(hidden), block.n_steps(steps)
            if index in self.taps:
                pooled.append(_mean_std(hidden.transpose(1, 2).flatten(2), steps))
        return hidden, steps


def _mean_std(hidden: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """Mean and standard deviation (n, 2 · width) over each item's own ``steps`` of (n, time, width), in float32."""
    hidden = hidden.float()
    own = (torch.arange(hidden.shape[1], device=hidden.device) < steps[:, None])[:, :, None]
    n = steps[:, None].to(hidden.dtype)
    mean = torch.where(own, hidden, 0.0).sum(1) / n
    variance = torch.where(own, (hidden - mean[:, None]).square(), 0.0).sum(1) / n
    return torch.cat([mean, variance.clamp_min(1e-10).sqrt()], 1)


def speech_body() -> tuple[LogMel, Convolutions]:
    """The pretrained speech embedding, see ``dsaudit.media.audio.network.speech``, and what makes its frames.

    Raises
    ------
    MissingExtraError
        The weights are not installed, or are not the ones that were measured.
    """
    mel, embedding = load_speech()
    last = len(embedding.convolutions) - 1
    blocks = [
        Block(convolution, pool=POOLS.get(index, (1, 1)), bends=index < last)
        for index, convolution in enumerate(embedding.convolutions)
        if isinstance(convolution, torch.nn.Conv2d)
    ]
    return mel, Convolutions(blocks, groups=_SPEECH_GROUPS, taps=_SPEECH_TAPS, pretrained=True)


def small_body(*, seed: int = 0) -> tuple[LogMel, Convolutions]:
    """Four convolutions that know nothing yet, for where no trained weights are installed.

    Initial values are those of He et al. 2015, drawn by ``seed``. There is no batch normalisation: what an item
    is taken for must not depend on the padding of its neighbours.
    """
    generator = torch.Generator().manual_seed(seed)
    blocks, n_in = [], 1
    for n_out in _CHANNELS:
        convolution = torch.nn.Conv2d(n_in, n_out, 3, padding=(0, 1))
        torch.nn.init.kaiming_normal_(convolution.weight, a=0.2, generator=generator)
        if convolution.bias is not None:
            torch.nn.init.zeros_(convolution.bias)
        blocks.append(Block(convolution, pool=(2, 2)))
        n_in = n_out
    taps = (1, 2, 3)
    time = torch.arange(WINDOW, dtype=torch.float64)
    angle = 2 * torch.pi * time[:, None] * torch.arange(WINDOW // 2 + 1, dtype=torch.float64) / WINDOW
    kernel = torch.cat([angle.cos(), angle.sin()], 1) * torch.hann_window(WINDOW, dtype=torch.float64)[:, None]
    filters = mel_filters(N_BANDS, n_bins=WINDOW // 2 + 1, sample_rate_hz=16_000).T
    mel = LogMel(kernel.float(), filters.contiguous().float())
    return mel.eval(), Convolutions(blocks, groups=(0, 1, 2, 3), taps=taps, pretrained=False)
