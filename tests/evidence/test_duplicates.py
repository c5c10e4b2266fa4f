"""Sets of copies as evidence: what is said where not every pair was compared."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pandas as pd

from dsaudit.evidence.duplicates import duplicates
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
        settings=SimpleNamespace(jobs=1),
        stage=lambda name, n: contextlib.nullcontext(),
        kept=lambda name, compute, *key: compute(),
    )
    measured = pd.DataFrame({"status": "ok", "sample_hash": ids, "perceptual_hash": "f" * 64}, index=ids)
    assert duplicates(context, measured, None)["near_set"].isna().all()
    assert len(context.notes) == 1
    assert "1 were compared themselves" in context.notes[0]
    assert "were not, and count as no copies" in context.notes[0]
    monkeypatch.undo()
    assert duplicates(context, measured, None).attrs["n_not_compared"] == 0
    assert len(context.notes) == 1
