"""What people decided stays decided: across renames, seeds and corrected copies of the dataset."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabric import word, write_wav

import dsaudit
from dsaudit.errors import InconclusiveError
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.types import Decision

# memory is of findings about items: what sees their sound, and the model that sees their labels
OPTIONS = {"jobs": 1, "select": ["silent-clip", "LBL001"], "report": False}


def decide(run: dsaudit.Run, answer) -> dict[str, str]:
    """Answer every finding about one item; returns the action taken per item."""
    items = run.items
    taken: dict[str, str] = {}
    rows = []
    for record in run.findings.to_dict("records"):
        item_id = record["subject"]
        if record["scope"] != "item" or item_id in taken:
            continue
        action, label = answer(item_id)
        taken[item_id] = action
        row = items.loc[item_id]
        rows.append(
            Decision("ana", action, item_id, row["content_hash"], row["label"], label, cause=record["fingerprint"])
        )
    with Ledger.open(run.results / "ledger.sqlite") as ledger:
        ledger.append(rows)
    return taken


def about_items(run: dsaudit.Run) -> set[str]:
    table = run.findings
    return set(table.loc[table["scope"] == "item", "subject"])


def test_confirmed_items_are_never_flagged_again(doubted):
    first = dsaudit.audit(doubted, seed=0, **OPTIONS)
    assert about_items(first)
    assert first.silenced.empty
    taken = decide(first, lambda item_id: ("confirm", item_id.split("/")[0]))
    hashes = set(first.items["content_hash"][list(taken)])

    second = dsaudit.audit(doubted, seed=1, **OPTIONS | {"report": True})
    assert not about_items(second) & set(taken)
    assert set(second.silenced["silenced_by"]) == {"ana"}
    assert second.meta.review.silenced.by_actor == {"ana": len(second.silenced)}
    assert "stay silent" in second.report_path.read_text(encoding="utf-8")

    for k, path in enumerate(sorted(p for p in doubted.rglob("*.wav"))):
        path.rename(path.with_name(f"{path.name[:8]}_nohash_{100 + k}.wav"))
    third = dsaudit.audit(doubted, seed=2, **OPTIONS)
    flagged_again = set(third.items["content_hash"][sorted(about_items(third))])
    assert not flagged_again & hashes

    ignoring = dsaudit.audit(doubted, seed=1, memory=False, **OPTIONS)
    assert set(ignoring.items["content_hash"][sorted(about_items(ignoring))]) & hashes
    assert ignoring.meta.review is None


def test_corrected_labels_are_in_force_and_the_data_untouched(doubted):
    before = {p: p.read_bytes() for p in sorted(doubted.rglob("*.wav"))}
    first = dsaudit.audit(doubted, **OPTIONS)
    moved = [i for i in first.items.index if i.startswith("mid/x")]
    assert set(moved) <= about_items(first)

    def answer(item_id):
        if item_id in moved:
            return "relabel", "low"
        return ("exclude", None) if "feed0001" in item_id else ("confirm", item_id.split("/")[0])

    taken = decide(first, answer)
    second = dsaudit.audit(doubted, **OPTIONS)
    assert (second.items.loc[moved, "label"] == "low").all()
    assert (second.items.loc[moved, "given_label"] == "mid").all()
    excluded = {i for i, action in taken.items() if action == "exclude"}
    assert excluded
    assert not excluded & set(second.items.index)
    facts = second.meta.review
    assert (facts.n_corrected, facts.n_excluded) == (len(moved), len(excluded))
    # the model learns from the corrected labels
    given = second.predictions["given"]
    assert (given[moved] == "low").all()
    assert {p: p.read_bytes() for p in sorted(doubted.rglob("*.wav"))} == before


def test_a_file_whose_bytes_changed_is_asked_about_again(doubted):
    first = dsaudit.audit(doubted, **OPTIONS)
    quiet = "high/feed0001_nohash_9.wav"
    assert quiet in about_items(first)
    decide(first, lambda item_id: ("confirm", item_id.split("/")[0]))
    write_wav(doubted / quiet, 0.0011 * word(99, pitch_hz=110.0 * 1.7**2))
    second = dsaudit.audit(doubted, **OPTIONS)
    assert quiet in about_items(second)
    assert second.meta.review.changed == (quiet,)


def test_everything_excluded_is_inconclusive(tmp_path):
    data = tmp_path / "data"
    for k in range(3):
        write_wav(data / "a" / f"{k}.wav", np.float32(0.1) * word(k))
    first = dsaudit.audit(data, **OPTIONS)
    items = first.items
    with Ledger.open(first.results / "ledger.sqlite") as ledger:
        ledger.append([Decision("ana", "exclude", i, items["content_hash"][i], "a") for i in items.index])
    with pytest.raises(InconclusiveError, match="exclude every item"):
        dsaudit.audit(data, **OPTIONS)


def test_an_item_that_people_gave_its_first_label_is_settled(tmp_path):
    """The model says another label than they did: it is no candidate, and no figure counts it, also in a copy."""
    classes = ["apple", "berry", "cherry"]
    true = np.arange(150) % 3
    labels = [classes[t] for t in true]
    labels[0] = None
    frame = pd.DataFrame({"text": [f"no. {k}" for k in range(150)], "label": labels})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    rng = np.random.default_rng(0)
    said = true.copy()
    said[:9] = (true[:9] + 1) % 3
    probs = np.exp(3.0 * np.eye(3)[said] + 0.5 * rng.gumbel(size=(150, 3)))
    np.save(tmp_path / "p.npy", probs / probs.sum(axis=1, keepdims=True))
    options = {"pred_probs": str(tmp_path / "p.npy"), "jobs": 1, "select": ["LBL001"], "report": False}

    first = dsaudit.audit(tmp_path / "rows.csv", **options)
    item = str(first.items.index[0])
    assert pd.isna(first.items.loc[item, "label"])
    assert item not in first.label_quality.index
    with Ledger.open(first.results / "ledger.sqlite") as ledger:
        ledger.append([Decision("ana", "relabel", item, first.items.loc[item, "content_hash"], None, "apple")])
    second = dsaudit.audit(tmp_path / "rows.csv", **options)

    dsaudit.apply(tmp_path / "rows.csv", output=tmp_path / "corrected.csv")
    ledger_path = str(first.results / "ledger.sqlite")
    third = dsaudit.audit(tmp_path / "corrected.csv", ledger=ledger_path, out=tmp_path / "out", **options)
    for run in (second, third):
        row = run.label_quality.loc[item]
        assert run.items.loc[item, "label"] == "apple"
        assert (row["candidate"], row["p_wrong"]) == (False, 0.0)
        found = run.metrics.label_errors
        assert 6 < found.cut.n == run.label_quality["candidate"].sum() <= 8  # one of them is hard to see
        assert found.verdicts == 0
        assert item not in about_items(run)
