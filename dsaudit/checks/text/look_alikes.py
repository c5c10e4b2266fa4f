"""TXT013 look-alikes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT013",
    message="{look_alikes}",
    headline=(
        "{flagged} has letters of another script in its words",
        "{flagged} have letters of another script in their words",
    ),
    since="0.1.0",
    modalities=("text",),
)
def look_alikes(measurements: DataFrame) -> DataFrame:
    """Letters of another script stand for those they look like: a Cyrillic а in pаypal.

    What it does
    ------------
    Looks for words that mix Latin with Cyrillic or Greek letters of the same look, words made of such letters alone
    among Latin ones, and letters drawn as signs (mathematical, full-width).

    Why is this bad?
    ----------------
    To a model these are other words. They are written to pass filters, or slip in from another keyboard.

    What to do
    ----------
    Read them. Where they were meant to deceive keep them on purpose, else write them anew.

    Options
    -------
    No options.

    Limits
    ------
    Only what looks the same counts: units such as µm and Δt are right.

    References
    ----------
    Unicode Technical Standard 39, Unicode Security Mechanisms, confusables.
    """
    return said(measurements, "look_alikes")
