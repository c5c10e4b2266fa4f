"""DUP001 exact-duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DUP001",
    message="{members} hold exactly the same content",
    headline=("{members} form a set of exact copies", "{members} form {n} sets of exact copies"),
    cost="{copies} of them could go without loss",
    worth=0.1,
    since="0.1.0",
    scope="set",
)
def exact_duplicate(duplicates: DataFrame) -> DataFrame:
    """The same content is in the set more than once.

    What it does
    ------------
    Compares the decoded content bit for bit, whatever container it is stored in: a WAV and the FLAC made
    from it are the same. Texts are compared as a reader sees them, without what shows nothing: blanks beyond one,
    zero-width characters, direction marks.

    Why is this bad?
    ----------------
    Copies give one item the weight of several, make the set look larger than it is, and make scores too
    good wherever copies fall on both sides of a split.

    What to do
    ----------
    Keep one item of each set. Copies are always kept in one fold when the baseline is trained.

    Options
    -------
    None.

    Limits
    ------
    Recordings of digital silence, and those of less than 50 ms, are too little to be copies of each other, and so are
    texts without a word.

    References
    ----------
    B. Barz and J. Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", J. Imaging 2020.
    """
    sets = set_table(duplicates["exact_set"])
    return sets.assign(score=0.5 / (sets["n_items"] - 1), flagged=True)
