"""Cells that the rest of their row does not let expect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.column import columns_of
from dsaudit.analysis.cell.unlikely import unlikely


def _against(frame: pd.DataFrame) -> dict[tuple[int, int], tuple[float, str]]:
    """Probability that a cell is wrong, and why, by row and column."""
    hints, _ = unlikely(columns_of(frame.astype(str)))
    return {
        (int(row), hint.column): (float(p), str(why))
        for hint in hints
        for row, p, why in zip(hint.rows, hint.p, hint.why, strict=True)
    }


def test_columns_that_tell_nothing_of_one_another_argue_against_no_cell() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.choice(list("abcdefghij"), 400) for name in ("one", "two", "three")})
    assert not _against(frame)


def test_a_cell_that_the_others_of_its_row_contradict_is_told() -> None:
    rng = np.random.default_rng(0)
    town = pd.Series(rng.choice(["Bern", "Graz", "Lyon"], 400))
    frame = pd.DataFrame({"town": town, "country": town.map({"Bern": "CH", "Graz": "AT", "Lyon": "FR"})})
    frame["wine"] = town.map({"Bern": "Fendant", "Graz": "Welschriesling", "Lyon": "Beaujolais"})
    frame["noise"] = rng.choice(list("abcdefghij"), 400)
    frame.loc[3, "country"] = {"CH": "FR", "AT": "CH", "FR": "AT"}[frame.loc[3, "country"]]
    told = _against(frame)
    assert {row for row, _ in told} == {3}
    assert told[3, 1][1].startswith("the rest of its row is like rows with")
