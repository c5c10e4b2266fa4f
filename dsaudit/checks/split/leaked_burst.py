"""SPL004 leaked-burst."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.analysis.space.sets import counts_in_words, set_table
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "SPL004",
    message="{n_items} frames of one scene are in {splits}",
    headline=("frames of one scene are in more than one split", "frames of {n} scenes are in more than one split"),
    cost="test figures are too good until this is repaired",
    worth=1.0,
    since="0.1.0",
    severity="error",
    scope="set",
)
def leaked_burst(items: DataFrame, duplicates: DataFrame) -> DataFrame:
    """Frames of one scene, taken one after the other, are in different splits.

    What it does
    ------------
    Takes the sets of frames (burst) and lists those that reach into more than one split. A scene whose copies alone do
    so is left to leaked-duplicate.

    Why is this bad?
    ----------------
    The model is tested on what it was trained on but for a moment: the test score is better than the truth.

    What to do
    ----------
    Move all frames of a scene into one split. The baseline's folds never tear a scene apart.

    Options
    -------
    None.

    Limits
    ------
    Needs a split column, folders named after splits, or lists of files. See burst for what is taken for a frame.

    References
    ----------
    B. Barz and J. Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", J. Imaging 2020.
    """
    scene = duplicates["scene_set"].dropna()
    splits = items["split"].dropna()
    splits = splits[splits.index.isin(scene.index)]
    inside = scene.reindex(splits.index)
    near = duplicates["near_set"].reindex(splits.index)
    frame = near.where(near.notna(), near.index.to_series())
    n_splits = splits.groupby(inside).nunique()
    n_frames = frame.groupby(inside).nunique().reindex(n_splits.index)
    leaked = n_splits.index[(n_splits > 1) & (n_frames > 1)]
    sets = set_table(scene[scene.isin(leaked)])
    return sets.assign(splits=counts_in_words(splits, inside, sets.index), score=0.0, flagged=True)
