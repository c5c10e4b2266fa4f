"""Classes exchanged in one speaker's part: put right as one decision, taken back as one, gone from the next audit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import dsaudit
from dsaudit.cli import run as command
from dsaudit.errors import UsageError
from dsaudit.relabel.remap import chosen_remap, remaps_of
from dsaudit.relabel.screen.session import Session
from dsaudit.types import Decision


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """A manifest of texts in which a speaker's yes and no are exchanged, vectors that know better, and the truth."""
    folder = tmp_path_factory.mktemp("said")
    rng = np.random.default_rng(3)
    true = rng.choice(["yes", "no", "up"], 400)
    speakers = np.array([f"spk{k % 10}" for k in range(400)])
    swapped = pd.Series(true).map({"yes": "no", "no": "yes"}).fillna("up").to_numpy()
    label = np.where(speakers == "spk4", swapped, true)
    table = pd.DataFrame({"text": [f"saying {k}" for k in range(400)], "label": label, "speaker": speakers})
    table.to_csv(folder / "said.csv", index=False)
    np.save(folder / "vectors.npy", 4 * np.eye(6)[pd.Categorical(true).codes] + rng.normal(0, 1, (400, 6)))
    options = {"modality": "text", "embeddings": str(folder / "vectors.npy"), "report": False}
    return folder, options, dsaudit.audit(folder / "said.csv", **options), true


def test_one_decision_puts_all_right_and_one_undo_takes_it_back(said, capsys):
    folder, options, run, true = said
    n = int((run.items["label"].to_numpy() != true).sum())
    assert command(["remap", str(run.path), "--actor", "ann", "--dry-run"]) == 0
    assert f"Would relabel {n} texts: " in capsys.readouterr().out
    assert command(["remap", str(run.path), "--actor", "ann"]) == 0
    assert f"Relabelled {n} texts: " in capsys.readouterr().out
    assert command(["remap", str(run.path), "--actor", "ann"]) == 0
    assert "all of them were decided on already" in capsys.readouterr().out
    written = dsaudit.apply(folder / "said.csv", output=folder / "right.csv", embeddings=None)
    assert (pd.read_csv(folder / "right.csv")["corrected_label"] == true).all(), written

    again = dsaudit.audit(folder / "said.csv", **options)
    assert not (again.findings["code"] == "LBL005").any()
    assert (again.items["label"] == true).all()
    # nobody has heard these items: they are judged like any other
    assert set(remaps_of(run)[0].item_ids) <= set(again.label_quality.index)
    assert again.metrics.label_errors.verdicts == 0

    assert command(["undo", str(run.path), "--actor", "ann"]) == 0
    [said_of_all, _] = capsys.readouterr().out.splitlines()
    assert said_of_all.startswith(f"took back rows 1–{n}: {n} at once, ")
    assert {"× relabel no → yes", "× relabel yes → no"} <= {part[part.find("×") :] for part in said_of_all.split(", ")}
    with dsaudit.open_ledger(run) as ledger:
        assert ledger.count() == 2 * n
        assert ledger.history().undoable("ann") == []
    assert command(["undo", str(run.path), "--actor", "ann", "--redo"]) == 0
    assert capsys.readouterr().out == f"{said_of_all.replace('took', 'brought')}\n"
    with dsaudit.open_ledger(run) as ledger:
        assert ledger.verify().ok
        assert len(ledger.undo("ann")) == n


def test_what_was_decided_by_looking_stays(said, tmp_path):
    _, _, run, _ = said
    [found] = remaps_of(run)
    seen = run.items.loc[found.item_ids[0]]
    where = str(tmp_path / "ledger.sqlite")
    with dsaudit.open_ledger(run, ledger=where) as ledger:
        ledger.append([Decision("bob", "confirm", seen.name, seen["content_hash"], seen["label"], seen["label"])])
    _, rows, who = dsaudit.remap(run, actor="ann", ledger=where)
    assert who == "ann"
    assert {row.item_id for row in rows} == set(found.item_ids[1:])


def test_a_run_without_or_with_several_says_so(said):
    [found] = remaps_of(said[2])
    with pytest.raises(UsageError, match="no exchanged classes"):
        chosen_remap([], None)
    with pytest.raises(UsageError, match="2 findings"):
        chosen_remap([found, found], None)
    with pytest.raises(UsageError, match="begins with 'zz'"):
        chosen_remap([found], "zz")


def test_the_screen_offers_it_and_takes_it_back(said, tmp_path):
    run = said[2]
    [found] = remaps_of(run)
    n = len(found.item_ids)
    with dsaudit.open_ledger(run, ledger=str(tmp_path / "ledger.sqlite")) as ledger:
        session = Session(run, ledger, actor="ann")
        try:
            assert session.state("ann")["remaps"] == [
                {"finding": found.fingerprint, "text": found.text, "n": n, "rule": "LBL005"}
            ]
            assert len(session.remap("ann", found.fingerprint)) == n
            assert session.remap("ann", found.fingerprint) == []
            assert session.state("ann")["remaps"] == []
            assert len(session.undo("ann")) == n
            assert session.state("ann")["remaps"][0]["n"] == n
        finally:
            session.close()
        blind = Session(run, ledger, actor="ann", blind=True)
        assert blind.state("ann")["remaps"] == []
        blind.close()
