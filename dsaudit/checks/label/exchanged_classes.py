"""LBL005 exchanged-classes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.rule import rule

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from pandas import DataFrame


@rule(
    "LBL005",
    message="{text}",
    cost="one command puts them right, and until then they are not among the labels to review one by one",
    severity="error",
    worth=10.0,
    since="0.1.0",
    scope="set",
    named_subject=True,
    uses_label=True,
)
def exchanged_classes(exchanged: DataFrame) -> DataFrame:
    """Whole classes stand for others: exchanged, shifted or merged by a bug in a label file.

    What it does
    ------------
    Looks at every split, group, folder and run of rows: do the items given as one class answer there as those of
    another class answer elsewhere? The witness is a model that did not learn from the part, or a class name in the
    path of the files, which alone can tell of a mix-up in the whole dataset. Found are exchanges of two classes,
    rings of three or more, shifts by one along the sorted class names, and a class gone into another one. A finding
    is as clear as chance brings up once in 100 datasets, whatever the number of parts and classes, where the items
    of a part answer as unlike the rest as those of other parts do.

    Why is this bad?
    ----------------
    One line of code made them all, and no amount of data averages them out. A review item by item would take hours
    over what one command puts right, and a model that has learned it looks no worse in its own test.

    What to do
    ----------
    Look at three of the items, then `dsaudit remap RUN` writes the right labels of all of them into the ledger, as
    one decision that one `dsaudit undo` takes back. Mend the label file, too. These items are not among the
    label-error candidates until then.

    Options
    -------
    None.

    Limits
    ------
    Classes exchanged throughout look right to every model: only a name in the path gives them away. Of two halves
    the model cannot know which one is right; the message then says so. Parts of fewer than 8 items, and fewer than 4
    items that answer as another class, are not judged; a model that is right on 60 % needs some 20 items a class. Of
    a merge only the items that the model takes for the missing class are told, some of them wrongly.

    References
    ----------
    The likelihood ratio is held against Markov's inequality; T. Minka, "Estimating a Dirichlet distribution", 2000
    (items of a part err together).
    """
    texts = [_text(row) for row in exchanged.to_dict("records")]
    return exchanged.assign(
        text=pd.Series(texts, index=exchanged.index, dtype=object),
        score=np.zeros(len(exchanged)),
        flagged=np.ones(len(exchanged), dtype=bool),
    )


def _text(row: Mapping[Hashable, Any]) -> str:
    """The mix-up in one sentence."""
    moves = json.loads(row["moves"])
    n, n_of, noun = int(row["n"]), int(row["n_of"]), row["noun"]
    where = f" {row['where']}" if row["where"] else ""
    if row["kind"] == "merge":
        [(into, gone)] = moves.items()
        said = f"`{gone}` looks merged into `{into}`{where}"
        return f"{said}: {n:,} of the {n_of:,} `{into}` {noun} there look like `{gone}`, which is missing"
    if row["kind"] == "shift":
        first = ", ".join(f"`{a}` is `{b}`" for a, b in list(moves.items())[:2])
        said = f"labels look shifted by one class in all {n:,} {noun}{where}: {first} and so on"
    elif row["kind"] == "cycle":
        ring = ", ".join(f"`{a}` is `{b}`" for a, b in moves.items())
        said = f"{_listed(list(moves))} look exchanged in all {n:,} of their {noun}{where}: {ring}"
    else:
        said = f"{_listed(list(moves))} look exchanged in all {n:,} of their {noun}{where}"
    if row["witness"] == "path":
        said += "; their paths name the right ones"
    return said + ("; or in all the others" if row["either"] else "")


def _listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return ", ".join(quoted[:-1]) + " and " + quoted[-1]
