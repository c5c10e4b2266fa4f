"""IMG050 class-mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG050",
    message="something {where} of the picture stands on {own_share:.0%} of {subject} and {others_share:.0%} of the"
    " rest: it alone tells the class, AUC {auc:.2f}",
    headline=(
        "{n} class can be told by a mark on its pictures, whatever they show",
        "{n} classes can be told by a mark on their pictures, whatever they show",
    ),
    since="0.1.0",
    scope="class",
    modalities=("image",),
    worth=0.5,
)
def class_mark(marks: DataFrame, *, min_auc: float = 0.85, min_lead: float = 2.2) -> DataFrame:
    """A mark at one place of the pictures gives a class away: a watermark, a letter, a frame.

    What it does
    ------------
    Draws each picture to one size and looks at all of them through the same small window. Two plain models, one of
    colours and one of fine structure, try to tell a class from the rest through it, on pictures they have not seen. A
    class that is told by what its pictures show can be told in many places, and its places tell other classes, too;
    a mark tells one class in few places, nearly always. Up to 3,000 pictures are looked at, 150 of a class.

    Why is this bad?
    ----------------
    A model learns the mark and not the thing: it scores well on test pictures from the same source, and fails on all
    others.

    What to do
    ----------
    Look at the place that is named. Crop or cover it on all pictures, or take pictures of every class from every
    source, and test on a source that was not trained on.

    Options
    -------
    min_auc : 0.5 to 1
        Least area under the curve through the best window, out of sample, less its standard error; 0.5 is chance.
    min_lead : times, 1 up
        How far the best window must be ahead of what three quarters of the others reach, in deviations between two
        normal distributions.

    Limits
    ------
    The mark has to stand at the same place of the picture, in shares of its width and height. Classes of fewer than
    12 pictures, or from fewer than eight groups, are not judged. Where objects are laid out alike on every picture,
    as digits are, a part that one class alone has may be called a mark; of fewer than four classes it takes more.

    References
    ----------
    R. Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020; J. Zech et al.,
    "Variable generalization performance of a deep learning model to detect pneumonia in chest radiographs", 2018.
    """
    auc, lead = marks["auc"].astype(float), marks["lead"].astype(float)
    sure = auc - marks["auc_error"].astype(float)
    flagged = ((sure >= min_auc) & (lead >= min_lead)).astype(bool)
    strength = (2.0 * sure - 1.0).clip(0.0, 1.0)
    return marks.assign(score=np.where(flagged, 0.5 * (1.0 - strength), 1.0 - 0.5 * strength), flagged=flagged)[
        [
            "score",
            "flagged",
            "auc",
            "lead",
            "own_share",
            "others_share",
            "where",
            "left",
            "top",
            "right",
            "bottom",
            "item_ids",
        ]
    ]
