"""LBL004 unclear-border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.label.advice import doubts_in, pair_advice
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "LBL004",
    message="{text}",
    headline=("the labels mix up two classes, one way or both", "the labels mix up {n} pairs of classes"),
    worth=1.0,
    since="0.1.0",
    scope="set",
    named_subject=True,
    uses_label=True,
)
def unclear_border(items: DataFrame, label_quality: DataFrame, subgroups: DataFrame) -> DataFrame:
    """The labels do not hold the border between two classes: merge, split, or rewrite the guide.

    What it does
    ------------
    Looks at each pair of classes that exchange labels. Merge: a model that learned from the labels cannot say of
    an item of either class which of the two it is (under 75 % of pairs ordered rightly, upper limit of the 95 %
    interval), and most items of both fit both. Guide: labels go wrong one way, at least five of them and, with
    95 % probability, at twice the rate of the reverse and of the other errors of the class. Split: a class is two
    separate groups, and the items at the heart of one of them look like another class.

    Why is this bad?
    ----------------
    Such errors are no slips: whoever labels the next thousand items makes them again. Repairing items one by one
    leaves the cause in place.

    What to do
    ----------
    Review a dozen items of the pair. If you cannot tell the classes apart either, merge them; if you can, write
    down how, and have the pair labelled again. Split a class that is two things, or move the group that belongs
    elsewhere.

    Options
    -------
    None.

    Limits
    ------
    A baseline that is too weak for a pair looks like people who cannot tell it apart: what it cannot tell, the
    labels seem to mix. Classes of fewer than 20 items are not judged. Confusions that go both ways at a rate below
    a quarter are not called a cause, however many there are.

    References
    ----------
    C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021
    (the joint of given and right labels); J. Hanley, B. McNeil, Radiology 1982 (the interval).
    """
    pairs = pair_advice(doubts_in(label_quality, items["label"]), subgroups=subgroups)
    flagged = pairs["advice"].ne("").to_numpy(dtype=bool)
    weight = np.clip(pairs["share_of_given"].to_numpy(dtype=np.float64), 0.0, 1.0)
    names = [f"{a} → {b}" for a, b in zip(pairs["given"], pairs["right"], strict=True)]
    return pairs.assign(
        flagged=flagged, score=np.where(flagged, 0.5 * (1.0 - weight), 1.0 - 0.5 * weight), n_items=pairs["n"]
    ).set_index(pd.Index(names, dtype=object))
