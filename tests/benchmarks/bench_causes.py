"""Planted causes of errors: how many are told among the first ten statements, and what is told where nothing is.

    python tests/benchmarks/bench_causes.py [--data ../shared/data/speech_commands] [--seeds 5] [--nulls 200]

Causes are planted into ``speech_commands``, alone and together, in three strengths each:

======== ==============================================================================================
speaker  all clips of one class by one person carry the label of another class. People of this set say a
         word four times, so the person is made of 1, 2 or 4 speakers.
cut      16, 32 or 64 clips of four classes end before the last 70 % of the word (recipe A of
         ``tests/defects.py``)
noise    white noise 5 dB over the level of the clip, in 16, 32 or 64 clips of all words
rate     16, 32 or 64 clips of all words are stored at 2 kHz
======== ==============================================================================================

(Altered clips of one class only are no cause of errors: the baseline learns the alteration as a mark of the
class, which is for the rule on shortcuts to find.) Sounds are altered, written, measured and embedded; labels
are altered in the table. The errors are those of a baseline trained on what results, by group. A planted cause
is told when a statement names it, itself or as what also holds (the person; the flag or a measurement that the
alteration moves), and most of the errors that this is said of are planted ones. A plant by which the baseline
errs on fewer than five clips more than before has no errors to explain: such are counted apart.

Null: predictions are shuffled among the items of each given class, of this set and of made-up ones.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import soxr

sys.path.insert(0, str(Path(__file__).parents[1]))

import defects
from benchmarks.bench_baseline import read, table_of

from dsaudit import catalogue
from dsaudit.analysis.cause.causes import cause_statements
from dsaudit.media.audio.encoders import SPEECH_ENCODER
from dsaudit.media.audio.media import AudioMedia
from dsaudit.media.scan import measure_items
from dsaudit.model.embed import embed_items
from dsaudit.model.folds import stratified_group_folds
from dsaudit.model.head import cross_validated_pred_probs
from dsaudit.store.cache import Cache
from dsaudit.types import Predictions

STRENGTHS = {"speaker": (1, 2, 4), "cut": (16, 32, 64), "noise": (16, 32, 64), "rate": (16, 32, 64)}
NAMES = {
    "cut": {"truncated-end", "odd-duration", "truncated-start"},
    "noise": {"low-snr", "no-speech-like-activity", "mostly-silent"},
    "rate": {"odd-sample-rate", "upsampled-audio"},
}
MEASURED = {
    "cut": ("end_", "offset_", "duration_s", "active_s", "active_share", "speech_s", "speech_share", "file_bytes"),
    "noise": ("snr_db", "noise_floor_dbfs", "onset_", "offset_", "speech_", "active_"),
    "rate": ("sample_rate_hz", "bandwidth_hz", "file_bytes", "cliff_db"),
}


def noisy(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = rng.normal(0, 1, len(x))
    noise *= np.sqrt((x.astype(np.float64) ** 2).mean()) * 10 ** (5 / 20)
    mixed = x + noise
    return (mixed * min(1.0, 0.98 / np.abs(mixed).max())).astype(np.float32)


def altered(kind: str, x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, int]:
    if kind == "cut":
        return defects.edge_a("end", 0.7)(x, 16_000, rng), 16_000
    if kind == "noise":
        return noisy(x, rng), 16_000
    return soxr.resample(x, 16_000, 2_000), 2_000


class Corpus:
    """The set as it is: embedded, measured, and how it is judged."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root, self.scratch = root, scratch
        self.table = table_of(root).sort_index()
        self.table.index.name = "item_id"
        self.table["uri"] = [str((root / name).absolute()) for name in self.table.index]
        self.encoder = SPEECH_ENCODER()
        self.embeddings = self.embed(self.table["uri"])
        self.measurements = self.measure(self.table)
        self.rules = [r for r in catalogue.rules() if set(r.needs) <= {"items", "measurements"} and r.scope == "item"]

    def embed(self, uris: pd.Series) -> pd.DataFrame:
        unknown = pd.Series(None, index=uris.index, dtype=object)
        return embed_items(uris, content_hashes=unknown, read=read, encoder=self.encoder)

    def measure(self, table: pd.DataFrame) -> pd.DataFrame:
        return measure_items(table, AudioMedia(), cache=Cache(self.scratch / "cache"), jobs=1)

    def flags(self, measurements: pd.DataFrame) -> dict[tuple[str, str], list[str]]:
        items = self.table.assign(split=None)
        found = {}
        for rule in self.rules:
            frame = rule.run(*({"measurements": measurements, "items": items}[name] for name in rule.needs))
            found[rule.code, rule.name] = list(frame.index[frame["flagged"].astype(bool)])
        return found


def predict(X: pd.DataFrame, labels: pd.Series, groups: pd.Series, seed: int) -> Predictions:
    folds = stratified_group_folds(labels, groups=groups, seed=seed)
    return cross_validated_pred_probs(X, labels, folds, seed=seed)


