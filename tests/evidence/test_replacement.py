"""Which values of a row argue for its label, and which for the suggested one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.evidence import replacement
from dsaudit.evidence.replacement import N_VALUES, _weights

RNG = np.random.default_rng(0)


def test_a_value_argues_by_how_far_the_odds_fall_without_it() -> None:
    others = RNG.normal(size=(9_000, 2)).astype(np.float32)
    X = np.array([[2.0, 5.0], [-1.0, 5.0]], dtype=np.float32)
    weights = _weights(X, others, lambda rows: (3.0 * rows[:, 0]).reshape(-1, 2), lambda n: None)
    assert weights[:, 0] == pytest.approx([6.0, -3.0], abs=0.1)
    assert not weights[:, 1].any()
    assert N_VALUES % 2


def test_columns_asked_about_together_weigh_the_same_as_one_by_one(monkeypatch) -> None:
    rng = np.random.default_rng(1)
    others, X = rng.normal(size=(50, 5)).astype(np.float32), rng.normal(size=(3, 5)).astype(np.float32)

    def weights() -> np.ndarray:
        return _weights(X, others, lambda rows: (rows @ np.arange(5.0) + rows[:, 1] * rows[:, 4]).reshape(-1, 3), abs)

    together = weights()
    monkeypatch.setattr(replacement, "AT_A_TIME", 2 * 3 * N_VALUES)
    assert np.array_equal(weights(), together)


def test_the_column_that_tells_the_label_argues_against_a_wrong_one(tmp_path) -> None:
    n = 120
    size, town = RNG.normal(50, 10, n).round(1), RNG.choice(["Bern", "Graz"], n)
    label = np.where(size > 50, "big", "small")
    size[0], label[0] = 71.0, "small"
    table = pd.DataFrame({"town": town, "size": size, "label": label})
    run = dsaudit.audit(
        table, modality="table", label_column="label", head="linear", select=("LBL",), report=False, out=tmp_path
    )
    wrong = run.arguments.loc[run.items.index[0]]
    assert (wrong["given"], wrong["suggestion"]) == ("small", "big")
    shown = f"town: {town[0]}\nsize: 71\nlabel: small"
    argued = {shown[a:b]: w for a, b, w in zip(wrong["starts"], wrong["ends"], wrong["weights"], strict=True)}
    assert set(argued) == {"size: 71"}
    assert argued["size: 71"] > 1
