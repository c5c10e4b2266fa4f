"""A run as other tools are told of it: two candidates, one fault, odd names, one label that is a formula."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
from store.make_schema import meta, records

from dsaudit.media import kind_for
from dsaudit.store.run import empty_table

ITEMS = {
    "up/a.wav": ("up", "A"),
    "up/b.wav": ("up", "B"),
    "off/c.wav": ("off", "C"),
    "off/d d#ü.wav": ("off", "D"),
    "=x/e.wav": ("=x", "E"),
    "=x/copy 1.wav": ("=x", "F"),
    "=x/copy 2.wav": ("=x", "F"),
    "gone.wav": ("up", None),
    "loose.wav": (None, "G"),
}
CLASSES = ("=x", "off", "up")


def make_run(root: Path = Path("/d")) -> SimpleNamespace:
    index = pd.Index(list(ITEMS), name="item_id", dtype=object)
    items = pd.DataFrame(
        {
            "uri": [f"{root}/{i}" for i in ITEMS],
            "label": [label for label, _ in ITEMS.values()],
            "split": None,
            "group": None,
            "content_hash": [content for _, content in ITEMS.values()],
        },
        index=index,
        dtype=object,
    )
    rows = [
        ("LBL001", "label-error-candidate", "off/c.wav", 0.1, "a model says up rather than off", "up", "f1"),
        ("LBL001", "label-error-candidate", "=x/e.wav", 0.2, "a model says off rather than =x", "off", "f2"),
        ("AUD002", "quiet-clip", "up/b.wav", 0.3, "-60 dBFS", "", "f3"),
    ]
    findings = pd.DataFrame(
        [
            {
                "code": code,
                "name": name,
                "scope": "item",
                "subject": item,
                "item_ids": [item],
                "score": score,
                "severity": "warning",
                "message": message,
                "suggestion": suggestion,
                "evidence": "{}",
                "fingerprint": fingerprint,
                "state": "new",
            }
            for code, name, item, score, message, suggestion, fingerprint in rows
        ]
    )
    labelled = [i for i, (label, _) in ITEMS.items() if label is not None]
    probs = np.full((len(labelled), 3), 0.1)
    given = [CLASSES.index(ITEMS[i][0]) for i in labelled]
    probs[np.arange(len(labelled)), given] = 0.8
    probs[labelled.index("off/c.wav")] = [0.1, 0.1, 0.8]
    predictions = pd.DataFrame(
        {"given": [ITEMS[i][0] for i in labelled], "predicted": [CLASSES[k] for k in probs.argmax(1)], "fold": 0}
        | {f"p:{c}": probs[:, k] for k, c in enumerate(CLASSES)},
        index=pd.Index(labelled, name="item_id", dtype=object),
    )
    rules = tuple(replace(r, worth=1.0) for r in records() if r.code in ("LBL001", "AUD002"))
    return SimpleNamespace(
        id="r1",
        root=root,
        items=items,
        findings=findings,
        rows=lambda name: None,
        predictions=predictions,
        neighbours=empty_table("neighbours"),
        label_quality=empty_table("label_quality"),
        measurements=empty_table("measurements"),
        silenced=empty_table("silenced"),
        consensus=empty_table("consensus"),
        rules=rules,
        meta=meta(classes=CLASSES),
        kind=kind_for("audio"),
    )
