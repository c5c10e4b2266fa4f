"""Where an item has named fields, their values may explain errors."""

from __future__ import annotations

import numpy as np
import pandas as pd

import dsaudit


def test_a_value_of_a_column_explains_errors(tmp_path):
    rng = np.random.default_rng(0)
    plan, wrong = rng.choice(["basic", "plus", "old", "team"], 400), rng.random(400)
    label, of_old = rng.choice(["paid", "late"], 400), plan == "old"
    other = np.where(label == "paid", "late", "paid")
    told = np.where(wrong < np.where(of_old, 0.6, 0.05), other, label)
    p = np.where((told == "late")[:, None], [[0.9, 0.1]], [[0.1, 0.9]])
    np.savez(tmp_path / "p.npz", pred_probs=p, ids=[f"row-{k + 1:05d}" for k in range(400)], classes=["late", "paid"])
    frame = pd.DataFrame({"plan": plan, "size": rng.integers(0, 90, 400), "label": label})
    frame.to_csv(tmp_path / "orders.csv", index=False)
    files = {"encoder": "none", "pred_probs": str(tmp_path / "p.npz"), "label_column": "label"}
    run = dsaudit.audit(tmp_path / "orders.csv", modality="table", out=tmp_path, jobs=1, report=False, **files)
    assert [(one.cause.name, one.cause.value) for one in run.metrics.causes] == [("plan", "old")]
    assert "plan `old`" in run.metrics.causes[0].text
