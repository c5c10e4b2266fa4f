"""From waveforms to vectors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from dsaudit.media.audio.network.logmel import WINDOW, LogMelStatistics
from dsaudit.media.audio.network.speech import HOP, load_speech
from dsaudit.model.device import n_workers, one_thread_each, pick_device

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

SAMPLE_RATE_HZ = 16_000

_MARGIN = 6_400
_LAYERS = (10, 14)
_BATCH_SAMPLES = {"cpu": 0, "cuda": 512 * 28_800, "mps": 128 * 28_800}
"""Samples in one batch. On a CPU each item goes alone: that is as fast, wastes no padding, and makes a
vector the same to the last bit whatever else is encoded."""


class SpeechEncoder:
    """Mean and standard deviation over time of the log-mel frames and of three layers of the speech embedding.

    Each waveform gets 0.4 s of silence on either side, so that a word at the edge is seen whole by
    windows of 775 ms, and a clip shorter than that is seen at all. The early layers carry what is not
    speech. See ``dsaudit.media.audio.encoders.SPEECH`` for the source of the weights.
    """

    name = "speech"
    version = "1"
    dim = 1216

    def __init__(self, *, device: str = "auto") -> None:
        self.notes: tuple[str, ...] = ()
        self._device = pick_device(device)
        mel, embedding = load_speech()
        self._mel, self._embedding = mel.to(self._device), embedding.to(self._device)

    def encode(self, waveforms: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, 1216)."""
        return _in_batches(self._encode_batch, waveforms, device=self._device, dim=self.dim, margin=_MARGIN)

    def _encode_batch(self, padded: torch.Tensor, n_samples: Sequence[int]) -> torch.Tensor:
        mel = self._mel(padded)
        layers = self._embedding.layers(mel, _LAYERS)
        pooled = []
        for row, n in enumerate(n_samples):
            first = _MARGIN // HOP
            own = mel[row, first : first + max(1, n // HOP)]
            n_frames = (n + 2 * _MARGIN - 512) // HOP + 1
            vectors = [_mean_std(own)]
            for layer, steps in zip(layers, _layer_steps(n_frames), strict=True):
                vectors.append(_mean_std(layer[row, :steps]))
            pooled.append(torch.cat(vectors))
        return torch.stack(pooled)


class LogMelEncoder:
    """Log-mel statistics alone: no pretrained weights, no speech knowledge."""

    name = "log-mel"
    version = "1"
    dim = 512

    def __init__(self, *, device: str = "auto", notes: tuple[str, ...] = ()) -> None:
        self.notes = notes
        self._device = pick_device(device)
        self._statistics = LogMelStatistics(SAMPLE_RATE_HZ).to(self._device).eval()

    def encode(self, waveforms: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, 512)."""
        return _in_batches(self._encode_batch, waveforms, device=self._device, dim=self.dim, margin=0)

    def _encode_batch(self, padded: torch.Tensor, n_samples: Sequence[int]) -> torch.Tensor:
        return torch.stack([self._statistics(row[: max(n, WINDOW)]) for row, n in zip(padded, n_samples, strict=True)])


def _layer_steps(n_frames: int) -> tuple[int, int, int]:
    """Time steps that belong to an item after convolutions 10, 14 and 19, from its log-mel frames.

    What a longer neighbour in the batch adds lies behind them, because no layer pads in time.
    """
    after_2 = (n_frames - 4) // 2
    after_6 = after_2 - 4
    after_10 = (after_6 - 4) // 2
    after_14 = after_10 - 4
    after_18 = (after_14 - 4) // 2
    return after_10, after_14, after_18 - 2


def _mean_std(steps: torch.Tensor) -> torch.Tensor:
    return torch.cat([steps.mean(0), steps.std(0, correction=0)])


def _batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions of waveforms of similar length, so that padded together they stay within ``budget`` samples."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if batch and lengths[position] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def _in_batches(
    encode_batch: _EncodeBatch,
    waveforms: Sequence[npt.NDArray[np.float32]],
    *,
    device: torch.device,
    dim: int,
    margin: int,
) -> npt.NDArray[np.float32]:
    vectors = np.zeros((len(waveforms), dim), dtype=np.float32)
    lengths = [len(waveform) for waveform in waveforms]

    def run(batch: list[int]) -> None:
        longest = max(WINDOW, *(lengths[i] for i in batch))
        padded = np.zeros((len(batch), longest + 2 * margin), dtype=np.float32)
        for row, i in enumerate(batch):
            padded[row, margin : margin + lengths[i]] = np.nan_to_num(waveforms[i], posinf=1.0, neginf=-1.0)
        with torch.inference_mode():
            encoded = encode_batch(torch.from_numpy(padded).to(device), [lengths[i] for i in batch])
            vectors[batch] = encoded.cpu().numpy()

    batches = list(_batches([n + 2 * margin for n in lengths], _BATCH_SAMPLES[device.type]))
    with one_thread_each(), ThreadPoolExecutor(n_workers(device)) as pool:
        list(pool.map(run, batches))
    return vectors


class _EncodeBatch(Protocol):
    def __call__(self, padded: torch.Tensor, n_samples: Sequence[int]) -> torch.Tensor: ...
