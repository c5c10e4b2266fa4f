"""From texts to vectors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from dsaudit.media.text.encoders import MINILM_INT8
from dsaudit.media.text.network.bert import load_minilm
from dsaudit.media.text.network.weights import checked
from dsaudit.media.text.network.wordpiece import PAD, pieces
from dsaudit.model.device import n_workers, one_thread_each, pick_device
from dsaudit.model.precision import autocast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]

BATCH = {"cpu": 16, "cuda": 512, "mps": 128}
"""Texts in one batch. On a CPU they are of the same length to the piece: nothing is padded, and a vector is the same to
the last bit whatever else is encoded."""


class MiniLmEncoder:
    """Mean over the pieces of a text of what MiniLM makes of them, of unit length, as it was trained to be compared.

    On a CPU it runs in ONNX Runtime. See ``dsaudit.media.text.encoders.MINILM_INT8`` for the source of the weights.
    """

    name = "minilm"
    version = "1"
    dim = 384

    def __init__(self, *, device: str = "auto") -> None:
        self.notes: tuple[str, ...] = ()
        self._device = pick_device(device)
        self._run = _in_onnxruntime() if self._device.type == "cpu" else _on_device(self._device)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors, float32 (n, 384)."""
        read = [pieces(text) for text in texts]
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)

        def run(batch: Ints) -> None:
            numbers = np.full((len(batch), max(len(read[k]) for k in batch)), PAD, dtype=np.int64)
            for row, k in enumerate(batch):
                numbers[row, : len(read[k])] = read[k]
            found = self._run(numbers)
            vectors[batch] = found / np.linalg.norm(found, axis=1, keepdims=True)

        lengths = np.array([len(one) for one in read], dtype=np.int64)
        with one_thread_each(), ThreadPoolExecutor(n_workers(self._device)) as pool:
            list(pool.map(run, batches(lengths, BATCH[self._device.type], equal=self._device.type == "cpu")))
        return vectors


def batches(lengths: Ints, size: int, *, equal: bool) -> list[Ints]:
    """Positions from the shortest to the longest, ``size`` at once, or where ``equal`` only those of one length."""
    order = np.argsort(lengths, kind="stable")
    runs = np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1) if equal else [order]
    return [run[begin : begin + size] for run in runs for begin in range(0, len(run), size)]


def _in_onnxruntime() -> Callable[[Ints], Vectors]:
    """From numbers of pieces (n, t), none of them padding, to means over them; one thread for each caller."""
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    path = str(checked(MINILM_INT8))
    session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(numbers: Ints) -> Vectors:
        one = np.ones_like(numbers)
        given = {"input_ids": numbers, "attention_mask": one, "token_type_ids": one - 1}
        hidden: Vectors = session.run(None, given)[0]
        mean: Vectors = hidden.mean(axis=1)
        return mean

    return run


def _on_device(device: torch.device) -> Callable[[Ints], Vectors]:
    """The same in PyTorch, of padded numbers, in half precision where the device has it."""
    body = load_minilm(MINILM_INT8).to(device)

    def run(numbers: Ints) -> Vectors:
        given = torch.from_numpy(numbers).to(device)
        with torch.inference_mode(), autocast(device):
            features = body(given, given != PAD)
        return np.asarray(features[:, : body.width].float().cpu().numpy())

    return run
