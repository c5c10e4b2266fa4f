"""Training dynamics against planted courses of training and a plain reference."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dsaudit.analysis.label.dynamics import COLUMNS, dynamics_table, learned_classes

EPOCHS = {
    "easy": [0.9, 0.9, 0.9, 0.9],
    "late": [-0.5, -0.2, 0.3, 0.6],
    "forgotten": [0.4, -0.1, 0.2, -0.3],
    "never": [-0.9, -0.8, -0.9, -1.0],
}


def planted():
    margins = np.array(list(EPOCHS.values()), dtype=np.float32).T
    return list(EPOCHS), margins, (1 + margins) / 2


def test_figures_of_planted_courses():
    ids, margins, confidence = planted()
    table = dynamics_table(ids, [margins], [confidence], trained=np.ones((1, 4), dtype=bool))
    assert list(table.columns) == list(COLUMNS)
    assert table["aum"].tolist() == pytest.approx([0.9, 0.05, 0.05, -0.9], abs=1e-6)
    assert table["forgetting"].tolist() == [0, 0, 2, 0]
    assert table["confidence"].tolist() == pytest.approx([0.95, 0.525, 0.525, 0.05], abs=1e-6)
    assert table["variability"].tolist() == pytest.approx(confidence.std(0).tolist(), abs=1e-6)
    assert table["learned_at"].tolist()[:2] == [1.0, 3.0]
    assert table["learned_at"].isna().tolist() == [False, False, True, True]


def test_only_models_trained_on_an_item_count():
    rng = np.random.default_rng(1)
    margins = [rng.uniform(-1, 1, (epochs, 30)).astype(np.float32) for epochs in (3, 5, 4)]
    trained = rng.random((3, 30)) < 0.6
    trained[:, 0] = False
    table = dynamics_table([f"i{k}" for k in range(30)], margins, [(m + 1) / 2 for m in margins], trained=trained)
    assert "i0" not in table.index
    for name, row in table.iterrows():
        k = int(str(name)[1:])
        mine = [m[:, k].astype(float) for m, t in zip(margins, trained, strict=True) if t[k]]
        assert row["aum"] == pytest.approx(np.mean([m.mean() for m in mine]))
        drops = np.mean([sum(a > 0 >= b for a, b in pairwise(m)) for m in mine])
        assert row["forgetting"] == np.floor(drops + 0.5)
        since = [next(e for e in range(len(m)) if (m[e:] > 0).all()) + 1 for m in mine if m[-1] > 0]
        if len(since) * 2 > len(mine):
            assert row["learned_at"] == pytest.approx(np.mean(since))
        else:
            assert np.isnan(row["learned_at"])


def test_a_model_without_epochs_and_items_without_a_label_are_left_out():
    ids, margins, confidence = planted()
    margins[:, 1] = np.nan
    none = np.zeros((0, 4), dtype=np.float32)
    table = dynamics_table(ids, [none, margins], [none, confidence], trained=np.ones((2, 4), dtype=bool))
    assert table.index.tolist() == ["easy", "forgotten", "never"]
    assert dynamics_table(ids, [none], [none], trained=np.ones((1, 4), dtype=bool)).empty


def test_class_is_learned_when_its_recall_stays_at_half_of_its_last():
    course = [((right, 10), (0, 10)) for right in (1, 8, 2, 5, 8)]
    assert learned_classes([course], ["a", "b"]) == {"a": 4.0, "b": None}
    assert learned_classes([course, course[-1:], []], ["a", "b"]) == {"a": 2.5, "b": None}
