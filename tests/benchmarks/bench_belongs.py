"""Whether items that are something else altogether come first, in sets where labels say nothing or little.

    python -m tests.benchmarks.bench_belongs [SET …] [--seeds 3] [--seen] [--vectors DIR]

``words``: one-second words of speech_commands, foreign items are seconds of esc10, its ``_silence_``, or both;
``others``: the same with ``_unknown_`` words as foreign items; ``intents``: requests of clinc150 among which requests
out of scope are planted (TF-IDF with a truncated SVD); ``garments``: photographs of clothing among which other
garments are planted (``--vectors`` holds ``clothing.npz`` with ``ids`` and ``embeddings``). A set is one class, or
several of which foreign items have a label at random; 5, 20 or 50 % are foreign; recordings as they are, and at one
level.

Seen while the method was made (``--seen``): the first half of the classes by name (words: yes, no, up, down, left).
What is printed otherwise is of the other half. ``outlier`` is the score of that rule, ``level`` loudness alone.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from sklearn.metrics import roc_auc_score

from dsaudit.analysis.space.belonging import foreignness
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import distances_to, nearest_neighbours
from dsaudit.analysis.space.outliers import outlier_scores
from tests.benchmarks.planted_statements import DATA

SHARES = (0.05, 0.20, 0.50)
SEEN_WORDS, WORDS = ("yes", "no", "up", "down", "left"), ("right", "on", "off", "stop", "go")


def at_level(x: np.ndarray) -> np.ndarray:
    """The loudest 50 ms at -20 dBFS."""
    power = np.convolve(x.astype(np.float64) ** 2, np.full(800, 1 / 800), "same").max()
    return np.clip(x * 0.1 / np.sqrt(power + 1e-14), -1, 1).astype(np.float32)


def recordings(*, level: bool) -> pd.DataFrame:
    """Vectors, label, and what is measured, of words and of seconds of other sounds."""
    from dsaudit.media.audio.encoders import SPEECH_ENCODER
    from dsaudit.media.audio.media import AudioMedia
    from dsaudit.model.embed import embed_items
    from tests.benchmarks.bench_baseline import read, table_of

    rows, media = [], AudioMedia()
    with tempfile.TemporaryDirectory() as folder:
        for root in ("speech_commands", "esc10"):
            table = table_of(DATA / root)
            for name, label in table["label"].items():
                x = read(DATA / root / str(name))
                for start in range(0, max(1, len(x) - 8_000), 16_000):
                    piece = x[start : start + 16_000]
                    if root == "esc10" and np.abs(piece).max() < 1e-3:
                        continue
                    path = Path(folder) / f"{len(rows):05d}.wav"
                    soundfile.write(path, at_level(piece) if level else piece, 16_000)
                    rows.append({"uri": str(path), "root": root, "label": label} | media.measure(path))
        found = pd.DataFrame(rows).rename(index=lambda i: f"{i:05d}")
        none = pd.Series(None, index=found.index, dtype=object)
        X = embed_items(found["uri"], content_hashes=none, read=read, encoder=SPEECH_ENCODER()).reindex(found.index)
    return found[["root", "label", "active_s", "loudest_rms_dbfs"]].assign(vector=list(X.to_numpy()))


def planted(own: pd.DataFrame, other: pd.DataFrame, share: float, *, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Items of a set in which ``share`` are ``other``, with labels of its own at random."""
    rng = np.random.default_rng(seed)
    n = min(len(other), max(2, round(share / (1 - share) * len(own))))
    added = other.iloc[rng.choice(len(other), n, replace=False)]
    added = added.assign(label=rng.choice(np.sort(own["label"].unique()), n))
    return pd.concat([own, added]), np.arange(len(own) + n) >= len(own)


def figures(items: pd.DataFrame, foreign: np.ndarray) -> dict[str, float]:
    X = np.stack(items["vector"].to_list()).astype(np.float32)
    space, labels = embedding_space(X), items["label"].to_numpy(dtype=object)
    near, _ = nearest_neighbours(space)
    unit = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9)
    presence = [items["active_s"].to_numpy(dtype=float)] if "active_s" in items else []
    far = foreignness([space, unit], labels, neighbours=near, presence=presence)
    outlying = outlier_scores(distances_to(space, near), labels=labels)["deviation"]
    found = {"belongs": roc_auc_score(foreign, far), "outlier": roc_auc_score(foreign, outlying)}
    if "loudest_rms_dbfs" in items:
        found["level"] = roc_auc_score(foreign, -items["loudest_rms_dbfs"].astype(float))
    return found


def sets(names: list[str], *, seen: bool, vectors: Path | None):
    """Name, items of the classes, and of everything else."""
    if {"words", "others"} & set(names):
        for level in (False, True):
            table = recordings(level=level)
            own = table[table["label"].isin(SEEN_WORDS if seen else WORDS)]
            sounds, silence = table[table["root"] == "esc10"], table[table["label"] == "_silence_"]
            more = {"sounds": sounds, "silence": silence, "both": pd.concat([sounds.iloc[::5], silence])}
            for what, other in more.items() if "words" in names else ():
                yield f"words, {what}{', one level' if level else ''}", own, other
            if "others" in names:
                yield f"others{', one level' if level else ''}", own, table[table["label"] == "_unknown_"]
    if "intents" in names:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        table = pd.read_csv(DATA / "clinc150" / "labels.csv").drop_duplicates("text")
        every = np.sort(table.loc[table["label"] != "oos", "label"].unique())
        chosen = np.random.default_rng(0).permutation(every)[:20]
        table = table[table["label"].isin([*(chosen[:10] if seen else chosen[10:]), "oos"])]
        words = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2)).fit_transform(table["text"])
        table = table.assign(vector=list(TruncatedSVD(150, random_state=0).fit_transform(words)))
        yield "intents", table[table["label"] != "oos"], table[table["label"] == "oos"]
    if "garments" in names and vectors is not None:
        kept = np.load(vectors / "clothing.npz")
        table = pd.DataFrame({"vector": list(kept["embeddings"]), "label": [Path(i).parts[-2] for i in kept["ids"]]})
        every = np.sort(table["label"].unique())
        mine = table["label"].isin(every[: len(every) // 2] if seen else every[len(every) // 2 :])
        yield "garments", table[mine], table[~mine]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=["words", "others", "intents", "garments"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seen", action="store_true")
    parser.add_argument("--vectors", type=Path)
    arguments = parser.parse_args()
    rows = []
    for name, own, other in sets(arguments.names, seen=arguments.seen, vectors=arguments.vectors):
        classes = np.sort(own["label"].unique())
        for seed in range(arguments.seeds):
            for share in SHARES:
                for how, mine in (("one", own[own["label"] == classes[seed % len(classes)]]), ("several", own)):
                    items, foreign = planted(mine, other, share, seed=seed)
                    at = {"set": name, "classes": how, "share": share}
                    rows.append(at | {"true share": foreign.mean()} | figures(items, foreign))
    table = pd.DataFrame(rows).groupby(["set", "classes", "share"]).mean()
    print(table.sort_values("belongs").round(3).to_string())


if __name__ == "__main__":
    main()
