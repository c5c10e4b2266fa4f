from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.dataset.sample import sampled
from dsaudit.errors import UsageError


def items(**sizes):
    rows = [(f"{label}/{k}", None if label == "none" else label) for label, n in sizes.items() for k in range(n)]
    ids, labels = zip(*rows, strict=True)
    return pd.DataFrame({"label": pd.Series(labels, index=list(ids), dtype=object)})


def test_proportions_and_at_least_one_of_each():
    counts = sampled(items(a=900, b=90, c=9, none=1), 100)["label"].value_counts(dropna=False)
    assert counts.to_list() == [89, 9, 1, 1]


def test_fewer_than_classes():
    assert len(sampled(items(a=5, b=5, c=5), 2)) == 2


def test_all_when_there_are_no_more():
    frame = items(a=3)
    assert sampled(frame, 3) is frame


def test_seed_changes_the_draw_and_larger_samples_contain_smaller():
    frame = items(a=50)
    small, large = set(sampled(frame, 5).index), set(sampled(frame, 20).index)
    assert small < large
    assert set(sampled(frame, 5, seed=1).index) != small


@pytest.mark.parametrize("n", [0, -1])
def test_no_sample(n):
    with pytest.raises(UsageError, match="is none"):
        sampled(items(a=3), n)


def test_many_without_a_label_do_not_crowd_out_those_with_one():
    counts = sampled(items(a=30, b=20, none=9_950), 100)["label"].value_counts(dropna=False)
    assert counts["a"] + counts["b"] == 50
    assert len(sampled(items(none=9), 3)) == 3
