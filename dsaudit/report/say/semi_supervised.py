"""Learning from items without a label, in words: what did best, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.report.say.words import percent

if TYPE_CHECKING:
    from dsaudit.kind import Nouns
    from dsaudit.store.schema.metrics import SemiSupervisedFigures
    from dsaudit.types import Estimate


def said_of(found: SemiSupervisedFigures, nouns: Nouns) -> str:
    """What the labels are told by, and why, without a full stop.

    Parameters
    ----------
    found : SemiSupervisedFigures
    nouns : Nouns
        Of the kind of data.
    """
    among = f"{nouns.some(found.n)} without a label"
    best = found.rows[0]
    if best.ahead is not None:
        sure = "" if best.ahead.low > 0 else ", which may be chance"
        return f"learned from {among}, by {best.head}: {points(best.ahead)} points against labels alone{sure}"
    tried = max((row for row in found.rows if row.ahead), key=lambda row: row.accuracy)
    assert tried.ahead is not None
    worse = "is worse" if tried.ahead.high < 0 else "is no better"
    return f"labels alone are used: learning from {among} {worse}, by {tried.head} {points(tried.ahead)} points"


def table_of(found: SemiSupervisedFigures) -> list[tuple[str, str, str]]:
    """Name, accuracy and difference to labels alone in points, as text, the best first."""
    return [(row.head, percent(row.accuracy), points(row.ahead) if row.ahead else "") for row in found.rows]


def points(ahead: Estimate) -> str:
    """A difference of two shares in points, with its interval.

    Examples
    --------
    >>> from dsaudit.types import Estimate
    >>> points(Estimate(0.031, -0.004, 0.066))
    '+3.1 (−0.4 to +6.6)'
    """
    value, low, high = (f"{100 * x:+.1f}".replace("-", "−") for x in (ahead.value, ahead.low, ahead.high))
    return f"{value} ({low} to {high})"
