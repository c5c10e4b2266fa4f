"""TXT011 markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.checks.text._said import said
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "TXT011",
    message="{markup} stayed in it",
    headline=("{flagged} has markup in it", "{flagged} have markup in them"),
    since="0.1.0",
    modalities=("text",),
)
def markup(measurements: DataFrame) -> DataFrame:
    """HTML, Markdown or the like stayed in the text.

    What it does
    ------------
    Looks for HTML entities (also doubled, or without their ampersand) and tags, Markdown, forum and wiki markup, and
    escaped characters. A text about HTML, in which an entity or a tag stands alone and is spoken of, is left alone, and
    so are `a < b` and `AT&T`.

    Why is this bad?
    ----------------
    A model reads `&amp;` and `<br>` as words. Where one source was scraped, they tell it, and with it a class.

    What to do
    ----------
    Strip the markup and turn entities into their characters: `html.unescape`, an HTML parser.

    Options
    -------
    No options.

    Limits
    ------
    Code that is meant to be in a text looks like markup. Web addresses alone are none.

    References
    ----------
    microsoft/docfind#56, jbrry/Irish-BERT#21, entities left in text.
    """
    return said(measurements, "markup")
