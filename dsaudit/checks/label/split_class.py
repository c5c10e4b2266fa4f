"""LBL003 split-class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "LBL003",
    message="the class {subject} is two separate groups of about {n_first:.0f} and {n_second:.0f} {many}{by}",
    headline=(
        "one label covers two separate groups of {things}",
        "{n} labels cover two separate groups of {things} each",
    ),
    since="0.1.0",
    scope="class",
    uses_label=True,
)
def split_class(subgroups: DataFrame) -> DataFrame:
    """One label covers two separate groups of items.

    What it does
    ------------
    Cuts each class in two in embedding space and looks for a valley: few items half way between the two
    halves, deeper than chance digs into normal data of the same size and spread. In sets of 20 classes and more the
    halves must also be farther apart than a class and the nearest other one.

    Why is this bad?
    ----------------
    A label that means two things (jaguar, the animal and the car) is a fault of the labelling guide, and
    no amount of training mends it.

    What to do
    ----------
    Look at the items at the heart of each half. Split the class, or send one half elsewhere.

    Options
    -------
    None.

    Limits
    ------
    Two kinds of microphone, or two speakers with most of the items, divide a class as well; where the
    halves follow a few groups, the message says so. Classes of fewer than 20 items are not judged.

    References
    ----------
    P. Warden, "Why you need to improve your training data, and how to do it", 2018 (the case); Y. Liu et
    al., "Statistical Significance of Clustering for High-Dimension, Low-Sample Size Data", JASA 2008.
    """
    hearts = [[*first, *second] for first, second in zip(subgroups["first"], subgroups["second"], strict=True)]
    named = np.where(subgroups["by_group"].astype(bool), ", which follow the groups of the items", "").astype(object)
    if "terms" in subgroups:
        named = named + np.where(subgroups["terms"] == "", "", ", " + subgroups["terms"].astype(str))
    return subgroups.assign(item_ids=pd.Series(hearts, index=subgroups.index, dtype=object), by=named)
