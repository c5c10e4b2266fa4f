"""TXT003 too-long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._length import length
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT003",
    message="{n_words:,.0f} words, where {usual_words:.0f} are usual here",
    headline=("{flagged} is far longer than the others", "{flagged} are far longer than the others"),
    since="0.1.0",
    severity="info",
    modalities=("text",),
)
def too_long(measurements: DataFrame, *, times: float = 6.0, spread: float = 4.5) -> DataFrame:
    """Far longer than the rest of the set.

    What it does
    ------------
    Compares the number of words with the median of the set, on a logarithmic scale. A text is flagged where it has
    ``times`` as many or more and lies apart from the rest by ``spread`` robust standard deviations. Texts written
    without blanks are counted by characters.

    Why is this bad?
    ----------------
    A whole thread, page or file slipped in as one text. Encoders read the beginning only: what the label speaks of may
    be behind it.

    What to do
    ----------
    Read them. Cut them into their parts, or leave them out.

    Options
    -------
    times : ratio, above 1
        Deviation from the median that is always accepted.
    spread : robust standard deviations
        Deviation accepted in sets whose lengths vary.

    Limits
    ------
    Where lengths thin out evenly nothing is flagged, however long the longest is.

    References
    ----------
    P. J. Rousseeuw, C. Croux, "Alternatives to the Median Absolute Deviation", JASA 1993.
    """
    return length(measurements, times=times, spread=spread, long=True)
