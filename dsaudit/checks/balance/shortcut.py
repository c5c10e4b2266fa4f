"""BAL003 shortcut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.cause.shortcut import recording_facts, shortcuts, single_sources
from dsaudit.rule import rule

if TYPE_CHECKING:
    from pandas import DataFrame


@rule(
    "BAL003",
    message="`{measurement}` alone tells {subject} from the rest: AUC {auc:.2f} ({own}, the rest {others})",
    headline=(
        "{n} class can be told by how it was recorded, whatever it holds",
        "{n} classes can be told by how they were recorded, whatever they hold",
    ),
    since="0.1.0",
    scope="class",
    worth=0.5,
)
def shortcut(
    items: DataFrame,
    measurements: DataFrame,
    columns: DataFrame,
    *,
    min_balanced_accuracy: float = 0.75,
    min_outlying: float = 5.0,
    max_p_value: float = 0.01,
) -> DataFrame:
    """One fact of the recording tells a class from the rest.

    What it does
    ------------
    Tries each fact that has nothing to do with what an item holds (sample rate, channels, encoding, size of
    the file for its length, duration, level, offset, bandwidth, quiet before and after the sound, source) on
    its own: can it tell the class from the rest, on groups it has not seen? Level, duration and the like
    differ between classes by nature, so there the class must stand apart from the other classes as these do
    not from each other. A class most of which comes from one source that holds little else counts too.

    Why is this bad?
    ----------------
    A model learns whatever tells the classes apart: it takes the shortcut, scores well on test items recorded
    the same way, and fails on all others.

    What to do
    ----------
    Bring all classes to one format, level and length. Where a class comes from another source or session,
    record it again with the others, or the others with it, and test on a source that was not trained on.

    Options
    -------
    min_balanced_accuracy : share, 0.5 to 1
        Least balanced accuracy of the fact alone, out of sample; 0.5 is chance.
    min_outlying : robust standard deviations, 0 up
        How far a class must stand apart in level, duration and the like.
    max_p_value : probability, 0.01 to 1
        Greatest share of permutations in which any fact does as well by chance.

    Limits
    ------
    With fewer than four classes level, duration and the like are not judged; nor are classes of fewer than
    eight items, or from fewer than three groups. Where each group is of one class only, a few of them may
    be recorded alike by chance: of four classes with three groups each nothing can be told. Where every
    class has its own level or duration, no one stands apart. A class that is a kind of recording, such as
    silence, may be rightly told by it.

    References
    ----------
    R. Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020.
    """
    labels, groups = items["label"], items["group"] if "group" in items.columns else None
    facts = recording_facts(items, measurements, columns)
    table = shortcuts(labels, facts, columns, groups=groups, min_outlying=min_outlying)
    if groups is not None:
        table = pd.concat([t for t in (single_sources(labels, groups), table) if len(t)] or [table])
    strength = (2.0 * table["balanced_accuracy"].astype(float) - 1.0).clip(0.0, 1.0)
    flagged = (
        (table["balanced_accuracy"] >= min_balanced_accuracy)
        & (table["p_value"] <= max_p_value)
        & table["stands_out"].astype(bool)
    ).astype(bool)
    table = table.assign(
        flagged=flagged,
        # what may differ by nature is healthy however well it tells the class
        score=np.where(flagged, 0.5 * (1.0 - strength), 1.0 - 0.5 * strength * table["stands_out"].astype(float)),
        measurement=table["fact"],
    )
    # of facts that tell it equally well the plainest, which comes first
    table = table.assign(score=table["score"].round(3)).sort_values(
        ["flagged", "score"], ascending=[False, True], kind="stable"
    )
    others_of = table[table["flagged"]].groupby("label")["measurement"].agg(lambda names: ", ".join(names[1:]))
    best = table.drop_duplicates("label").sort_values("label").set_index("label")
    best.index.name = None
    return best.assign(also=others_of.reindex(best.index).fillna(""))[
        ["score", "flagged", "measurement", "auc", "balanced_accuracy", "own", "others", "also", "item_ids"]
    ]
