"""Trained weights of MiniLM, out of the files that packages bring, as plain arrays."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import MissingExtraError
from dsaudit.media.text.encoders import MINILM_INT8

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.model.backbone import Backbone

PRODUCTS = (
    *("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"),
    *("intermediate.dense", "output.dense"),
)
"""Of a layer, in the order in which they are computed, as BERT's own files call them."""
PIECES = "embeddings.word_embeddings.weight"


def checked(weights: Backbone) -> Path:
    """Where they lie.

    Raises
    ------
    MissingExtraError
        The package is not installed, or the file is not the one that was measured.
    """
    state = weights.check()
    if not state.ok:
        raise MissingExtraError(f"{weights.name} cannot be loaded: {state.detail}", hint=weights.pip_line)
    return weights.paths()[0]


def tensors_of(weights: Backbone, *, only: str = "") -> Mapping[str, npt.NDArray[np.float32]]:
    """Tensors by the names of BERT's own files, or only that of one name; raises as ``checked`` does."""
    path = checked(weights)
    return _of_onnx(path, only) if weights is MINILM_INT8 else _of_safetensors(path)


def _of_safetensors(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Of such a file: eight bytes that say how long the JSON is which says where each tensor lies, then all bytes."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, one in json.loads(data[8:begin]).items():
        if one.get("dtype") == "F32":
            first, end = (begin + offset for offset in one["data_offsets"])
            found[name] = np.frombuffer(data[first:end], dtype="<f4").reshape(one["shape"]).astype(np.float32)
    return found


def _of_onnx(path: Path, only: str) -> dict[str, npt.NDArray[np.float32]]:
    """Of an exported network whose larger tensors are of eight bits with a scale; products lie in the order of use."""
    import onnx
    from onnx import numpy_helper

    wanted = [one for one in onnx.load(str(path)).graph.initializer if only in one.name]
    stored: dict[str, npt.NDArray[Any]] = {one.name: numpy_helper.to_array(one) for one in wanted}
    found, products = {}, []
    for name, array in stored.items():
        whole = name.removesuffix("_q")
        if whole != name:
            tensor = array.astype(np.float32) * stored[f"{whole}_scale"]
            if whole.startswith("inner."):
                found[whole.removeprefix("inner.")] = tensor
            else:
                products.append(np.ascontiguousarray(tensor.T))
        elif array.dtype == np.float32:
            found[name.removeprefix("inner.")] = array
    names = [f"encoder.layer.{k // len(PRODUCTS)}.{name}.weight" for k, name in enumerate(PRODUCTS * len(products))]
    return found | dict(zip(names, products, strict=False))
