"""What the page's scripts draw of training and of doubtful labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.report.say.cut import curve_to_show
from dsaudit.report.say.datamap import limits
from dsaudit.report.say.training import most_confused, thinned, training_of
from dsaudit.report.view import by_id, doubtful

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.report.view import RunView

_MOST_CLASSES, _MOST_EPOCHS = 20, 30


def training_data(run: RunView, position: Mapping[str, int], labels: dict[str, int]) -> dict[str, Any]:
    """Part of the page's data.

    Parameters
    ----------
    run : RunView
    position : mapping of item id to int
        The items that the page knows.
    labels : dict of class name to int
        Codes of the labels; names met for the first time are added.

    Returns
    -------
    dict
        ``epochs``: classes, how many there are in ``total``, the epochs kept (from 1), their ``counts``, the
        ``sums`` of whole rows and the ``accuracy``, None without training; ``regions``: the data map's limits
        (confidence, variability); ``doubt``: per item of the cut, the probability of a wrong label in per mille, null
        where it is a guess, and its kind; ``curve``: the expected yield, rows of n, expected, low, high.
    """
    return {
        "epochs": _epochs(run, labels),
        "regions": None if (dynamics := by_id(run.dynamics)) is None else list(limits(dynamics)),
        "doubt": _doubt(run, position),
        "curve": _curve(run),
    }


def _epochs(run: RunView, labels: dict[str, int]) -> dict[str, Any] | None:
    training = training_of(run.metrics, run.kind.nouns)
    if training is None or not training.confusions:
        return None
    at = thinned(len(training.confusions), _MOST_EPOCHS)
    chosen = most_confused(training.confusions[-1], _MOST_CLASSES)
    accuracy = training.mean("accuracy")
    return {
        "classes": [labels.setdefault(training.names[c], len(labels)) for c in chosen],
        "total": len(training.names),
        "at": [e + 1 for e in at],
        "counts": [[[training.confusions[e][g][p] for p in chosen] for g in chosen] for e in at],
        "sums": [[sum(training.confusions[e][g]) for g in chosen] for e in at],
        "accuracy": [round(accuracy[e], 4) for e in at],
    }


def _curve(run: RunView) -> list[list[float]]:
    found = run.metrics.label_errors
    if found is None or not found.known:
        return []
    shown = curve_to_show(found.curve, found.cut.n)
    return [[round(float(v), 2) for v in point] for point in shown]


def _doubt(run: RunView, position: Mapping[str, int]) -> dict[int, list[Any]]:
    table, found = doubtful(run), run.metrics.label_errors
    if table is None:
        return {}
    told = found is None or not found.guess
    return {
        position[str(item)]: [round(1000 * float(p)) if told else None, str(kind)]
        for item, p, kind in zip(table.index, table["p_wrong"], table["kind"], strict=True)
        if str(item) in position and (np.isfinite(p) or not told)
    }
