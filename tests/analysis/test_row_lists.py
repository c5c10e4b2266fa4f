from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.row_lists import as_rows, column_of_lists, places_of_lists, values_of_lists

IDS = pd.Index([f"item {k}" for k in range(30)], dtype=object)
ROWS = np.random.default_rng(0).integers(0, 30, (30, 4)).astype(np.int32)


@pytest.fixture(params=["arrow", "objects"])
def lists(request):
    if request.param == "arrow":
        return pd.Series(column_of_lists(ROWS, names=IDS), index=IDS)
    return pd.Series([IDS.to_numpy()[row] for row in ROWS], index=IDS, dtype=object)


def test_places_are_those_of_the_names_in_any_order_and_where_some_are_missing(lists):
    order = [*IDS[::-1], "nobody"]
    lengths, places = places_of_lists(lists.reindex(order), IDS[10:])
    assert lengths.tolist() == [4] * 30 + [0]
    wanted = ROWS[::-1].ravel() - 10
    np.testing.assert_array_equal(places, np.where(wanted < 0, -1, wanted))
    cut = as_rows(lengths, places, width=3, nothing=-1)
    np.testing.assert_array_equal(cut, np.vstack([places.reshape(-1, 4)[:, :3], [-1, -1, -1]]))


def test_a_part_of_a_column_holds_its_own_lists(lists):
    part = lists[np.arange(30) % 3 == 1]
    assert values_of_lists(part)[1].tolist() == IDS.to_numpy()[ROWS[1::3]].ravel().tolist()
    assert part.iloc[2][0] == IDS[ROWS[7, 0]]


def test_numbers_keep_their_bits():
    values = np.random.default_rng(1).random((5, 3)).astype(np.float32)
    lengths, found = values_of_lists(pd.Series(column_of_lists(values)))
    np.testing.assert_array_equal(found.reshape(5, 3), values)
    assert lengths.tolist() == [3] * 5


def test_no_lists_at_all():
    lengths, places = places_of_lists(pd.Series([None, None], dtype=object), IDS)
    assert lengths.tolist() == [0, 0]
    assert not len(places)
    assert as_rows(lengths, places, width=0, nothing=-1).shape == (2, 0)
