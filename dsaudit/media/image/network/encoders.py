"""From pictures to vectors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from dsaudit.media.image.encoders import LITE0
from dsaudit.media.image.network.efficientnet import load_lite0
from dsaudit.media.image.network.square import normalised, squared
from dsaudit.model.device import CPU, exact_convolutions, n_workers, pick_device

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    from PIL.Image import Image as Picture

    from dsaudit.media.image.network.efficientnet import EfficientNet

    Vectors = npt.NDArray[np.float32]

BATCH = 256
"""Pictures in one batch on a GPU. On a CPU each goes alone: what it makes on the way stays in the core's cache, and a
vector is the same to the last bit whatever else is encoded."""

_POSE_PX = 160
_CELLS, _BINS, _CELL_PX = 8, 9, 8


class Lite0Encoder:
    """Mean over the picture of the last channels of EfficientNet-Lite0, of the whole picture at 224 px.

    On a CPU it runs in ONNX Runtime, which takes half the time of PyTorch and agrees within 1e-5. See
    ``dsaudit.media.image.encoders.LITE0`` for the source of the weights.
    """

    name = "efficientnet-lite0"
    version = "2"
    dim = 1280

    def __init__(self, *, device: str = "auto") -> None:
        self.notes: tuple[str, ...] = ()
        self._device = pick_device(device)
        body = load_lite0(LITE0)
        self._px = body.px
        self._run = _in_onnxruntime(body) if self._device.type == "cpu" else _on_device(body, self._device)

    def encode(self, images: Sequence[Picture]) -> Vectors:
        """Vectors of RGB pictures, float32 (n, dim)."""
        vectors = np.zeros((len(images), self.dim), dtype=np.float32)

        def alone(k: int) -> None:
            squares = self._squares(images[k])
            vectors[k] = np.concatenate([self._run(squares[m : m + 1])[0] for m in range(len(squares))])

        with ThreadPoolExecutor(n_workers(CPU)) as pool:
            if self._device.type == "cpu":
                list(pool.map(alone, range(len(images))))
                return vectors
            for begin in range(0, len(images), BATCH):
                squares = list(pool.map(self._squares, images[begin : begin + BATCH]))
                vectors[begin : begin + len(squares)] = self._run(np.concatenate(squares)).reshape(len(squares), -1)
        return vectors

    def _squares(self, image: Picture) -> npt.NDArray[np.uint8]:
        """What is seen of a picture, uint8 (m, px, px, 3); its vector is that of each, one after the other."""
        return np.stack([squared(image, self._px)])


class Lite0Poses(Lite0Encoder):
    """The same of the square in the middle at 160 px, as it is and turned left by 90, 180 and 270 degrees.

    The square shows no shape that could tell how the picture was held, and at 160 px a vector takes half the time.
    """

    name = "efficientnet-lite0-poses"
    version = "1"
    dim = 4 * 1280

    def _squares(self, image: Picture) -> npt.NDArray[np.uint8]:
        square = squared(_middle(image), _POSE_PX)
        return np.stack([np.rot90(square, k) for k in range(4)])


def _middle(image: Picture) -> Picture:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _in_onnxruntime(body: EfficientNet) -> Callable[[npt.NDArray[np.uint8]], Vectors]:
    """From squares (n, px, px, 3) to features, one thread for each caller."""
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = body.as_onnx().SerializeToString()
    session: Any = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(squares: npt.NDArray[np.uint8]) -> Vectors:
        pictures = normalised(torch.from_numpy(squares)).contiguous().numpy()
        features: Vectors = session.run(None, {"x": pictures})[0]
        return features.reshape(len(squares), -1)

    return run


def _on_device(body: EfficientNet, device: torch.device) -> Callable[[npt.NDArray[np.uint8]], Vectors]:
    """The same in PyTorch, channels last in memory; in half precision vectors would be off by one part in twenty."""
    network = body.to(device)

    def run(squares: npt.NDArray[np.uint8]) -> Vectors:
        with torch.inference_mode(), exact_convolutions():
            features: torch.Tensor = network(normalised(torch.from_numpy(squares).to(device)))
        return np.asarray(features.cpu().numpy())

    return run


class HogEncoder:
    """Histograms of oriented gradients and mean colours over a grid of 8 × 8 cells: no pretrained weights.

    References
    ----------
    N. Dalal, B. Triggs, "Histograms of Oriented Gradients for Human Detection", CVPR 2005.
    """

    name = "hog"
    version = "1"
    dim = _CELLS * _CELLS * (_BINS + 3)

    def __init__(self, *, device: str = "auto", notes: tuple[str, ...] = ()) -> None:
        self.notes = notes

    def encode(self, images: Sequence[Picture]) -> Vectors:
        """Vectors of RGB pictures, float32 (n, 768)."""
        with ThreadPoolExecutor(n_workers(CPU)) as pool:
            rows = list(pool.map(_hog, images))
        return np.stack(rows) if rows else np.zeros((0, self.dim), dtype=np.float32)


def _hog(image: Picture) -> Vectors:
    square = squared(image, _CELLS * _CELL_PX).astype(np.float32) / 255.0
    down, across = np.gradient(square.mean(axis=2))
    strength = np.hypot(down, across)
    orientation = (np.arctan2(down, across) % np.pi) * (_BINS / np.pi)
    binned = np.stack([strength * (orientation.astype(int) % _BINS == k) for k in range(_BINS)], axis=2)
    histograms, colours = (_cells(part) for part in (binned, square))
    histograms /= np.linalg.norm(histograms, axis=2, keepdims=True) + 0.01
    return np.concatenate([histograms.ravel(), colours.ravel()]).astype(np.float32)


def _cells(pixels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Means over square cells (8, 8, channels) of (64, 64, channels)."""
    parts = pixels.reshape(_CELLS, _CELL_PX, _CELLS, _CELL_PX, -1)
    mean: npt.NDArray[Any] = parts.mean(axis=(1, 3))
    return mean
