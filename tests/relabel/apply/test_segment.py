"""Rows that are a stretch of a file, applied: their columns stay, a tree holds the stretches alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from fabric import word, write_wav

import dsaudit
from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for
from dsaudit.relabel.apply.apply import apply_decisions
from dsaudit.types import Decision
from relabel.apply.test_apply import snapshot

RATE = 16_000


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("talks")
    write_wav(root / "data" / "talk.wav", np.concatenate([word(k) for k in range(4)]), RATE)
    rows = [{"audio_filepath": "data/talk.wav", "offset": k, "duration": 1.0, "label": f"w{k}"} for k in range(4)]
    rows += [{"audio_filepath": "data/talk.wav", "offset": None, "duration": None, "label": "all"}]
    (root / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return dsaudit.audit(
        root / "m.jsonl", out=tmp_path_factory.mktemp("out"), select=["FIL", "DUP"], jobs=1, report=False
    )


def said(run, item, action, label=None, seq=1):
    row = run.items.loc[item]
    return Decision(
        "ann", action, item, content_hash=row["content_hash"], old_label=row["label"], new_label=label, seq=seq
    )


@pytest.fixture
def decisions(run):
    return [said(run, "data/talk.wav#0-1", "exclude"), said(run, "data/talk.wav#1-2", "relabel", "w9", 2)]


def test_a_manifest_keeps_its_columns(run, decisions, tmp_path):
    done = apply_decisions(run, decisions=decisions, output=tmp_path / "new.jsonl")
    rows = [json.loads(line) for line in done.manifest.read_text().splitlines()]
    assert [(r["offset"], r["duration"]) for r in rows] == [(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0), (None, None)]
    assert [r["excluded"] for r in rows] == [True, False, False, False, False], "the others of the file stay"
    assert rows[1]["corrected_label"] == "w9"


@pytest.mark.parametrize("link", ["copy", "symlink"])
@pytest.mark.parametrize("repairs", [{}, {"loudest_ms": 500}])
def test_a_tree_holds_the_stretches_and_the_originals_stay(run, decisions, tmp_path, link, repairs):
    data = run.root / "data"
    before = snapshot(data)
    whole, _ = soundfile.read(data / "talk.wav", dtype="int16")
    done = apply_decisions(run, decisions=decisions, tree=tmp_path / "tree", link=link, repairs=repairs)
    assert snapshot(data) == before
    assert done.grown.n_cut == 3
    assert done.grown.paths == {
        "data/talk.wav#1-2": "w9/talk_1-2.wav",
        "data/talk.wav#2-3": "w2/talk_2-3.wav",
        "data/talk.wav#3-4": "w3/talk_3-4.wav",
        "data/talk.wav": "all/talk.wav",
    }
    for k, label in ((1, "w9"), (2, "w2"), (3, "w3")):
        path = tmp_path / "tree" / label / f"talk_{k}-{k + 1}.wav"
        assert not path.is_symlink()
        x, _ = soundfile.read(path, dtype="int16")
        stretch = whole[k * RATE : (k + 1) * RATE]
        if repairs:
            assert len(x) == RATE // 2
            assert any(np.array_equal(x, stretch[at : at + len(x)]) for at in range(RATE // 2))
        else:
            np.testing.assert_array_equal(x, stretch)
    rows = [json.loads(line) for line in (tmp_path / "tree" / "manifest.jsonl").read_text().splitlines()]
    assert [(r["offset"], r["original_offset"], r["original_duration"]) for r in rows[:3]] == [
        (None, k, 1.0) for k in (1, 2, 3)
    ]
    again = open_dataset(tmp_path / "tree" / "manifest.jsonl", kind_for("audio")).items
    assert sorted(again.index) == sorted(done.grown.paths), "files of their own now, under their old ids"
    assert not again["uri"].str.contains("#t=").any()


def test_what_cannot_be_cut_out_is_left_out(run, tmp_path):
    write_wav(tmp_path / "d" / "talk.wav", word(0), RATE)
    (tmp_path / "m.csv").write_text("path,start,end,label\nd/talk.wav,0,0.5,a\nd/talk.wav,7,8,b\n")
    own = dsaudit.audit(tmp_path / "m.csv", out=tmp_path / "out", jobs=1, select=["FIL"], report=False)
    assert own.findings["item_ids"].tolist() == [["d/talk.wav#7-8"]]
    assert "it ends before the stretch from 7 to 8 s" in own.findings["message"].iloc[0]
    decisions = [said(own, "d/talk.wav#0-0.5", "confirm", "a")]
    done = apply_decisions(own, decisions=decisions, tree=tmp_path / "tree")
    assert list(done.grown.paths) == ["d/talk.wav#0-0.5"]
    assert any("it ends before" in text for _, text in done.grown.problems)
