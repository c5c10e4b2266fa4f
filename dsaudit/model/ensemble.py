"""The fine-tuned networks of all folds as one model: kept in a file, loaded, and used to predict."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from dsaudit.errors import RunError
from dsaudit.model.checkpoint import save_tensors
from dsaudit.model.device import one_thread_each, pick_device
from dsaudit.model.finetune import predict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.model.crossfit import CrossFit
    from dsaudit.model.network import Network
    from dsaudit.model.tunable import Start, Tunable


@dataclass(frozen=True, slots=True)
class NetworkEnsemble:
    """Networks that were fine-tuned on different parts of a dataset; their mean probability predicts.

    Attributes
    ----------
    start : Start
        Makes what they take.
    networks : tuple of Network
    classes : tuple of str, length k
    """

    start: Start
    networks: tuple[Network, ...]
    classes: tuple[str, ...]

    def predict(
        self, uris: Sequence[str], read: Callable[[Path], Any], *, device: str = "auto"
    ) -> npt.NDArray[np.float32]:
        """Predicted probabilities, float32 (n, k), of items; rows of NaN for those that cannot be read.

        ``read`` is that of ``dsaudit.media.base.Media``.
        """
        where = pick_device(device)
        inputs = self.start.inputs(uris, read, device=where)
        rows = np.flatnonzero(inputs.lengths > 0)
        probs = np.full((len(uris), len(self.classes)), np.nan, dtype=np.float32)
        with one_thread_each():  # sums in the same order, however many cores there are
            found = [predict(network.to(where), inputs, rows, device=where) for network in self.networks]
        probs[rows] = np.mean(found, axis=0)
        return probs


def save_networks(path: Path, made: CrossFit) -> None:
    """Write tensors and plain values; the file opens with ``torch.load(weights_only=True)``."""
    save_tensors(
        path,
        {
            "classes": list(made.predictions.classes),
            "shape": dict(made.start.shape),
            "networks": [network.state_dict() for network in made.networks],
        },
    )


def load_networks(path: Path, tunable: Tunable) -> NetworkEnsemble:
    """The model that ``save_networks`` wrote, of that kind of item. Nothing but tensors and plain values is unpickled.

    Raises
    ------
    RunError
        There is no such file, or it is damaged.
    """
    try:
        kept = torch.load(path, weights_only=True, map_location="cpu")
        classes = tuple(kept["classes"])
        start = tunable.restore(kept["shape"], len(classes))
        networks = []
        for state in kept["networks"]:
            network = copy.deepcopy(start.network)
            network.load_state_dict(state)
            networks.append(network.eval())
    except Exception as error:  # damage shows in many ways
        raise RunError(f"{path} cannot be read as a fine-tuned model", hint="make one with: dsaudit train") from error
    return NetworkEnsemble(start, tuple(networks), classes)
