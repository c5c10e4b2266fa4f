"""What several processes read: its tensors lie in memory once."""

from __future__ import annotations

import io
import pickle
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch

if TYPE_CHECKING:
    import numpy as np

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shared(Generic[T]):
    """A value that nobody changes.

    Where buffers travel beside what is pickled (protocol 5), its tensors on the CPU are read where they arrive, without
    a copy of their own; there they cannot be written to.

    Examples
    --------
    >>> buffers = []
    >>> sent = pickle.dumps(Shared(torch.ones(1000)), protocol=5, buffer_callback=buffers.append)
    >>> len(sent) < 1000, pickle.loads(sent, buffers=buffers).value.sum().item()
    (True, 1000.0)
    """

    value: T

    def __reduce__(self) -> tuple[Any, ...]:
        stream, buffers = io.BytesIO(), list[pickle.PickleBuffer]()
        _Pickler(stream, protocol=5, buffer_callback=buffers.append).dump(self.value)
        return _restored, (stream.getvalue(), buffers)


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        plain = type(value) is torch.Tensor and value.device.type == "cpu" and not value.requires_grad
        if not plain or value.dtype == torch.bfloat16:
            return NotImplemented
        return _tensor, (value.contiguous().numpy(),)


def _restored(data: bytes, buffers: list[pickle.PickleBuffer]) -> Shared[Any]:
    return Shared(pickle.loads(data, buffers=buffers))


def _tensor(array: np.ndarray[Any, Any]) -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it cannot be written to
        return torch.from_numpy(array)
