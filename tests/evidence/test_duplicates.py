"""Sets of copies as evidence: what is said where not every pair was compared."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pandas as pd

from dsaudit.evidence.duplicates import _by_times, duplicates
from dsaudit.media import kind_for
from dsaudit.media.audio.media import MEDIA


def test_pairs_that_were_not_compared_are_said(monkeypatch):
    for module in ("analysis.space", "evidence"):
        monkeypatch.setattr(f"dsaudit.{module}.duplicates.MOST_COMPARED", 1)
    ids = [f"{k}" for k in range(6)]
    # stretches of one file: their times tell, and nothing is read
    context = SimpleNamespace(
        items=pd.DataFrame({"uri": [f"talk.wav#t={k},{k + 1.5}" for k in range(6)]}, index=ids),
        media=MEDIA,
        kind=kind_for("audio"),
        notes=[],
        apart=(),
        settings=SimpleNamespace(jobs=1),
        stage=lambda name, n: contextlib.nullcontext(),
        kept=lambda name, compute, *key: compute(),
    )
    measured = pd.DataFrame({"status": "ok", "sample_hash": ids, "perceptual_hash": "f" * 64}, index=ids)
    assert duplicates(context, measured, None)["near_set"].isna().all()
    assert len(context.notes) == 1
    assert context.notes[0].startswith("of the pairs of clips whose fingerprints agree, 3 were compared themselves")
    assert "were not, and count as no copies" in context.notes[0]
    monkeypatch.undo()
    assert duplicates(context, measured, None).attrs["n_not_compared"] == 0
    assert len(context.notes) == 1


def test_boxes_of_one_picture_are_copies_only_where_they_are_the_same_box():
    box = "a.jpg#box=10,10,50,50"
    assert _by_times(box, "a.jpg#box=10,10,50,51") is True
    assert _by_times(box, "a.jpg#box=20,10,60,50") is False
    assert _by_times(box, "a.jpg") is False
    assert _by_times(box, "b.jpg#box=10,10,50,50") is None  # has to be looked at