def wrong_of(predictions: Predictions) -> set[str]:
    off = predictions.pred_probs.argmax(1) != predictions.given
    return {predictions.item_ids[i] for i in np.flatnonzero(off)}


def plant(
    corpus: Corpus, kinds: dict[str, int], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, list[str]]]:
    """Embeddings, measurements and items with causes planted, and which items carry which."""
    rng = np.random.default_rng((seed, sum(kinds.values()), len(kinds)))
    table = corpus.table.copy()
    words = [c for c in sorted(table["label"].unique()) if not c.startswith("_")]
    chosen = list(rng.permutation(words))
    planted: dict[str, list[str]] = {}
    changed: list[pd.Series] = []
    free = set(table.index[table["label"].isin(words)])
    for kind, strength in kinds.items():
        if kind == "speaker":
            word, other = chosen.pop(), chosen.pop()
            counts = table[table["label"] == word]["group"].value_counts()
            people = list(rng.permutation(counts.index[counts >= 4])[:strength])
            table.loc[table["group"].isin(people), "group"] = "the person"
            ids = list(table.index[(table["group"] == "the person") & (table["label"] == word)])
            table.loc[ids, "label"] = other
        else:
            own = {chosen.pop() for _ in range(4)} if kind == "cut" else set(words)
            able = sorted(i for i in free if table.at[i, "label"] in own)
            ids = list(rng.choice(able, strength, replace=False))
            uris = {}
            for k, item in enumerate(sorted(ids)):
                x, _ = soundfile.read(corpus.root / item, dtype="float32")
                made, rate = altered(kind, x, np.random.default_rng((seed, k)))
                path = corpus.scratch / f"{seed}-{kind}-{strength}" / f"{k}.wav"
                path.parent.mkdir(exist_ok=True)
                soundfile.write(path, made, rate)
                uris[item] = str(path)
            changed.append(pd.Series(uris))
        planted[kind] = ids
        free -= set(ids)
    X, measured = corpus.embeddings.copy(), corpus.measurements.copy()
    if changed:
        uris = pd.concat(changed)
        X.loc[uris.index] = corpus.embed(uris).to_numpy()
        fresh = corpus.measure(pd.DataFrame({"uri": uris}))
        measured = pd.concat([measured.drop(index=uris.index), fresh]).reindex(table.index)
    return X, measured, table, planted


def tells(
    kind: str, statement: dict, planted: set[str], flags: dict[tuple[str, str], list[str]], measured: pd.DataFrame
) -> bool:
    """Whether the statement names the planted cause, itself or as what also holds, for mostly planted items."""
    for cause in (statement["cause"], *(a["cause"] for a in statement["also"])):
        name, hits = cause["name"], statement["item_ids"]
        if kind == "speaker":
            if cause["kind"] == "group" and cause["value"] == "the person":
                return True
        elif cause["kind"] == "finding" and name in NAMES[kind]:
            own = set(flags[cause["code"], name])
            if np.mean([i in planted for i in hits if i in own] or [0]) > 0.5:
                return True
        elif cause["kind"] in ("band", "value") and name.startswith(MEASURED[kind]):
            x = measured[name].reindex(hits)
            if cause["kind"] == "value":
                inside = x == float(cause["value"])
            else:
                inside = (x >= (cause["low"] if cause["low"] is not None else -np.inf)) & (
                    x <= (cause["high"] if cause["high"] is not None else np.inf)
                )
            if np.mean([i in planted for i in x.index[inside]] or [0]) > 0.5:
                return True
    return False


def scenario(corpus: Corpus, kinds: dict[str, int], seed: int, before: dict[int, set[str]]) -> list[dict[str, object]]:
    X, measured, table, planted = plant(corpus, kinds, seed)
    predictions = predict(X, table["label"], table["group"], seed)
    flags = corpus.flags(measured)
    started = time.perf_counter()
    told = cause_statements(predictions, flagged=flags, groups=table["group"], measurements=measured, seed=seed)
    seconds = time.perf_counter() - started
    wrong = wrong_of(predictions)
    rows = []
    for kind, ids in planted.items():
        at = next((k for k, s in enumerate(told, 1) if tells(kind, s, set(ids), flags, measured)), 0)
        more = len(wrong & set(ids)) - len(before[seed] & set(ids))
        how = "together" if len(kinds) > 1 else "alone"
        rows.append(
            {"kind": kind, "strength": kinds[kind], "how": how, "seed": seed, "planted": len(ids), "more": more}
            | {"place": at, "shown": 0 < at <= 10, "told": len(told), "seconds": seconds}
        )
        print(rows[-1], flush=True)
    return rows


