"""TXT002 too-short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._length import length, unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT002",
    message="{n_words:.0f} words, where {usual_words:.0f} are usual here",
    headline=("{flagged} is far shorter than the others", "{flagged} are far shorter than the others"),
    since="0.1.0",
    severity="info",
    modalities=("text",),
)
def too_short(items: DataFrame, measurements: DataFrame, *, times: float = 6.0, spread: float = 3.5) -> DataFrame:
    """Far shorter than the rest of the set.

    What it does
    ------------
    Compares the number of words with the median of the set, on a logarithmic scale. A text is flagged where it has a
    ``times``-th of that or less and lies apart from the rest by ``spread`` robust standard deviations. Texts written
    without blanks are counted by characters. Of a class that is about short answers nothing is said.

    Why is this bad?
    ----------------
    A greeting or a fragment carries a label that nobody could give from it; a model learns it by heart.

    What to do
    ----------
    Read them. Leave out what says nothing.

    Options
    -------
    times : ratio, above 1
        Deviation from the median that is always accepted.
    spread : robust standard deviations
        Deviation accepted in sets whose lengths vary.

    Limits
    ------
    Short texts may be right: ok, no. In sets whose texts are all short nothing is flagged.

    References
    ----------
    P. J. Rousseeuw, C. Croux, "Alternatives to the Median Absolute Deviation", JASA 1993.
    """
    return unless_meant(length(measurements, times=times, spread=spread, long=False), items)
