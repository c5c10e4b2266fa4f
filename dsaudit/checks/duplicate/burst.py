"""DUP004 burst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "DUP004",
    message="{members} were taken in one go: {n_moments} frames of one scene",
    headline=("{members} are frames of one scene", "{members} are frames of {n} scenes"),
    cost="they count as several and say hardly more than one",
    worth=0.05,
    since="0.1.0",
    severity="info",
    scope="set",
)
def burst(duplicates: DataFrame) -> DataFrame:
    """Several items are frames of one scene, taken one after the other.

    What it does
    ------------
    Lists items that lie on one another as copies do and are none: two exposures from almost one place, each with a
    strip that the other lacks and with noise of its own, or with something in between that moved.

    Why is this bad?
    ----------------
    Frames of a burst say hardly more than one of them, and make scores too good wherever they fall on both sides of a
    split (leaked-burst). They are no copies: each is an item of its own.

    What to do
    ----------
    Nothing, where all are in one split; else see leaked-burst. To thin out, keep the sharpest of each. They are kept in
    one fold when the baseline is trained.

    Options
    -------
    None.

    Limits
    ------
    Frames from a tripod in which nothing moves cannot be told from one picture that was saved again, and are called
    near-duplicates. What more than half of a set would belong to is its kind, as of X-rays, and no scene. Parts of one
    picture cut out some pixels apart and saved again at a low quality look like frames.

    References
    ----------
    B. Barz and J. Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", J. Imaging 2020.
    """
    scene = duplicates["scene_set"]
    sets = set_table(scene)
    near = duplicates["near_set"].reindex(scene.dropna().index)
    # copies of one frame are one frame
    frames = near.where(near.notna(), near.index.to_series()).groupby(scene.dropna()).nunique().reindex(sets.index)
    sets = sets.assign(n_moments=frames.astype("int64"))[frames.to_numpy() > 1]
    return sets.assign(score=0.9 / sets["n_moments"], flagged=True)