def shuffled(predictions: Predictions, rng: np.random.Generator) -> Predictions:
    """The same predictions, dealt anew among the items of each given class."""
    order = np.lexsort((rng.random(len(predictions.given)), predictions.given))
    probs = np.empty_like(predictions.pred_probs)
    probs[np.argsort(predictions.given, kind="stable")] = predictions.pred_probs[order]
    return replace(predictions, pred_probs=probs)


def made_up(seed: int, *, by_group: bool = False) -> tuple[Predictions, dict, pd.Series, pd.DataFrame]:
    """Errors that nothing known has to do with; ``by_group``: but groups differ in errors and in measurements."""
    rng = np.random.default_rng(seed)
    n, k, n_groups = int(rng.integers(300, 1200)), int(rng.integers(2, 13)), int(rng.integers(10, 120))
    ids = [f"i{j:05d}" for j in range(n)]
    given = rng.integers(0, k, n)
    group = rng.integers(0, n_groups, n)
    rate = rng.uniform(0.03, 0.3) * np.ones(n)
    columns = {f"m{j}": rng.normal(0, 1, n) for j in range(12)}
    if by_group:
        rate = np.clip(rate * rng.lognormal(0, 0.8, n_groups)[group], 0, 0.9)
        columns = {m: v + 3 * rng.normal(0, 1, n_groups)[group] for m, v in columns.items()}
    columns |= {"spiky_share": np.where(rng.random(n) < 0.9, 0.0, rng.random(n)), "rate_hz": rng.choice([1.0, 2.0], n)}
    off = rng.random(n) < rate
    step = 1 + rng.geometric(0.5, n) % max(k - 1, 1)
    predicted = np.where(off, (given + step) % k, given)
    probs = np.full((n, k), 0.1 / k, dtype=np.float32)
    probs[np.arange(n), predicted] += 0.9
    predictions = Predictions(
        tuple(ids), tuple(f"c{c}" for c in range(k)), probs, given.astype(np.int64), np.zeros(n, dtype=np.int16)
    )
    flagged = {("AUD004", "truncated-end"): [i for i, f in zip(ids, rng.random(n) < 0.06, strict=True) if f]}
    return predictions, flagged, pd.Series([f"g{g}" for g in group], index=ids), pd.DataFrame(columns, index=ids)


def nulls(n_runs: int) -> None:
    for by_group in (False, True):
        runs, statements = 0, 0
        for seed in range(n_runs):
            predictions, flagged, groups, measured = made_up(seed, by_group=by_group)
            told = cause_statements(predictions, flagged=flagged, groups=groups, measurements=measured, seed=seed)
            told = [s for s in told if not (by_group and s["cause"]["kind"] == "group")]
            runs, statements = runs + bool(told), statements + len(told)
            if seed % 50 == 49:
                print(f"  {seed + 1} runs, {runs} with any statement", flush=True)
        what = "groups differ, statements about anything else" if by_group else "made-up, nothing differs"
        if not n_runs:
            return
        print(f"null, {what}: {runs} of {n_runs} runs with any statement, {statements} in all", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/speech_commands"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--nulls", type=int, default=200)
    arguments = parser.parse_args()
    nulls(arguments.nulls)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(arguments.data, Path(folder))
        seeds = range(arguments.seeds)
        plain = {seed: predict(corpus.embeddings, corpus.table["label"], corpus.table["group"], seed) for seed in seeds}
        before = {seed: wrong_of(p) for seed, p in plain.items()}
        first = plain.get(0) or predict(corpus.embeddings, corpus.table["label"], corpus.table["group"], 0)
        flags = corpus.flags(corpus.measurements)
        rng = np.random.default_rng(0)
        runs = 0
        for done in range(arguments.nulls):
            if done % 50 == 49:
                print(f"  {done} runs, {runs} with any statement", flush=True)
            runs += bool(
                cause_statements(
                    shuffled(first, rng),
                    flagged=flags,
                    groups=corpus.table["group"],
                    measurements=corpus.measurements,
                )
            )
        print(f"null, {arguments.data.name} shuffled: {runs} of {arguments.nulls} runs with any statement", flush=True)
        rows: list[dict[str, object]] = []
        for seed in seeds:
            for level in range(3):
                for kind, strengths in STRENGTHS.items():
                    rows += scenario(corpus, {kind: strengths[level]}, seed, before)
                rows += scenario(corpus, {kind: s[level] for kind, s in STRENGTHS.items()}, seed, before)
    if not rows:
        return
    table = pd.DataFrame(rows)
    table["errs"] = table["more"] >= 5
    print(table.groupby(["kind", "strength", "how"])[["more", "errs", "shown"]].mean().round(2).to_string())
    able = table[table["errs"]]
    print(f"plants by which the baseline errs: {len(able)} of {len(table)}; shown {able['shown'].mean():.3f}")
    print(able.groupby("kind")["shown"].agg(["mean", "size"]).round(3).to_string())
    print(f"slowest search {table['seconds'].max():.1f} s")


if __name__ == "__main__":
    main()
