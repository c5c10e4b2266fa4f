"""Runs to be reviewed, made by code: doubtful labels, faults, copies, and names that a page must survive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from fabric import word, write_wav
from store.make_schema import write_json

from dsaudit import catalogue
from dsaudit.store.run import Run, Store

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("cat", "dog", "owl")


def finding(code: str, ids: list[str], score: float, **more: Any) -> dict[str, Any]:
    """A finding as a run keeps it; ``fingerprint`` tells code and items."""
    rule = next(r for r in catalogue.rules() if r.code == code)
    return {
        "code": code,
        "name": rule.name,
        "scope": rule.scope,
        "subject": ids[0] if rule.scope == "item" else f"set-{ids[0]}",
        "item_ids": ids,
        "score": score,
        "severity": rule.severity,
        "message": f"{rule.name} says so",
        "suggestion": "",
        "evidence": "{}",
        "fingerprint": f"{code}-{'+'.join(ids)}"[:64],
        "state": "new",
    } | more


def table(n: int = 48, *, classes: tuple[str, ...] = CLASSES, seed: int = 0) -> pd.DataFrame:
    """Items in turn of each class: ``label``, ``split``, ``group``, ``content_hash``."""
    index = pd.Index([f"{classes[k % len(classes)]}/{k:05d}.wav" for k in range(n)], name="item_id")
    return pd.DataFrame(
        {
            "label": [classes[k % len(classes)] for k in range(n)],
            "split": [("train", "train", "train", "test")[k % 4] for k in range(n)],
            "group": [f"g{k % 7}" for k in range(n)],
            "content_hash": [f"{seed:04x}{k:028x}" for k in range(n)],
        },
        index=index,
        dtype=object,
    )


def probabilities(items: pd.DataFrame, doubts: dict[str, tuple[str, float]]) -> pd.DataFrame:
    """Predicted probabilities: .9 for the given label, and for ``doubts`` another one with its probability."""
    classes = sorted(items["label"].dropna().unique())
    labelled = items.index[items["label"].notna()]
    p = np.full((len(labelled), len(classes)), 0.1 / max(len(classes) - 1, 1))
    for row, item_id in enumerate(labelled):
        given = items.at[item_id, "label"]
        other, chance = doubts.get(item_id, (None, 0.0))
        if other is None:
            p[row, classes.index(given)] = 0.9
        else:
            p[row] = 0.01
            p[row, classes.index(other)] = chance
            p[row, classes.index(given)] = 1.0 - chance - 0.01 * (len(classes) - 2)
    table = pd.DataFrame(p.astype(np.float32), index=labelled, columns=[f"p:{c}" for c in classes])
    table.insert(0, "fold", 0)
    table.insert(0, "predicted", np.array(classes, dtype=object)[p.argmax(1)])
    table.insert(0, "given", items["label"].reindex(labelled).to_numpy(dtype=object))
    return table


def write_run(
    folder: Path,
    items: pd.DataFrame,
    *,
    findings: list[dict[str, Any]] = (),
    doubts: dict[str, tuple[str, float]] | None = None,
    sounds: bool = False,
    source: str = "folder",
    predicted: bool = True,
    uris: dict[str, str] | None = None,
    status: dict[str, str] | None = None,
) -> Run:
    """A run folder below ``folder``; with ``sounds`` there are recordings too, and the hashes are theirs."""
    from dsaudit.media.file import identify

    root = folder / "data"
    root.mkdir(parents=True, exist_ok=True)
    items = items.sort_index().copy()
    items.insert(0, "uri", [(uris or {}).get(i, str(root / i)) for i in items.index])
    if sounds:
        for k, item_id in enumerate(items.index):
            path = root / item_id
            if item_id not in (uris or {}):
                write_wav(path, word(k, duration_s=0.3), subtype="PCM_16")
                items.loc[item_id, "content_hash"] = identify(path)["content_hash"]
    columns = list(finding("AUD002", ["x"], 0.0))
    measured = pd.DataFrame(
        {"status": "ok", "error": None, "onset_margin_ms": 20.0, "offset_margin_ms": 30.0}, index=items.index
    )
    for item_id, word_ in (status or {}).items():
        measured.loc[item_id, ["status", "error"]] = [word_, f"{item_id}: damaged"]
    ids = list(items.index)
    following = [[ids[(k + j) % len(ids)] for j in (1, 2, 3)] for k in range(len(ids))]
    near = pd.DataFrame(
        {
            "ids": pd.Series(following, index=items.index),
            "similarity": pd.Series([[0.9, 0.8, 0.7]] * len(ids), index=items.index),
        }
    )
    with Store(folder / "results").new_run() as writer:
        writer.table("items", items)
        writer.table("measurements", measured)
        if predicted:
            writer.table("predictions", probabilities(items, doubts or {}))
            writer.table("neighbours", near)
        writer.table("findings", pd.DataFrame(list(findings), columns=columns))
        write_json(writer, root=str(root), source=source)
    return Run(writer.path)


def doubtful_run(folder: Path, n: int = 48, *, n_doubts: int = 12, **more: Any) -> Run:
    """A run whose first ``n_doubts`` cats are candidates, the next two are doubted only, and two clips are faulty."""
    items = table(n)
    cats = sorted(i for i in items.index if items.at[i, "label"] == "cat")
    candidates = cats[:n_doubts]
    doubts = {i: ("dog", 0.95 - 0.02 * k) for k, i in enumerate(candidates)}
    doubts |= dict.fromkeys(cats[n_doubts : n_doubts + 2], ("owl", 0.51))
    findings = [
        finding("LBL001", [i], 1.0 - doubts[i][1], suggestion="dog", message=f"says dog rather than cat <{k}>")
        for k, i in enumerate(candidates)
    ]
    owls = sorted(i for i in items.index if items.at[i, "label"] == "owl")
    findings += [finding("AUD004", [owls[0]], 0.2), finding("AUD001", [owls[1]], 0.1)]
    return write_run(folder, items, findings=findings, doubts=doubts, **more)


def as_json(value: Any) -> str:
    return json.dumps(value, allow_nan=False)
