"""A training part with planted faults, a clean test part of other speakers, and the oracle that knows both (B14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import soundfile

from tests import defects

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TEST_SHARE, FLIP_SHARE, DEFECT_SHARE = 0.4, 0.15, 0.10
_BACKGROUND = "_silence_"
"""A class of background noise: cutting it or making it quieter is no fault."""


@dataclass(frozen=True)
class Planted:
    """One seed's experiment.

    Attributes
    ----------
    train : DataFrame, index ``item_id``
        ``path``, ``label`` (given, flips included), ``group``, ``truth``, ``fault`` (``flip``, ``defect`` or None)
        and ``recipe``.
    test : list of str
        Item ids of the clean test part.
    """

    train: pd.DataFrame
    test: list[str]

    @property
    def n_faults(self) -> int:
        return int(self.train["fault"].notna().sum())


def clean_items(root: Path) -> pd.DataFrame:
    """``path``, ``label`` and ``group`` (speaker or None) by item id."""
    table = pd.read_csv(root / "labels.csv", dtype=str, keep_default_na=False).set_index("path", drop=False)
    table.index.name = "item_id"
    return pd.DataFrame(
        {
            "path": [str(root / p) for p in table["path"]],
            "label": table["label"],
            "group": [s or None for s in table["speaker"]],
        },
        index=table.index,
    )


def confusable(predictions: pd.DataFrame) -> dict[str, str]:
    """For each class the one that the clean baseline takes it for most often."""
    wrong = predictions[predictions["given"] != predictions["predicted"]]
    counts = wrong.groupby(["given", "predicted"]).size().sort_values(ascending=False, kind="stable")
    found: dict[str, str] = {}
    for given, predicted in counts.index:
        found.setdefault(given, predicted)
    return found


def plant(items: pd.DataFrame, pairs: Mapping[str, str], folder: Path, *, seed: int) -> Planted:
    """Part speakers, flip labels (half uniform, half to the confusable class), write altered clips into ``folder``.

    Half of the defects are words cut at an end, half are made nearly or wholly silent, by the recipes A and B of
    ``tests/defects.py``. No item has two faults.
    """
    rng = np.random.default_rng(seed)
    units = items["group"].where(items["group"].notna(), "alone " + items.index.to_series())
    names = rng.permutation(np.sort(units.unique()))
    sizes = units.value_counts().reindex(names)
    n_units = int(np.searchsorted(sizes.cumsum(), TEST_SHARE * len(items)))
    is_test = units.isin(names[:n_units])
    train = items[~is_test].assign(truth=items["label"], fault=None, recipe=None)
    train = train.astype({"fault": object, "recipe": object, "label": object})

    n_flips, n_defects = round(FLIP_SHARE * len(train)), round(DEFECT_SHARE * len(train))
    order = rng.permutation(train.index)
    classes = np.array(sorted(items["label"].unique()), dtype=object)
    for k, item in enumerate(order[:n_flips]):
        truth = train.at[item, "truth"]
        other = pairs.get(truth) if k % 2 else None
        train.at[item, "label"] = other or rng.choice(classes[classes != truth])
        train.at[item, "fault"], train.at[item, "recipe"] = "flip", "confusable" if other else "uniform"
    kinds = [(name, [d for d in recipe if d.name.startswith(name)]) for recipe in (defects.RECIPE_A, defects.RECIPE_B)
             for name in ("cut", ("quiet", "silent"))]  # fmt: skip
    words = [i for i in order[n_flips:] if train.at[i, "truth"] != _BACKGROUND]
    for k, item in enumerate(words[:n_defects]):
        chosen = kinds[k % len(kinds)][1]
        defect = chosen[rng.integers(len(chosen))]
        path = folder / f"seed{seed}" / item
        if not path.exists():  # a file written again has other bytes: float WAV carries the time
            x, rate = soundfile.read(train.at[item, "path"], dtype="float32")
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, defect.make(x, rate, np.random.default_rng((seed, k))), rate, subtype=defect.subtype)
        train.at[item, "path"], train.at[item, "fault"] = str(path), "defect"
        train.at[item, "recipe"] = defect.name
    return Planted(train, list(items.index[is_test]))


def answered(train: pd.DataFrame, heard: pd.Index) -> pd.DataFrame:
    """The training part after the oracle has heard some items: right labels, defective clips gone."""
    known = train.index.isin(heard)
    labels = train["label"].where(~known, train["truth"])
    return train.assign(label=labels)[~(known & (train["fault"] == "defect").to_numpy())]
