"""Items with planted faults of three kinds: wrong labels, items that two labels fit, and items that none fits."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import nearest_neighbours
from tests.benchmarks.planted_statements import DATA, probed

if TYPE_CHECKING:
    import numpy.typing as npt

KINDS = ("", "wrong", "ambiguous", "off-topic")
FLIPS, MIXED, OTHER = 0.08, 0.04, 0.04
"""Shares of the planted kinds."""


@dataclass(frozen=True)
class Kinds:
    """Arrays of n items; ``kind`` is a position in ``KINDS``, ``right`` the other label that fits, -1 for none."""

    name: str
    pred_probs: npt.NDArray[np.float32]
    given: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    neighbours: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float32]


def _assembled(
    name: str,
    X: npt.NDArray[np.float32],
    y: npt.NDArray[np.int64],
    mixed: tuple,
    other: npt.NDArray[np.float32],
    seed: int,
) -> Kinds:
    """Flip some of ``y``; append mixtures (features, first label, second label) and foreign items."""
    rng = np.random.default_rng(seed)
    n, k = len(y), int(y.max()) + 1
    given, kind, right = y.copy(), np.zeros(n, dtype=np.int64), y.copy()
    chosen = rng.choice(n, round(FLIPS * n), replace=False)
    given[chosen] = (y[chosen] + rng.integers(1, k, len(chosen))) % k
    kind[chosen] = 1
    rows = np.concatenate([X, mixed[0], other]).astype(np.float32)
    given = np.concatenate([given, mixed[1], rng.integers(0, k, len(other))])
    kind = np.concatenate([kind, np.full(len(mixed[0]), 2), np.full(len(other), 3)])
    right = np.concatenate([right, mixed[2], np.full(len(other), -1)])
    frame = pd.DataFrame(rows, index=[f"i{j:06d}" for j in range(len(rows))])
    near, similarity = nearest_neighbours(embedding_space(rows))
    return Kinds(name, probed(frame, given, None, seed), given, kind, right, near, similarity)


def digits(seed: int) -> Kinds:
    """Averages of two images; images whose pixels are shuffled."""
    from sklearn.datasets import load_digits

    rng = np.random.default_rng(seed)
    data = load_digits()
    X, y = data.data.astype(np.float32), data.target.astype(np.int64)
    n_mixed, n_other = round(MIXED * len(y)), round(OTHER * len(y))
    one, two = _pairs(y, n_mixed, rng)
    shuffled = rng.permuted(X[rng.choice(len(X), n_other)].reshape(n_other, 64), axis=1)
    return _assembled("digits", X, y, ((X[one] + X[two]) / 2, y[one], y[two]), shuffled, seed)


def speech(seed: int) -> Kinds:
    """Two words at once; a second of other sounds, and of noise."""
    import soundfile

    from dsaudit.media.audio.encoders import SPEECH_ENCODER
    from dsaudit.model.embed import embed_items
    from tests.benchmarks.bench_baseline import read, table_of

    rng = np.random.default_rng(seed)
    table = table_of(DATA / "speech_commands")
    table = table[~table["label"].str.startswith("_")]
    y = np.unique(table["label"].to_numpy(dtype=str), return_inverse=True)[1]
    sounds = [read(DATA / "speech_commands" / name) for name in table.index]
    n_mixed, n_other = round(MIXED * len(y)), round(OTHER * len(y))
    one, two = _pairs(y, n_mixed, rng)
    clips = []
    for a, b in zip(one, two, strict=True):
        n = min(len(sounds[a]), len(sounds[b]))
        x, z = (s[:n] / max(float(np.abs(s).max()), 1e-6) for s in (sounds[a], sounds[b]))
        clips.append((x + z) / 2)
    foreign = sorted((DATA / "esc10").rglob("*.ogg"))
    for j, at in enumerate(rng.choice(len(foreign), n_other, replace=True)):
        if j % 4 == 3:
            clips.append(rng.normal(0, 10 ** rng.uniform(-3, -1), 16_000))
            continue
        sound = read(foreign[at])
        start = int(rng.integers(0, max(1, len(sound) - 16_000)))
        clips.append(sound[start : start + 16_000])
    folder = Path(tempfile.mkdtemp())
    for j, clip in enumerate(clips):
        soundfile.write(folder / f"{j:05d}.wav", np.asarray(clip, dtype=np.float32), 16_000)
    uris = [str(DATA / "speech_commands" / n) for n in table.index]
    uris += [str(folder / f"{j:05d}.wav") for j in range(len(clips))]
    index = [f"u{j:06d}" for j in range(len(uris))]
    X = embed_items(
        pd.Series(uris, index=index),
        content_hashes=pd.Series(None, index=index, dtype=object),
        read=read,
        encoder=SPEECH_ENCODER(),
    ).reindex(index)
    shutil.rmtree(folder)
    rows = X.to_numpy(dtype=np.float32)
    n = len(y)
    return _assembled(
        "speech_commands", rows[:n], y, (rows[n : n + n_mixed], y[one], y[two]), rows[n + n_mixed :], seed
    )


def intents(seed: int) -> Kinds:
    """Two requests in one; requests out of scope."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    rng = np.random.default_rng(seed)
    table = pd.read_csv(DATA / "clinc150" / "labels.csv")
    names = np.sort(table.loc[table["label"] != "oos", "label"].unique())
    own = table[table["label"].isin(rng.choice(names, 40, replace=False))]
    text = own["text"].to_numpy(dtype=object)
    y = np.unique(own["label"].to_numpy(dtype=str), return_inverse=True)[1]
    n_mixed, n_other = round(MIXED * len(y)), round(OTHER * len(y))
    one, two = _pairs(y, n_mixed, rng)
    other = table.loc[table["label"] == "oos", "text"].to_numpy(dtype=object)
    other = rng.choice(other, n_other, replace=False)
    every = np.concatenate([text, [f"{a} and {b}" for a, b in zip(text[one], text[two], strict=True)], other])
    words = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2)).fit_transform(every)
    X = TruncatedSVD(150, random_state=0).fit_transform(words).astype(np.float32)
    n = len(y)
    return _assembled("clinc150", X[:n], y, (X[n : n + n_mixed], y[one], y[two]), X[n + n_mixed :], seed)


def _pairs(
    y: npt.NDArray[np.int64], n: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    one, two = rng.choice(len(y), 4 * n), rng.choice(len(y), 4 * n)
    apart = y[one] != y[two]
    return one[apart][:n], two[apart][:n]


RECIPES = {"digits": digits, "speech_commands": speech, "clinc150": intents}


def planted_kinds(name: str, *, seed: int = 0, cache: Path | None = None) -> Kinds:
    """One data set with all three kinds; kept under ``cache``."""
    path = cache / f"kinds-{name}-{seed}.npz" if cache else None
    if path is not None and path.exists():
        return Kinds(name, **dict(np.load(path)))
    made = RECIPES[name](seed)
    if path is not None:
        fields = ("pred_probs", "given", "kind", "right", "neighbours", "similarity")
        np.savez_compressed(path, **{f: getattr(made, f) for f in fields})
    return made
