"""Learning from items without a label in the fine-tuned network: held against the rest, used, kept or dropped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.evidence import semi_supervised
from dsaudit.evidence.fine_tuning import FineTuning
from dsaudit.evidence.semi_supervised import LABELS_ALONE, LEAST_OTHERS, SemiSupervised
from dsaudit.model.guessing import GUESSING
from dsaudit.model.semi_supervised import LEARNERS
from dsaudit.store.cache import Cache
from evidence.test_fine_tuning import folder, gathered

NAME = "fine-tuned FixMatch"
TRAINING = {"epochs": 1, "views": 0, "layers": 1}


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """Audits words of which a third has no label; the way that is named is best."""
    root = folder(tmp_path_factory.mktemp("words"))
    (root / "low" / "broken.wav").unlink()
    paths = sorted(str(p.relative_to(root)) for p in root.rglob("*.wav"))
    labels = ["" if k % 3 == 0 else p.split("/")[0] for k, p in enumerate(paths)]
    pd.DataFrame({"path": paths, "label": labels}).to_csv(root / "set.csv", index=False)
    cache, given = Cache(tmp_path_factory.mktemp("cache")), semi_supervised.held_against

    def audit(best):
        def first(*found, **how):
            return sorted(given(*found, **how), key=lambda row: row["head"] != best)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dsaudit.model.semi_supervised.LEARNERS", {"label spreading": LEARNERS["label spreading"]})
            patch.setattr("dsaudit.model.finetune.LEAST_STEPS", 2)
            patch.setattr(semi_supervised, "held_against", first)
            made = gathered(root / "set.csv", cache, semi_supervised=True, training=TRAINING)
            made.evidence.get("dynamics")
            return made

    return audit, audit(NAME), cache


def test_what_a_network_learned_is_used_kept_and_told(audited, tmp_path, monkeypatch):
    audit, made, cache = audited
    found = made.baseline
    told = found.semi_supervised
    assert told["best"] == NAME
    assert {row["head"] for row in told["rows"]} == {LABELS_ALONE, "label spreading", *GUESSING}
    assert {row["head"] for row in told["rows"] if row["ahead"] is None} == {LABELS_ALONE}
    assert isinstance(found.trained, FineTuning)
    assert found.trained.guessing == NAME
    assert "FixMatch" in found.predictions.model_card["head"]
    assert found.training["recipe"]["epochs"] == 1
    assert made.evidence.get("dynamics")["aum"].between(-1, 1).all()
    others = found.predictions.unlabelled
    assert len(others) == 6
    assert np.allclose(others.sum(axis=1), 1, atol=1e-5)
    assert (found.predictions.agreement == 1).all()  # told by the one model that did not learn from it
    kept = {p.parent.name for p in (cache.path / "training").rglob("networks.pt")}
    assert found.trained.key in kept
    assert len(kept) == 2  # and labels alone
    monkeypatch.setattr(FineTuning, "fit", lambda self: pytest.fail("trained again"))
    found.save_model(tmp_path / "model")
    assert (tmp_path / "model" / "networks.pt").read_bytes()
    again = audit(NAME)
    pd.testing.assert_frame_equal(again.evidence.get("pred_probs"), made.evidence.get("pred_probs"), check_exact=True)


def test_what_is_not_used_is_dropped(audited):
    audit, before, cache = audited
    for path in (cache.path / "stage").glob("semi-supervised-*"):
        path.unlink()
    made = audit(LABELS_ALONE)
    assert made.baseline.semi_supervised["best"] == LABELS_ALONE
    assert made.baseline.training["n_folds"] == 2
    assert made.baseline.trained.key != before.baseline.trained.key
    assert [p.name for p in (cache.path / "training").iterdir()] == [made.baseline.trained.key]


def test_of_many_items_some_are_drawn_and_without_a_network_there_is_no_such_way(audited):
    _, made, _ = audited
    ids, of = pd.Index([f"u{k:05d}" for k in range(LEAST_OTHERS + 50)]), made.evidence.get("embedded")

    def networks(alone):
        return SemiSupervised(made.context, of, made.evidence, alone, pd.DataFrame(), ids, "key").networks()

    tuned = networks(made.baseline.trained)
    assert [len(one.others) for one in tuned.values()] == [LEAST_OTHERS] * len(GUESSING)
    assert len({one.key for one in tuned.values()}) == len(GUESSING)
    assert networks(object()) == {}
