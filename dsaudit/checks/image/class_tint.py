"""IMG051 class-tint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG051",
    message="pictures of {subject} have a {tint_colour} tint all over, {more:.0%} further than those of other classes,"
    " whatever they show: it tells the class",
    headline=(
        "{n} class can be told by a tint of its pictures, whatever they show",
        "{n} classes can be told by a tint of their pictures, whatever they show",
    ),
    since="0.1.0",
    scope="class",
    modalities=("image",),
    worth=0.5,
)
def class_tint(marks: DataFrame, *, min_tint: float = 1.07, min_lead: float = 3.0) -> DataFrame:
    """A tint gives a class away: one shift of colour all over its pictures, by a lamp or a filter.

    What it does
    ------------
    Takes the light parts of sixteen places of each picture, and its edge. A class is held against the other classes
    where its pictures are least of a colour, where they are most of it, and along the edge. What a picture shows has
    its colour in some places; a tint shifts all three alike, far beyond what other classes differ by. Warm against
    cold and green against purple are looked at, on up to 3,000 pictures, 150 of a class.

    Why is this bad?
    ----------------
    A model learns the light and not the thing: it scores well on test pictures from the same source, and fails on all
    others.

    What to do
    ----------
    Balance the white of all pictures in one way, or take pictures of every class in every light; train with changes
    of colour, and test on a source that was not trained on.

    Options
    -------
    min_tint : times, 1 up
        How many times as strong one colour must be over the other as in other classes, where that is least.
    min_lead : deviations
        The same in robust standard deviations between the other classes.

    Limits
    ------
    Needs five classes of 12 pictures and more. A class whose pictures show nothing but one colour up to the edge, as
    meadows do, is taken for tinted; where all classes have such colours of their own, a tint is not seen. A faint tint
    may hide in small classes: of twenty pictures each, what makes one channel a third stronger is found in two of
    three.

    References
    ----------
    R. Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020.
    """
    tint, lead = marks["tint"].astype(float), marks["tint_lead"].astype(float)
    flagged = ((tint >= min_tint) & (lead >= min_lead)).astype(bool)
    score = np.where(flagged, 0.5 * min_lead / lead.clip(lower=min_lead), 1.0 - 0.5 * (lead / min_lead).clip(upper=1.0))
    return marks.assign(score=score, flagged=flagged, more=tint - 1.0)[
        ["score", "flagged", "tint_colour", "more", "tint_lead"]
    ]
