"""Rows as one frame, however their cells are ordered."""

from __future__ import annotations

import pandas as pd

from dsaudit.media.table.row import frame_of


def test_cells_go_by_name_whatever_their_order():
    rows = [{"a": 1, "b\x1ftext": "x"}, {"a": 2, "b\x1ftext": None}]
    turned = [rows[0], dict(reversed(rows[1].items()))]
    lacking = [rows[0], {"a": 2}]
    for one in (turned, lacking):
        pd.testing.assert_frame_equal(frame_of(one), frame_of(rows))
        assert frame_of(one).attrs["types"] == {"b": "text"}
