"""Whether each given label is wrong, by what holds of its item and of the whole set, and how sure that is.

Two small networks read what ``item_features`` says of an item; their mean log odds are stated. They learned from
thousands of made worlds of known labels, with models trained on the wrong ones, among them labels that go wrong just
where it is hard. How far a statement about a whole set may be off was learned on worlds that they had not seen.
``tests/benchmarks/train_wrong_labels.py`` made ``wrong_labels.npz``; no figure is published on the sets it saw.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from dsaudit.analysis.label.label_fit import ITEM_FEATURES, item_features
from dsaudit.analysis.row_batches import batches

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.analysis.label.label_fit import LabelFit

NETWORKS, LAYERS = 2, 3
_LIMIT = 5.0
_AT_A_PLACE = 1.2
"""How far the log odds of items that are alike are off, beside all of a set together: the latter is what was learned,
and departures at different log odds cancel in it in part (see ``recalibration.PRIOR``)."""
_CHUNK = 1_000_000


def log_odds_wrong(found: LabelFit, pred_probs: npt.ArrayLike, given: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Log odds that each given label is wrong, float64 (n,); in bounded memory.

    Parameters
    ----------
    found : LabelFit
        Of the set that the items are from.
    pred_probs : float array (n, k)
        Out-of-sample probabilities; rows sum to 1.
    given : int array (n,)
        Labels in question.

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.label.label_fit import label_fit
    >>> probs = np.tile([[0.95, 0.05], [0.05, 0.95]], (100, 1))
    >>> given = np.tile([0, 1], 100)
    >>> given[:20] = 1 - given[:20]  # one label in ten is wrong
    >>> p = expit(log_odds_wrong(label_fit(probs, given), probs, given))
    >>> bool(p[:20].min() > 0.5 > 0.1 > p[20:].max())
    True
    """
    probs, labels = np.asarray(pred_probs), np.asarray(given, dtype=np.int64)
    odds = np.empty(len(probs))
    for part in batches(len(probs), max(probs.shape[1], 150), cells=_CHUNK):
        odds[part] = _said(_standardised(item_features(found, probs[part], labels[part])))
    return odds


def log_odds_sd(found: LabelFit) -> float:
    """Standard deviation of what has to be added to stated log odds of the set, before anything is heard.

    Examples
    --------
    >>> import numpy as np
    >>> from dsaudit.analysis.label.label_fit import label_fit
    >>> given = np.tile([0, 1], 100)
    >>> sure, unsure = (np.where(given[:, None] == [0, 1], p, 1 - p) for p in (0.99, 0.52))
    >>> bool(0 < log_odds_sd(label_fit(sure, given)) < 5)
    True
    """
    whole = _standardised(np.concatenate([np.zeros(len(ITEM_FEATURES)), found.overall])[None])
    weights = _arrays()["uncertainty"].astype(np.float64)
    return _AT_A_PLACE * float(np.exp(np.clip(whole[0, len(ITEM_FEATURES) :] @ weights[:-1] + weights[-1], -3.0, 1.5)))


def _standardised(X: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    arrays = _arrays()
    return np.clip((X - arrays["mean"]) / (arrays["sd"] + 1e-3), -_LIMIT, _LIMIT).astype(np.float32)


def _said(Z: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    arrays, total = _arrays(), np.zeros(len(Z))
    for network in range(NETWORKS):
        hidden = Z
        for layer in range(LAYERS):
            hidden = hidden @ arrays[f"weight{network}{layer}"].T + arrays[f"bias{network}{layer}"]
            if layer + 1 < LAYERS:
                hidden = hidden * expit(hidden)
        total += hidden[:, 0]
    return total / NETWORKS


@lru_cache(maxsize=1)
def _arrays() -> dict[str, npt.NDArray[np.float32]]:
    with resources.files(__package__).joinpath("wrong_labels.npz").open("rb") as file, np.load(file) as arrays:
        return {name: arrays[name] for name in arrays.files}
