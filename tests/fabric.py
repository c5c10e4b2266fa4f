"""Fabricated recordings and evidence for tests: everything by code, nothing by hand."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

RATE = 16_000


def word(
    seed: int, *, rate: int = RATE, duration_s: float = 1.0, level_db: float = -12.0, pitch_hz: float | None = None
):
    """A word-like sound in faint noise: two harmonic syllables with soft onsets, float32 (n,).

    ``pitch_hz`` is the label in disguise: another pitch is another word.
    """
    rng = np.random.default_rng(seed)
    n = int(duration_s * rate)
    t = np.arange(n) / rate
    pitch = (pitch_hz or 140.0) * rng.uniform(0.97, 1.03)
    envelope = np.zeros(n)
    middle = rng.uniform(0.42, 0.55) * duration_s
    for at, width in ((middle - 0.12, 0.06), (middle + 0.1, 0.07)):
        envelope += np.exp(-0.5 * ((t - at) / width) ** 2)
    voice = sum(np.sin(2 * np.pi * pitch * k * t + rng.uniform(0, 6)) / k for k in range(1, 12))
    sound = envelope * voice
    sound *= 10 ** (level_db / 20) / np.abs(sound).max()
    return (sound + rng.normal(0, 2e-4, n)).astype(np.float32)


def write_wav(path: Path, samples, rate: int = RATE, **kwargs) -> Path:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **kwargs)
    return path


def write_dataset(root: Path, *, classes=("low", "mid", "high"), per_class: int = 14, speakers: int = 7) -> Path:
    """A folder of easily learnt words, ``<root>/<class>/<speaker>_nohash_<k>.wav``."""
    for c, name in enumerate(classes):
        for k in range(per_class):
            samples = word(1000 * c + k, pitch_hz=110.0 * 1.7**c)
            write_wav(root / name / f"{(k % speakers) * 0x1111111 + 0x1A2B3C4:08x}_nohash_{k // speakers}.wav", samples)
    return root


def _surveyed(media, items: pd.DataFrame) -> pd.DataFrame:
    from dsaudit.media.base import Surveying

    if not isinstance(media, Surveying):
        return pd.DataFrame(index=items.index)
    return media.survey([media.read(Path(uri)) for uri in items["uri"]], items)


@cache
def _evidence(kind: str) -> dict[str, pd.DataFrame]:
    import tempfile

    from dsaudit.analysis.course import COLUMNS as COURSE_COLUMNS
    from dsaudit.evidence.columns import column_table
    from dsaudit.media import kind_for, media_for
    from dsaudit.media.scan import measure_items
    from dsaudit.store.cache import Cache

    make = import_module(f"media.{kind}.make_items")
    rng = np.random.default_rng(5)
    n = 60
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in "abc":
            (root / name).mkdir()
        paths = [make.write_item(root / "abc"[i % 3] / f"{i:03d}", i) for i in range(n)]
        ids = [path.relative_to(root).as_posix() for path in paths]
        paths[3].write_bytes(b"")
        paths[4].write_bytes(b"RIFF \xff\0 nonsense")
        paths[6].unlink()
        items = pd.DataFrame(
            {
                "uri": [str(root / i) for i in ids],
                "label": [None if i % 20 == 19 else ["a", "b", "B "][i % 3] for i in range(n)],
                "split": [["train", "test"][i % 5 == 0] for i in range(n)],
                "group": [f"g{i % 9}" for i in range(n)],
            },
            index=pd.Index(ids, name="item_id"),
        ).astype(object)
        measurements = measure_items(items, media_for(kind), cache=Cache(root / "cache"), jobs=1)
        surveyed = _surveyed(media_for(kind), items[measurements["status"].eq("ok").to_numpy()])
    items["content_hash"] = measurements["content_hash"]
    base = rng.normal(0, 1, (3, 16)) * 3
    vectors = np.stack([base[i % 3] + rng.normal(0, 1, 16) for i in range(n)]).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -2)
    far = np.linalg.norm(vectors[:, None] - vectors, axis=2)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :5]
    labelled = [i for i in range(n) if items["label"].iloc[i] is not None]
    logits = rng.normal(0, 1, (len(labelled), 3)) + 3 * np.eye(3)[[i % 3 for i in labelled]]
    logits[::9] = logits[::9, ::-1]
    probs = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    index = items.index
    judged = pd.DataFrame(probs, index=index[labelled], columns=["B ", "a", "b"])[["a", "b", "B "]]
    return {
        "items": items,
        "label_quality": _label_quality(judged, items["label"]),
        "class_sizes": items["label"].dropna().value_counts().sort_index().rename("n").rename_axis("label").to_frame(),
        "measurements": measurements,
        "blank": pd.DataFrame({"blank": np.arange(n) % 11 == 5}, index=index),
        "columns": column_table(kind_for(kind)),
        "belonging": pd.DataFrame({"deviation": rng.normal(1, 2, n), "asked": True}, index=index),
        "meanings": pd.DataFrame({"meaning_set": index[0], "cosine": 0.95}, index=index[:2]),
        "courses": pd.DataFrame(
            rng.uniform(0, 1, (n // 2, len(COURSE_COLUMNS))) * ([3, 1, 1, 20] * 2),
            index=index[::2],
            columns=COURSE_COLUMNS,
        ),
        "duplicates": pd.DataFrame(
            {
                "exact_set": pd.Series(
                    ["exact-1" if i in (10, 11, 30) else None for i in range(n)], index=index, dtype=object
                ),
                "near_set": pd.Series(
                    ["near-1" if i in (10, 11, 30, 31) else "near-2" if i in (40, 45) else None for i in range(n)],
                    index=index,
                    dtype=object,
                ),
                "scene_set": pd.Series(
                    ["near-1" if i in (10, 11, 30, 31, 32) else "near-2" if i in (40, 45) else None for i in range(n)],
                    index=index,
                    dtype=object,
                ),
                "copy_of": pd.Series([ids[10] if i in (11, 30, 31) else None for i in range(n)], index=index),
                "edit": pd.Series(["mirrored" if i == 31 else None for i in range(n)], index=index),
                "place": pd.Series(["-1 0 1 0 1 0" if i == 31 else None for i in range(n)], index=index),
            }
        ),
        "embeddings": pd.DataFrame(vectors, index=index, columns=[str(c) for c in range(16)]),
        "neighbours": pd.DataFrame(
            {
                "ids": pd.Series([[ids[j] for j in row] for row in nearest], index=index, dtype=object),
                "similarity": pd.Series(
                    [[float(similarity[i, j]) for j in row] for i, row in enumerate(nearest)], index=index, dtype=object
                ),
                "distance": pd.Series(
                    [[float(far[i, j]) for j in row] for i, row in enumerate(nearest)], index=index, dtype=object
                ),
            }
        ),
        "pred_probs": judged,
        "annotations": pd.DataFrame(
            [
                (ids[i], f"p{person}", ["a", "b", "B "][(i + (person == 3 or (person and i % 7 == 0))) % 3])
                for i in range(n)
                for person in range(4)
            ],
            columns=["item_id", "annotator", "label"],
        ),
        "folds": pd.DataFrame({"fold": [i % 5 for i in labelled]}, index=index[labelled]),
        "projection": pd.DataFrame(
            {"x": unit[:, 0], "y": unit[:, 1], "cluster": [i % 3 for i in range(n)]}, index=index
        ),
        "exchanged": pd.DataFrame(
            {
                "kind": ["swap", "merge"],
                "moves": ['{"a": "b", "b": "a"}', '{"a": "b"}'],
                "classes": [["a", "b"], ["a", "b"]],
                "where": ["of speaker `g1`", "in rows 1–30"],
                "n": [4, 5],
                "n_of": [4, 9],
                "seen_share": [0.9, 1.0],
                "witness": ["model", "model"],
                "either": [True, False],
                "noun": "clips",
                "item_ids": pd.Series([ids[0:8:2], ids[0:30:6]], index=["a → b of speaker `g1`", "a in rows 1–30"]),
                "evidence": [9.0, 4.0],
            },
            index=["a → b of speaker `g1`", "a in rows 1–30"],
        ),
        "poses": pd.DataFrame(
            {"pose": [k % 4 for k in range(n)], "p_turned": [(k % 4) / 3.5 for k in range(n)], "told": 1.0}, index=ids
        ),
        "marks": pd.DataFrame(
            {
                "auc": [0.97, 0.7],
                "auc_error": [0.02, 0.05],
                "elsewhere": [0.6, 0.6],
                "lead": [4.0, 1.2],
                "own_share": [0.95, 0.6],
                "others_share": [0.02, 0.3],
                "left": 0.0,
                "top": 0.0,
                "right": 0.2,
                "bottom": 0.2,
                "where": "top left",
                "item_ids": pd.Series([ids[0:30:3], ids[1:30:3]], index=["a", "b"], dtype=object),
                "tint": [1.3, 1.02],
                "tint_lead": [5.0, 0.4],
                "tint_colour": ["warm", "cold"],
                "sample": n,
            },
            index=["a", "b"],
        ),
        "survey": surveyed,
        "drift": pd.DataFrame(
            {
                "aspect": ["measurement", "measurement", "mix", "unseen", "space", "new", "missing", "accuracy"],
                "effect": [0.4, 0.01, 0.2, 0.1, 0.8, 0.05, 0.04, 0.1],
                "low": 0.01,
                "high": 0.9,
                "p": [0.001, 0.8, 0.001, 0.0, 0.001, 0.02, 0.03, 0.001],
                "cost": [0.03, 0.0, 0.01, 0.1, 0.1, 0.05, np.nan, 0.1],
                "words": "it differs",
                "item_ids": [ids[k : k + 3] for k in range(8)],
                "reference_ids": [ids[k : k + 3] for k in range(8)],
            },
            index=pd.Index([f"what {k}" for k in range(8)], name="subject", dtype=object),
        ),
        "subgroups": pd.DataFrame(
            {
                "score": [0.2, 0.9],
                "flagged": [True, False],
                "n": [18, 17],
                "n_first": [10, 12],
                "n_second": [8, 5],
                "gap": [0.2, 0.9],
                "p_value": [0.01, 0.5],
                "by_group": [True, False],
                "first": pd.Series([ids[0:30:3], ids[1:30:3]], index=["a", "b"], dtype=object),
                "second": pd.Series([ids[30::3], ids[31::3]], index=["a", "b"], dtype=object),
            },
            index=["a", "b"],
        ),
    }


def _label_quality(probs: pd.DataFrame, labels: pd.Series) -> pd.DataFrame:
    """What ``find_label_errors`` says of enough items, said of these few."""
    from dsaudit.analysis.label.ranking import label_quality

    names = np.array(probs.columns, dtype=object)
    probs = probs[labels[probs.index].isin(names).to_numpy()]
    raw = label_quality(probs.to_numpy(), probs.columns.get_indexer(labels[probs.index]))
    wrong = 1 - raw["pairwise_confidence"].to_numpy()
    return pd.DataFrame(
        {name: raw[name].to_numpy() for name in raw.columns[:4]}
        | {
            "n_neighbours": 5,
            "neighbour_agreement": 0.2,
            "suggestion_agreement": 0.6,
            "aum": np.nan,
            "quality": 1 - wrong,
            "p_wrong": wrong,
            "suggestion": names[raw["suggested"]],
            "p_suggested": wrong * 0.8,
            "candidate": wrong > 0.5,
            "kind": np.where(wrong > 0.5, "wrong", ""),
            "guess": False,
        },
        index=probs.index,
    )


def average_precision(is_error, score) -> float:
    """Mean precision at each true error when items are looked at from the lowest score up; NaN without any error."""
    from sklearn.metrics import average_precision_score

    return average_precision_score(is_error, -np.asarray(score)) if np.any(is_error) else float("nan")


def hash_distance(a: str, b: str) -> float:
    """Share of the bits of two hexadecimal hashes that differ; NaN where either is empty."""
    return (int(a, 16) ^ int(b, 16)).bit_count() / (4 * len(a)) if a and b else float("nan")


def evidence(kind: str = "audio", names: Iterable[str] | None = None) -> dict[str, pd.DataFrame]:
    """Tables over 60 items of a kind of data, some of them broken: those named, else all; copies, so a test may change
    them.

    The items are those that ``media/<kind>/make_items.py`` beside the kind's own tests writes.
    """
    made = _evidence(kind)
    return {name: made[name].copy(deep=True) for name in (made if names is None else names)}
