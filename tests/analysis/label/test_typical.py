from __future__ import annotations

import numpy as np

from dsaudit.analysis.label.typical import typical_items


def test_the_surest_right_ones_spread_over_a_quarter_of_their_class() -> None:
    p = np.linspace(0.99, 0.51, 49)
    rows = typical_items(np.stack([p, 1 - p], axis=1), np.zeros(49, dtype=int), n=4)
    assert rows == [[0, 4, 8, 12], []]


def test_neither_doubted_nor_mistaken_nor_unjudged_items_are_typical() -> None:
    probs = [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8], [np.nan, np.nan], [0.6, 0.4]]
    given = [0, 0, 1, 0, 0, -1]
    assert typical_items(probs, given, doubted=[True, False, False, False, False, False]) == [[1], []]


def test_nothing_of_nothing() -> None:
    assert typical_items(np.empty((0, 3)), []) == [[], [], []]
