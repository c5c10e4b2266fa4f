"""TXT012 control-characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT012",
    message="{hidden} in it",
    headline=("{flagged} holds characters that nobody sees", "{flagged} hold characters that nobody sees"),
    since="0.1.0",
    modalities=("text",),
)
def control_characters(measurements: DataFrame) -> DataFrame:
    """Characters that nobody sees: controls, zero-width spaces, turns of direction.

    What it does
    ------------
    Looks for control characters, zero-width spaces and joiners, soft hyphens, byte order marks, fillers and marks of
    direction. Joiners within emoji and in scripts that are written with them, direction marks beside right-to-left
    letters, tabs and line ends are right.

    Why is this bad?
    ----------------
    Words that look alike are two to a model, copies are not seen, and text may be hidden on purpose. One source that
    leaves them gives its class away.

    What to do
    ----------
    Remove them; `unicodedata.normalize` alone does not.

    Options
    -------
    No options.

    Limits
    ------
    Odd blanks, such as the no-break space, are not looked at.

    References
    ----------
    N. Boucher, R. Anderson, "Trojan Source: Invisible Vulnerabilities", 2021.
    """
    return said(measurements, "hidden")
