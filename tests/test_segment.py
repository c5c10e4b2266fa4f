"""A stretch of a long recording is found fault with exactly as the same samples in a file of their own."""

from __future__ import annotations

import json

import numpy as np
import soundfile
from fabric import word, write_wav

from dsaudit import audit

RATE = 16_000


def test_both_forms_have_the_same_findings(tmp_path):
    clips = [(word(k), f"w{k % 3}", "train" if k % 4 else "test") for k in range(10)]
    clips += [(np.zeros(RATE, np.float32), "w0", "train"), (1e-4 * word(20), "w1", "train")]
    clips += [(word(3), "w1", "test"), (word(4)[: RATE // 3], "w2", "train"), (0.3 + 0.5 * word(5), "w2", "test")]
    own, talks, talk = [], [], []
    for k, (x, label, split) in enumerate(clips):
        common = {"id": f"c{k:02d}", "label": label, "split": split}
        write_wav(tmp_path / f"{k}.wav", x, RATE)
        own.append(common | {"path": f"{k}.wav"})
        start = sum(map(len, talk)) / RATE
        talks.append(common | {"audio_filepath": f"talk{k // 5}.wav", "offset": start, "duration": len(x) / RATE})
        talk.append(soundfile.read(tmp_path / f"{k}.wav", dtype="int16")[0])
        if k % 5 == 4:
            write_wav(tmp_path / f"talk{k // 5}.wav", np.concatenate(talk), RATE)
            talk = []
    found, measured = [], []
    for name, rows in (("own", own), ("talks", talks)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        run = audit(path, out=tmp_path / f"out-{name}", jobs=1, select=["FIL", "AUD", "DUP", "SPL"], report=False)
        found.append(sorted((f.code, tuple(f.item_ids), f.message) for f in run.findings.itertuples()))
        measured.append(run.measurements.drop(columns=["content_hash", "file_bytes"]))
    assert {code for code, *_ in found[0]} >= {"AUD001", "DUP003", "SPL001", "AUD006"}
    assert found[0] == found[1]
    assert measured[0].equals(measured[1])


def test_overlapping_stretches_are_copies_by_their_times_alone(tmp_path):
    bang = np.concatenate([np.zeros(RATE), 0.9 * word(1), np.zeros(RATE)]).astype(np.float32)
    write_wav(tmp_path / "talk.wav", bang, RATE)
    rows = [
        {"audio_filepath": "talk.wav", "offset": start, "duration": end - start, "label": "yn"[k % 2], "id": f"{k}"}
        for k, (start, end) in enumerate([(0.6, 2.2), (0.8, 2.4), (0.805, 2.4), (0.4, 2.1)])
    ]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = audit(tmp_path / "m.jsonl", out=tmp_path / "out", jobs=1, select=["DUP"], report=False)
    assert [(f.code, tuple(f.item_ids)) for f in run.findings.itertuples() if f.code == "DUP003"] == [
        ("DUP003", ("1", "2"))
    ]
