from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.checks.balance.class_imbalance import class_imbalance
from dsaudit.checks.balance.rare_class import rare_class


def sizes(**counts):
    return pd.DataFrame({"n": list(counts.values())}, index=list(counts))


def items(**counts):
    labels = [name for name, n in counts.items() for _ in range(n)]
    return pd.DataFrame({"label": labels}, index=[f"{i:04d}" for i in range(len(labels))], dtype=object)


def test_absolute_floor():
    frame = rare_class(items(a=9, b=10, c=11), sizes(a=9, b=10, c=11))
    assert frame["flagged"].to_dict() == {"a": True, "b": False, "c": False}
    assert frame.loc["b", "score"] == 0.5
    assert len(frame.loc["a", "item_ids"]) == 9


def test_floor_relative_to_the_median_class():
    frame = rare_class(items(a=30, b=400, c=500, d=600), sizes(a=30, b=400, c=500, d=600))
    assert frame["flagged"].to_dict() == {"a": True, "b": False, "c": False, "d": False}
    assert frame.loc["a", "floor"] == pytest.approx(45)


def test_imbalance():
    frame = class_imbalance(sizes(a=5, b=55))
    assert frame.loc["dataset", ["largest", "smallest", "ratio"]].tolist() == ["b", "a", 11]
    assert frame["flagged"].tolist() == [True]
    assert not class_imbalance(sizes(a=5, b=50))["flagged"].any()
    assert class_imbalance(sizes(a=5, b=50)).loc["dataset", "score"] == 0.5
    assert not len(class_imbalance(sizes(a=5)))
