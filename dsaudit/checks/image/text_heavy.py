"""IMG013 text-heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.scoring import score_below
from dsaudit.checks.image._habit import unless_meant
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "IMG013",
    message="seems written or drawn, not photographed: {drawn_share:.0%} of the steps on it are abrupt",
    headline=(
        "{flagged} is a page, a screenshot or a drawing among photographs",
        "{flagged} are pages, screenshots or drawings among photographs",
    ),
    since="0.1.0",
    severity="info",
    modalities=("image",),
    status="preview",
)
def text_heavy(
    items: DataFrame, measurements: DataFrame, *, max_drawn_share: float = 0.45, max_share: float = 0.25
) -> DataFrame:
    """A page of text, a screenshot or a drawing, among photographs.

    What it does
    ------------
    Counts the steps between neighbouring pixels. Photographs have many small ones and few large; ink and screens have
    large ones and calm ground, and little between. Where more than ``max_share`` of the set are so, or three of four
    of a class, unlike the others, nothing is said of them one by one.

    Why is this bad?
    ----------------
    A screenshot of a photograph is not the photograph, and a page is about something else: collected from the web, both
    are among the commonest strangers.

    What to do
    ----------
    Look. Leave it out, or cut the photograph out of it.

    Options
    -------
    max_drawn_share : share of steps, 0 to 1
        More is flagged.
    max_share : share of the set, 0 to 1
        Sets with more such pictures are mixed by nature.

    Limits
    ------
    A hard black-and-white pattern on plain cloth looks the same, and blurred or noisy pages are missed.

    References
    ----------
    V. Athitsos, M. J. Swain, C. Frankel, "Distinguishing Photographs and Graphics on the World Wide Web", CBAIVL 1997.
    """
    table = measurements.reindex(columns=["drawn_share"]).astype(float).dropna()
    share = float((table["drawn_share"] >= max_drawn_share).mean()) if len(table) else 0.0
    if share > max_share:
        table = table[table["drawn_share"] < max_drawn_share]
    score = score_below(table["drawn_share"], bad=max_drawn_share, healthy=0.1)
    return unless_meant(table.assign(score=score, flagged=score < 0.5), items)
