"""Training dynamics: what an item's given label looked like to models while they were trained on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

COLUMNS = ("aum", "forgetting", "confidence", "variability", "learned_at")


def dynamics_table(
    item_ids: Sequence[str] | pd.Index[Any],
    margins: Sequence[npt.NDArray[np.floating[Any]]],
    confidence: Sequence[npt.NDArray[np.floating[Any]]],
    *,
    trained: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Figures of each item over the models that were trained on it.

    Parameters
    ----------
    item_ids : sequence of str, length n
    margins : per model, array (epochs, n)
        After each epoch, the given label's probability less the highest other one, -1 to 1. Models may have
        been trained for different numbers of epochs.
    confidence : per model, array (epochs, n)
        The given label's probability, 0 to 1.
    trained : bool array (models, n)
        Which items each model was trained on; the others do not count.

    Returns
    -------
    DataFrame, index ``item_id``, a row for each item that any model with an epoch was trained on.
        ``aum`` (-1, suspect, to 1): area under the margin, the mean margin over epochs (Pleiss et al. 2020);
        ``forgetting`` (int): times that it went from right to wrong, the mean over models, rounded (Toneva et
        al. 2019); ``confidence`` (0 to 1) and ``variability`` (0 to 0.5): mean and standard deviation of the
        given label's probability over epochs (Swayamdipta et al. 2020); ``learned_at`` (epoch, counted from
        1): since when it is right to the end, the mean over models; NaN where half of them or more never got it right.

    Examples
    --------
    >>> import numpy as np
    >>> margins = [np.array([[-0.5, 0.5], [0.5, 0.75]])]  # one model, two epochs, two items
    >>> confidence = [np.array([[0.25, 0.75], [0.75, 0.75]])]
    >>> table = dynamics_table(["a", "b"], margins, confidence, trained=np.array([[True, True]]))
    >>> table["aum"].to_dict(), table["learned_at"].to_dict()
    ({'a': 0.0, 'b': 0.625}, {'a': 2.0, 'b': 1.0})
    """
    n = len(item_ids)
    counted = np.zeros(n)
    totals = {name: np.zeros(n) for name in COLUMNS}
    never = np.zeros(n)
    for its_margins, its_confidence, mine in zip(margins, confidence, trained, strict=True):
        if not len(its_margins):
            continue
        margin, probability = its_margins.astype(np.float64), its_confidence.astype(np.float64)
        right = margin > 0
        since = _since(right)
        found = {
            "aum": margin.mean(0),
            "forgetting": (right[:-1] & ~right[1:]).sum(0),
            "confidence": probability.mean(0),
            "variability": probability.std(0),
            "learned_at": np.nan_to_num(since),
        }
        use = mine & np.isfinite(margin).all(0)
        counted += use
        never += use & np.isnan(since)
        for name, values in found.items():
            totals[name] += np.where(use, values, 0.0)
    keep = counted > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        table = {name: values / counted for name, values in totals.items() if name != "learned_at"}
        learned_at = totals["learned_at"] / (counted - never)
    table["learned_at"] = np.where(2 * never < counted, learned_at, np.nan)
    frame = pd.DataFrame(table, index=pd.Index(item_ids, name="item_id", dtype=object))[keep]
    return frame.astype({"forgetting": float}).assign(forgetting=lambda f: np.floor(f["forgetting"] + 0.5).astype(int))


def _since(right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Epoch, from 1, since which each column of (epochs, n) is right to the end; NaN where the last epoch is wrong."""
    n_last = np.logical_and.accumulate(right[::-1], axis=0).sum(0)
    return np.where(n_last > 0, len(right) - n_last + 1.0, np.nan)


def learned_classes(
    found: Sequence[Sequence[Sequence[tuple[int, int]]]], classes: Sequence[str]
) -> dict[str, float | None]:
    """First epoch, from 1, from which a class's recall stays at half of its final recall or more.

    Parameters
    ----------
    found : per model, per epoch, per class
        How many of the validation part were right, and of how many; see ``dsaudit.types.Epoch.found``.
    classes : sequence of str, length k

    Returns
    -------
    dict
        The mean over the models that find any of it in the end; None where none does.

    Examples
    --------
    >>> found = [[[(1, 10)], [(4, 10)], [(8, 10)]]]  # one model, three epochs, one class: recall .1, .4, .8
    >>> learned_classes(found, ["yes"])
    {'yes': 2.0}
    """
    since_by_class: dict[str, list[float]] = {name: [] for name in classes}
    for epochs in found:
        if not len(epochs):
            continue
        counts = np.asarray(epochs, dtype=np.float64)
        recall = counts[:, :, 0] / np.maximum(counts[:, :, 1], 1)
        since = _since(recall >= recall[-1] / 2)
        for k, name in enumerate(classes):
            if recall[-1, k] > 0:
                since_by_class[name].append(float(since[k]))
    return {name: float(np.mean(epochs)) if epochs else None for name, epochs in since_by_class.items()}
