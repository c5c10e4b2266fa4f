"""The fine-tuned networks of all folds as one model: kept in a file, loaded, and used to predict."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from sys import intern
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from dsaudit.errors import RunError
from dsaudit.model.checkpoint import save_tensors
from dsaudit.model.device import one_thread_each, pick_device
from dsaudit.model.finetune import predict
from dsaudit.model.folds import ModelMean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.model.crossfit import CrossFit
    from dsaudit.model.folds import Folds
    from dsaudit.model.network import Network
    from dsaudit.model.tunable import Start, Tunable


_READ_AT_ONCE = 2_048


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


def predict_unlabelled(
    made: CrossFit,
    uris: pd.Series,
    folds: Folds,
    read: Callable[[Path], Any],
    *,
    device: str = "auto",
    tick: Callable[[int], None] = lambda n: None,
) -> tuple[pd.DataFrame | None, npt.NDArray[np.float32] | None]:
    """What the networks of all folds say of unlabelled items, and how far they agree; None without any.

    See ``dsaudit.types.Predictions``.

    Parameters
    ----------
    uris : Series by ``item_id``
        Of items of ``folds``, labelled or not. Unlabelled ones are read in parts, so that any number fits in memory.
    read : callable
        That of ``dsaudit.media.base.Media``.
    tick : callable
        Told how many more items are read.
    """
    beside = folds.of_unlabelled(uris.index)
    if not len(beside):
        return None, None
    where, classes = pick_device(device), made.predictions.classes
    held = np.unique(made.predictions.fold[made.predictions.given >= 0]).tolist()
    parts, agreement = [], []
    for start in range(0, len(beside), _READ_AT_ONCE):
        part = beside.iloc[start : start + _READ_AT_ONCE]
        inputs = made.start.inputs(uris.reindex(part.index).tolist(), read, device=where, tick=tick)
        rows = np.flatnonzero(inputs.lengths > 0)
        mean = ModelMean(part.iloc[rows], held, n_classes=len(classes))
        with one_thread_each():
            for fold, network in zip(held, made.networks, strict=True):
                mean.add(fold, predict(network.to(where), inputs, rows, device=where))
        parts.append(pd.DataFrame(mean.probs, index=part.index[rows], columns=list(classes)))
        agreement.append(mean.agreement)
    return pd.concat(parts), np.concatenate(agreement)


def save_networks(path: Path, made: CrossFit) -> None:
    """Write tensors and plain values; the file opens with ``torch.load(weights_only=True)``."""
    save_tensors(
        path,
        {
            "classes": list(made.predictions.classes),
            "shape": dict(made.start.shape),
            # one string for one name, wherever the networks were trained: the file has the same bytes
            "networks": [{intern(n): w for n, w in network.state_dict().items()} for network in made.networks],
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
