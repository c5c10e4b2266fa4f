"""FIL006 unfetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "FIL006",
    message="{reason}",
    headline=("{flagged} was never fetched", "{flagged} were never fetched"),
    since="0.1.0",
    severity="error",
)
def unfetched(measurements: DataFrame) -> DataFrame:
    """A pointer or a web page stands in the file's place.

    What it does
    ------------
    Reports files that cannot be read as what they should be and are, by their content, a pointer of Git LFS or
    git-annex, a web page, or a server's answer in XML or JSON, saved under the file's name.

    Why is this bad?
    ----------------
    The data is not there. Loaders stop, or skip every such file without a word.

    What to do
    ----------
    Run what the message says: `git lfs pull`, `git annex get`, or the download again.

    Options
    -------
    No options.

    Limits
    ------
    Pointers of other tools are not known; they are reported as unreadable.

    References
    ----------
    https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    """
    table = measurements.reindex(columns=["status", "error"])
    flagged = table["status"] == "not-fetched"
    return table.assign(
        reason=table["error"].fillna("").astype(str), score=1.0 - flagged.astype(float), flagged=flagged
    )
