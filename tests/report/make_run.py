"""Runs as the store would read them, made up: every size and every nasty name a report may meet."""

from __future__ import annotations

import io
import math
import struct
import wave
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image
from store.make_schema import meta, metrics, records

from dsaudit.errors import UnreadableItemError
from dsaudit.media.base import Preview
from dsaudit.media.previews import Previewer
from dsaudit.report.view import by_id
from dsaudit.store.schema.run import NotDone, RuleRecord, RunMeta, Timings
from report.make_metrics import metrics_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dsaudit.kind import Appearance
    from dsaudit.store.schema.metrics import Metrics
    from dsaudit.store.schema.tuning import Tuning

HOSTILE = (
    "<script>alert(1)</script>",
    "two\nlines",
    "مرحبا",
    "🦊 fox",
    "é" * 127,
    "</script>",
    "javascript:alert(1)",
    "a,b",
    "`tick`",
    "=cmd|' /C calc'!A0",
    "\u202eevil",
    "50%41",
)
WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go", "_silence_", "_unknown_")


@dataclass
class FakeRun:
    path: Path
    meta: RunMeta
    rules: tuple[RuleRecord, ...] = ()
    metrics: Metrics = field(default_factory=metrics)
    timings: Timings = field(default_factory=lambda: Timings("x", "", 0.0, {}))
    items: pd.DataFrame | None = None
    measurements: pd.DataFrame | None = None
    predictions: pd.DataFrame | None = None
    projection: pd.DataFrame | None = None
    neighbours: pd.DataFrame | None = None
    arguments: pd.DataFrame | None = None
    findings: pd.DataFrame | None = None
    scores: pd.DataFrame | None = None
    dynamics: pd.DataFrame | None = None
    label_quality: pd.DataFrame | None = None
    tuning: Tuning | None = None
    overview: dict[str, Any] | None = None

    @property
    def kind(self) -> Appearance:
        return self.meta.kind

    def columns_of(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        table = getattr(self, name)
        return table[[c for c in columns if c in table]]

    def rows_of(self, name: str, ids: Sequence[str], *, columns: Sequence[str]) -> pd.DataFrame:
        table = by_id(getattr(self, name))
        if table is None:
            return pd.DataFrame(index=pd.Index([], dtype=object))
        return table.loc[[i for i in ids if i in table.index], [c for c in columns if c in table]]


class FakeMedia:
    """Short beeps and small pictures, the same for every item."""

    modality = "audio"
    suffixes = frozenset({".wav"})
    measure_version = "1"
    default_encoder = "none"

    def __init__(self, *, broken: frozenset[str] = frozenset(), seconds: float = 0.4, mime: str = "audio/wav") -> None:
        self.broken, self.mime = broken, mime
        self.seconds = seconds

    def measure(self, path: Path) -> dict[str, Any]:
        raise NotImplementedError

    def read(self, path: Path) -> Any:
        raise NotImplementedError

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        if path.name in self.broken:
            raise UnreadableItemError(f"{path.name}: not a recording")
        data, picture, outline = beep(self.seconds)
        if self.mime.startswith("text/"):
            return Preview(self.mime, b"<b>not</b>\n" + path.name.encode(), b"")
        if self.mime.startswith("image/"):
            return Preview(self.mime, picture if with_data else b"", picture)
        return Preview(self.mime, data if with_data else b"", picture, outline, self.seconds)


def previewer(**options: Any) -> Previewer:
    return Previewer(FakeMedia(**options), jobs=1)


@lru_cache
def beep(seconds: float) -> tuple[bytes, bytes, bytes]:
    rate = 8000
    n = int(seconds * rate)
    t = np.arange(n) / rate
    wave_ = (np.sin(2 * np.pi * 440 * t) * np.exp(-3 * t) * 12000).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(wave_.tobytes())
    rng = np.random.default_rng(0)
    picture = io.BytesIO()
    Image.fromarray((rng.random((48, 120)) * 120 + np.linspace(120, 0, 48)[:, None]).astype(np.uint8)).save(
        picture, "PNG"
    )
    outline = b"".join(struct.pack("bb", -int(90 * math.exp(-k / 60)), int(90 * math.exp(-k / 60))) for k in range(200))
    return buffer.getvalue(), picture.getvalue(), outline


RULES = (
    ("FIL001", "unreadable", "error", "item", "The file cannot be decoded."),
    ("AUD002", "quiet-clip", "warning", "item", "Even the loudest part of the recording is too quiet."),
    ("AUD003", "truncated-start", "warning", "item", "The recording starts in the middle of a sound."),
    ("AUD004", "truncated-end", "warning", "item", "The recording ends in the middle of a sound."),
    ("AUD005", "clipped-peaks", "warning", "item", "The peaks are cut flat."),
    ("LBL001", "label-error-candidate", "warning", "item", "The label disagrees with what the model hears."),
    ("DUP001", "exact-duplicate", "warning", "set", "Several items hold the same samples."),
    ("SPL001", "leaked-duplicate", "error", "set", "The same recording lies in several splits."),
    ("BAL001", "rare-class", "info", "class", "A class has far fewer items than the others."),
    ("ERR001", "confused-pair", "info", "set", "Two classes are taken for each other."),
    ("OUT001", "outlier", "info", "item", "The item is far from all others."),
    ("ANN001", "low-agreement", "info", "item", "Annotators disagree."),
)


def rules(flagged: dict[str, int], n: int, *, skip: tuple[str, ...] = ("ANN001",)) -> tuple[RuleRecord, ...]:
    """The real rules of these codes, under names of their own."""
    real = {r.code: r for r in records()}
    return tuple(
        replace(
            real[code],
            name=name,
            summary=summary,
            doc={"What it does": f"Looks for {name}.", "Limits": "Some <b>false</b> alarms."},
            severity=severity,
            scope=scope,
            uses_label=code.startswith("LBL"),
            outcome="skipped" if code in skip else "ran",
            reason="no annotations in this dataset" if code in skip else "",
            n_checked=0 if code in skip else n,
            n_flagged=flagged.get(code, 0),
        )
        for code, name, severity, scope, summary in RULES
    )


def meta_of(path: Path, n: int, classes: Sequence[str], **more: Any) -> RunMeta:
    fields = {
        "root": str(path.parent / "words"),
        "n_items": n,
        "n_labelled": n,
        "n_measured": n,
        "classes": tuple(classes),
        "group_source": "speaker in the file name",
        "notes": ("2 hidden files were passed over",),
        "skipped": (NotDone("ANN001", "no annotations in this dataset"),),
    }
    return meta(**fields | more)


def empty_run(path: Path) -> FakeRun:
    nothing = pd.DataFrame({c: pd.Series(dtype=object) for c in ("uri", "label", "split", "group", "content_hash")})
    return FakeRun(
        path=path,
        meta=meta_of(path, 0, [], skipped=(NotDone("baseline", "there are no labelled items"),), group_source=""),
        rules=rules({}, 0, skip=tuple(r[0] for r in RULES)),
        metrics=metrics(),
        items=nothing,
    )


def clean_run(path: Path, n: int = 60) -> FakeRun:
    run = make_run(path, n=n, classes=["cat", "dog", "owl"], wrong=0.0, faults=False)
    run.rules = rules({}, n)
    return run


def make_run(
    path: Path,
    *,
    n: int = 240,
    classes: list[str] | tuple[str, ...] = ("cat", "dog", "owl"),
    wrong: float = 0.12,
    faults: bool = True,
    seed: int = 0,
    item_ids: list[str] | None = None,
    given: list[str] | None = None,
) -> FakeRun:
    rng = np.random.default_rng(seed)
    k = len(classes)
    names = np.array(classes, dtype=object)
    if item_ids is None:
        code = rng.integers(0, k, n)
        item_ids = [f"{_folder(classes[c])}/{j:06d}_nohash_{j % 7}.wav" for j, c in enumerate(code)]
    else:
        n = len(item_ids)
        code = np.array([list(classes).index(g) for g in given or []])
    predicted = code.copy()
    off = rng.random(n) < wrong
    predicted[off] = (code[off] + np.where(rng.random(off.sum()) < 0.7, 1, rng.integers(1, max(k, 2), off.sum()))) % k
    index = pd.Index(item_ids, name="item_id")
    items = pd.DataFrame(
        {
            "uri": [str(path.parent / "words" / i) for i in item_ids],
            "label": names[code],
            "split": rng.choice(["train", "validation", "test"], n, p=[0.8, 0.1, 0.1]),
            "group": [f"speaker{j % 40}" for j in range(n)],
            "content_hash": [f"{j:08x}" for j in range(n)],
        },
        index=index,
    )
    probs = np.full((n, k), 0.1 / max(k - 1, 1), dtype=np.float32)
    probs[np.arange(n), code] = 0.2
    probs[np.arange(n), predicted] = rng.uniform(0.5, 0.95, n)
    probs /= probs.sum(1, keepdims=True)
    predictions = pd.DataFrame(
        {"given": names[code], "predicted": names[predicted], "fold": np.arange(n) % 5}, index=index
    )
    predictions = pd.concat(
        [predictions, pd.DataFrame(probs, index=index, columns=[f"p:{c}" for c in classes])], axis=1
    )
    angle = 2 * np.pi * code / k
    projection = pd.DataFrame(
        {
            "x": (8 * np.cos(angle) + rng.normal(0, 1.2, n)).astype(np.float32),
            "y": (8 * np.sin(angle) + rng.normal(0, 1.2, n)).astype(np.float32),
            "cluster": np.where(rng.random(n) < 0.1, -1, code),
        },
        index=index,
    )
    measurements = pd.DataFrame(
        {
            "status": "ok",
            "duration_s": 0.4,
            "onset_margin_ms": rng.uniform(0, 150, n),
            "offset_margin_ms": rng.uniform(0, 150, n),
            "start_cut": rng.random(n) ** 8,
            "end_cut": rng.random(n) ** 6,
            "loudest_rms_dbfs": rng.normal(-20, 6, n),
        },
        index=index,
    )
    ids = np.array(item_ids, dtype=object)
    near = pd.DataFrame(
        {
            "ids": [list(ids[(j + np.arange(1, 6)) % n]) for j in range(n)] if n <= 2000 else [[] for _ in range(n)],
            "similarity": [[0.9, 0.8, 0.7, 0.6, 0.5] for _ in range(n)] if n <= 2000 else [[] for _ in range(n)],
        },
        index=index,
    )
    confusion = np.zeros((k, k), dtype=int)
    np.add.at(confusion, (code, predicted), 1)
    rows = _findings(rng, item_ids, names, code, predicted, measurements, confusion) if faults else []
    findings = pd.DataFrame(rows) if rows else None
    flagged = findings["code"].value_counts().to_dict() if findings is not None else {}
    counts = findings["severity"].value_counts().to_dict() if findings is not None else {}
    return FakeRun(
        path=path,
        meta=meta_of(path, n, classes, counts={s: int(counts.get(s, 0)) for s in ("error", "warning", "info")}),
        rules=rules(flagged, n),
        metrics=metrics_of(item_ids, names, code, predicted, confusion, measurements),
        timings=Timings("20261121-0215-3f9c", "2026-11-21T02:15:00", 41.0, {}),
        items=items,
        measurements=measurements,
        predictions=predictions,
        projection=projection,
        neighbours=near,
        findings=findings,
    )


def _folder(name: str) -> str:
    return name.replace("/", "_").encode()[:200].decode(errors="ignore")


def _finding(
    code: str, ids: list[str], score: float, message: str, *, subject: str = "", suggestion: str = ""
) -> dict[str, Any]:
    _, name, severity, scope, _ = next(r for r in RULES if r[0] == code)
    return {
        "code": code,
        "name": name,
        "scope": scope,
        "subject": subject or ids[0],
        "item_ids": ids,
        "score": float(score),
        "severity": severity,
        "message": message,
        "suggestion": suggestion,
        "evidence": "{}",
        "fingerprint": f"{code}-{subject or ids[0]}",
        "state": "new",
    }


def _findings(
    rng: np.random.Generator,
    ids: list[str],
    names: Any,
    code: Any,
    predicted: Any,
    measurements: pd.DataFrame,
    confusion: Any,
) -> list[dict[str, Any]]:
    rows = []
    level = measurements["loudest_rms_dbfs"].to_numpy()
    for j in np.argsort(level)[: max(3, len(ids) // 60)]:
        rows.append(_finding("AUD002", [ids[j]], 0.1, f"the loudest 50 ms reach only {level[j]:.0f} dBFS, below −45"))
    cut = measurements["end_cut"].to_numpy()
    for j in np.flatnonzero(cut > 0.75):
        rows.append(_finding("AUD004", [ids[j]], 1 - cut[j], "the last 10 ms are as loud as the word itself"))
    for j in np.flatnonzero(code != predicted):
        message = f"given `{names[code[j]]}`, the model says `{names[predicted[j]]}`"
        rows.append(_finding("LBL001", [ids[j]], rng.uniform(0, 0.3), message, suggestion=str(names[predicted[j]])))
    for j in range(0, min(len(ids) - 2, 24), 3):
        rows.append(_finding("DUP001", ids[j : j + 2], 0.0, "2 copies of the same samples", subject=f"set {j}"))
    for j in range(4, min(len(ids) - 2, 30), 9):
        rows.append(
            _finding("SPL001", ids[j : j + 2], 0.0, "the same recording is in train and test", subject=f"leak {j}")
        )
    rows.append(_finding("BAL001", [], 0.4, "has 12 items, the median class 80", subject=str(names[-1])))
    rows.append(_finding("FIL001", [ids[-1]], 0.0, "the file ends after 12 bytes"))
    return rows
