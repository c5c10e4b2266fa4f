"""A few rows that people looked at teach of all others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.candidate import suspicion
from dsaudit.analysis.cell.teach import groups, rows_to_ask, taught


def _table():
    rng = np.random.default_rng(0)
    sizes = np.where(rng.random(300) < 0.4, "12 oz", "12")
    frame = pd.DataFrame({"size": sizes, "town": rng.choice(["Bern", "Graz", "Lyon"], 300)})
    return frame, suspicion(frame)


def test_rows_to_ask_are_of_every_way_of_writing_and_none_comes_again():
    frame, found = _table()
    alike = groups(found)
    asked = rows_to_ask(found.p, alike, 6)
    assert len(set(asked)) == 6
    assert set(frame.loc[asked, "size"]) == {"12 oz", "12"}
    assert not set(rows_to_ask(found.p, alike, 6, asked)) & set(asked)


def test_what_is_said_of_some_cells_holds_for_those_like_them():
    frame, found = _table()
    alike = groups(found)
    asked = rows_to_ask(found.p, alike, 12)
    meant = taught(found.p, alike, asked, np.zeros((12, 2)))
    unit = frame["size"].eq("12 oz").to_numpy()
    assert found.p[unit, 0].mean() > 0.8
    assert meant[unit, 0].mean() < 0.3
    assert (meant[asked] == 0).all()


def test_cells_that_nobody_spoke_of_teach_nothing():
    _, found = _table()
    alike = groups(found)
    meant = taught(found.p, alike, [0, 1], np.full((2, 2), np.nan))
    assert np.allclose(meant, np.clip(found.p, 0.003, 0.997), atol=1e-6)
