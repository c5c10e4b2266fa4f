"""DUP002 near-duplicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import pairs_in, set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DUP002",
    message="{members} are the same one{how}",
    headline=("{members} form a set of near-copies", "{members} form {n} sets of near-copies"),
    cost="{copies} of them could go without loss",
    worth=0.1,
    since="0.1.0",
    scope="set",
)
def near_duplicate(duplicates: DataFrame) -> DataFrame:
    """The same item is in the set more than once in slightly different forms.

    What it does
    ------------
    Groups items whose perceptual fingerprints agree and that then prove to be one when they are compared themselves.
    Recordings are compared piece by piece: the same recording at another gain, in another lossy format, or shifted. A
    chime that two recordings share does not make them one. Stretches of one file that overlap are copies where they
    share 95 % of their time. Pictures are laid on one another: made smaller, saved again, cropped, turned, mirrored,
    framed, brightened, partly covered, or tiles of one picture that overlap. Texts are held against one another word
    by word: case, punctuation, accents that one of them leaves out, vowel signs and forms of letters, a slip of the
    hand, a please more, another text around it; a number, a negation or, in short ones, a word of content makes two.
    Rows of a table count by how rare the values are in which they agree, and against it by each that differs. Frames of
    a burst are left to burst, and exact copies alone to exact-duplicate. Pairs that people decided to be no copies are
    none.

    Why is this bad?
    ----------------
    As with exact copies; and these survive a comparison of bytes, so they leak between splits unseen.

    What to do
    ----------
    Keep the best of each set. They are kept in one fold when the baseline is trained. Two that are no copies after all:
    `dsaudit apart RUN ITEM ITEM` says so for good.

    Options
    -------
    None.

    Limits
    ------
    Recordings of near-silence and pictures of one colour have too little content to be told apart and are left out.
    Heavy noise or a changed speed hides a copy of a recording, a crop to less than half the area one of a picture. What
    was drawn, without the grain of a photograph, counts as a copy only as a whole, upright and with nothing on it
    changed: the same dial with another reading is none.

    References
    ----------
    J. Haitsma and T. Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002.
    D. Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004.
    """
    near = duplicates["near_set"]
    sets = set_table(near)
    exact = duplicates["exact_set"].reindex(near.dropna().index)
    # a set that holds nothing but copies of one item is an exact set already
    kinds = exact.where(exact.notna(), exact.index.to_series()).groupby(near.dropna()).nunique()
    sets = sets[kinds.reindex(sets.index).to_numpy() > 1]
    told = pairs_in(sets, duplicates)
    return sets.assign(**told, score=0.5 / (sets["n_items"] - 1), flagged=True)
