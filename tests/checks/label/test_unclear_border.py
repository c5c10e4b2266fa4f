from __future__ import annotations

import numpy as np
import pandas as pd
from fabric import evidence

from dsaudit.checks.label.unclear_border import unclear_border

N = 60


def made(seed=0):
    """Three classes; "left" and "right" are given at random to the same things."""
    rng = np.random.default_rng(seed)
    label = np.array(["left"] * N + ["right"] * N + ["stop"] * N, dtype=object)
    index = pd.Index([f"{name}/{k:03d}" for k, name in enumerate(label)], name="item_id")
    pairwise = np.where(label == "stop", 0.97, rng.normal(0.5, 0.08, 3 * N).clip(0.1, 0.9))
    quality = pd.DataFrame(
        {
            "pairwise_confidence": pairwise,
            "p_wrong": 1 - pairwise,
            "p_suggested": 0.9 * (1 - pairwise),
            "suggestion": np.where(label == "left", "right", "left"),
        },
        index=index,
    )
    return pd.DataFrame({"label": label}, index=index), quality


def test_one_class_under_two_names():
    items, quality = made()
    frame = unclear_border(items, quality, evidence()["subgroups"].iloc[:0])
    flagged = frame[frame["flagged"]]
    assert flagged.index.tolist() == ["left → right"]
    assert "Merge them" in flagged["text"].item()
    assert {i.split("/")[0] for i in flagged["item_ids"].item()} <= {"left", "right"}


def test_a_border_that_holds():
    items, quality = made()
    quality["pairwise_confidence"], quality["p_wrong"], quality["p_suggested"] = 0.95, 0.02, 0.02
    assert not unclear_border(items, quality, evidence()["subgroups"].iloc[:0])["flagged"].any()


def test_nothing_is_said_where_nothing_can_be_known():
    items, quality = made()
    assert unclear_border(items, quality.assign(p_wrong=np.nan), evidence()["subgroups"].iloc[:0]).empty
