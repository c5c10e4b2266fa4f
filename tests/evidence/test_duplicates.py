"""Sets of copies as evidence: what is said where not every pair was compared."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
from pandas.testing import assert_frame_equal

from dsaudit.evidence.duplicates import _by_times, duplicates
from dsaudit.media import kind_for
from dsaudit.media.audio.media import MEDIA
from dsaudit.store.cache import Cache


def clips(uris, folder):
    """The context of an audit of these addresses by id, with a cache in a folder."""
    return SimpleNamespace(
        items=pd.DataFrame({"uri": uris}),
        media=MEDIA,
        kind=kind_for("audio"),
        notes=[],
        apart=(),
        settings=SimpleNamespace(jobs=1),
        cache=Cache(folder),
        stage=lambda name, n: contextlib.nullcontext(),
        kept=lambda name, compute, *key: compute(),
    )


def test_pairs_that_were_not_compared_are_said(monkeypatch, tmp_path):
    for module in ("analysis.space", "evidence"):
        monkeypatch.setattr(f"dsaudit.{module}.duplicates.MOST_COMPARED", 1)
    ids = [f"{k}" for k in range(6)]
    # stretches of one file: their times tell, and nothing is read
    context = clips(dict(zip(ids, [f"talk.wav#t={k},{k + 1.5}" for k in range(6)], strict=True)), tmp_path)
    same = {"status": "ok", "perceptual_hash": "f" * 64}
    measured = pd.DataFrame({**same, "sample_hash": ids, "content_hash": ids}, index=ids)
    assert duplicates(context, measured, None)["near_set"].isna().all()
    assert len(context.notes) == 1
    assert context.notes[0].startswith("of the pairs of clips whose fingerprints agree, 3 were compared themselves")
    assert "were not, and count as no copies" in context.notes[0]
    monkeypatch.undo()
    assert duplicates(context, measured, None).attrs["n_not_compared"] == 0
    assert len(context.notes) == 1


def test_what_was_compared_once_is_not_read_again(tmp_path):
    ids = ["a", "b", "c"]
    files = [tmp_path / f"{name}.wav" for name in ids]
    sound = np.random.default_rng(0).normal(size=16_000) * np.abs(np.sin(np.arange(16_000) / 900)) * 0.2
    for file, gain in zip(files, (1.0, 0.5, 0.25), strict=True):
        soundfile.write(file, sound * gain, 16_000)
    context = clips(dict(zip(ids, [str(file) for file in files], strict=True)), tmp_path / "cache")
    same = {"status": "ok", "perceptual_hash": "f" * 64}
    measured = pd.DataFrame({**same, "sample_hash": ids, "content_hash": ids}, index=ids)
    before = duplicates(context, measured.iloc[:2], None)
    assert before["near_set"].tolist() == ["a", "a"]
    files[1].unlink()
    assert_frame_equal(duplicates(context, measured.iloc[:2], None), before)
    # the new one is looked at, beside what can be told without the file that is gone
    assert duplicates(context, measured, None)["near_set"].tolist() == ["a", "a", "a"]
    # of another content nothing is known
    assert duplicates(context, measured.assign(content_hash=["a", "x", "c"]).iloc[:2], None)["near_set"].isna().all()
    # and of a file that was gone nothing is kept
    soundfile.write(files[1], sound * 0.5, 16_000)
    assert duplicates(context, measured.assign(content_hash=["a", "x", "c"]).iloc[:2], None)["near_set"].notna().all()


def test_pairs_that_were_compared_before_a_kill_are_not_read_again(tmp_path, monkeypatch):
    ids = [f"{k}" for k in range(8)]
    for k, name in enumerate(ids):
        sound = np.random.default_rng(k // 2).normal(size=8_000) * np.abs(np.sin(np.arange(8_000) / 900)) * 0.2
        soundfile.write(tmp_path / f"{name}.wav", sound / (1 + k % 2), 16_000)
    context = clips(dict(zip(ids, [str(tmp_path / f"{name}.wav") for name in ids], strict=True)), tmp_path / "cache")
    hashes = [f"{k // 2}" * 64 for k in range(8)]
    measured = pd.DataFrame({"perceptual_hash": hashes, "sample_hash": ids, "content_hash": ids}, index=ids)
    monkeypatch.setattr("dsaudit.evidence.duplicates._PAIRS_AT_ONCE", 1)
    monkeypatch.setattr("dsaudit.evidence.duplicates._KEPT_EACH_S", -1.0)
    looked_at = []

    def stopped(work, batches, **_):
        for batch in batches:
            if len(looked_at) == 3:
                raise KeyboardInterrupt
            looked_at.append(batch)
            yield work(batch)

    monkeypatch.setattr("dsaudit.evidence.duplicates.map_batches", stopped)
    with pytest.raises(KeyboardInterrupt):
        duplicates(context, measured.assign(status="ok"), None)
    first, looked_at[:] = looked_at[0], []
    found = duplicates(context, measured.assign(status="ok"), None)
    assert found["near_set"].tolist() == ["0", "0", "2", "2", "4", "4", "6", "6"]
    assert first not in looked_at
    assert len(looked_at) < 3


def test_boxes_of_one_picture_are_copies_only_where_they_are_the_same_box():
    box = "a.jpg#box=10,10,50,50"
    assert _by_times(box, "a.jpg#box=10,10,50,51") is True
    assert _by_times(box, "a.jpg#box=20,10,60,50") is False
    assert _by_times(box, "a.jpg") is False
    assert _by_times(box, "b.jpg#box=10,10,50,50") is None  # has to be looked at
