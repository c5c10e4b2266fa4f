"""What is stated of label errors over the whole range: nothing to half wrong, weak to strong models, four ways to err.

    python -m tests.benchmarks.bench_range digits blobs1 blobs2            # seen while tuning
    python -m tests.benchmarks.bench_range cancer speech_commands_v1_mini speech_commands clinc150 --cache DIR
    python -m tests.benchmarks.bench_range cancer --cache DIR --verdicts   # and after a first 20, 40 and 100 verdicts
    python -m tests.benchmarks.bench_range cancer --seeds 3 --csv range.csv --minutes 60     # again: goes on

Labels are damaged first, then the tool's own probe is trained on them: by a share ``uniform`` over the other classes,
to the class the true one is ``confusable`` with, where a model of the true labels doubts (``instance``), or between a
third of the classes pair by pair (``swapped``). Weaker models see fewer principal components of the features, and so
do the neighbours that an audit has (``--alone``: none); a temperature below 1 makes one surer than it is, above 1 less.
The true labels are read for scoring only. Probes and statements of a set and a seed take two to ten minutes of
processor time; with ``--cache`` probes are trained once, and what stands in ``--csv`` is not judged again.

Targets, over the settings in which the model is right on half of the truth or more: stated precision within 7 points
in .90 of them, F1 at .95 of the best cut in .90 and never below .85, the number of wrong labels within 20 % in .85,
its 95 % interval held in .90 to .98 and, above 2 % wrong, no wider than a factor of 4. cleanlab's estimated number and
default cut stand in rows of their own, on the same probabilities; F1 is of the best cut of our ranking for both.
Verdicts are truthful, on the first labels of the review as the screen has them; what they found counts as listed, and
the number is to be within 25 % then. Corners come last but one, the bad ones first: ``knows`` is the share whose
interval is wide or that state nothing, ``misled`` the share whose interval is narrow and does not hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from dsaudit.analysis.label.cut import choose_cut
from dsaudit.analysis.label.recalibration import expected_wrong, recalibration, updated
from dsaudit.analysis.space.embedding_space import embedding_space
from dsaudit.analysis.space.neighbours import nearest_neighbours
from dsaudit.relabel.queue.label_doubt import DOUBTED_BELOW
from dsaudit.relabel.queue.queue import Tier
from dsaudit.relabel.queue.review_queue import spread_first
from dsaudit.store.schema.metrics import UNSURE
from tests.benchmarks.bench_cut import best_f1, f1, ours
from tests.benchmarks.planted_statements import features, flipped, probed

try:
    from cleanlab.count import num_label_issues
    from cleanlab.filter import find_label_issues
except ImportError:
    num_label_issues = None

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.10, 0.20, 0.30, 0.40, 0.50)
HOWS = ("uniform", "confusable", "instance", "swapped")
TEMPERATURES = (0.5, 1.0, 3.0)
COMPONENTS = (3, 8, 20, 200)
MOMENTS = (20, 40, 100)
AT = ["set", "seed", "how", "share", "components", "temperature"]
MOST = 2_500
"""Items of a set that are looked at, by whole classes: with few of each only the strongest model is right on half."""


def swapped(true: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Labels of which ``share`` of all, at most 45 % of a class, went to the partner of their class."""
    rng = np.random.default_rng(seed)
    k = int(true.max()) + 1
    some = rng.permutation(k)[: max(2, 2 * (k // 6))]
    partner = np.arange(k)
    partner[some[::2]], partner[some[1::2]] = some[1::2], some[::2]
    at_stake = np.flatnonzero(partner[true] != true)
    size = min(round(share * len(true)), int(0.45 * len(at_stake)))
    chosen = rng.choice(at_stake, size, replace=False)
    given = true.copy()
    given[chosen] = partner[true[chosen]]
    return given


def tempered(probs: np.ndarray, temperature: float) -> np.ndarray:
    raised = np.maximum(probs.astype(np.float64), 1e-9) ** (1.0 / temperature)
    return (raised / raised.sum(1, keepdims=True)).astype(np.float32)


class Setting(NamedTuple):
    """What was planted, probabilities (n, k), given and true labels, nearest items (n, 10) as the model sees them."""

    at: dict[str, object]
    probs: np.ndarray
    given: np.ndarray
    true: np.ndarray
    near: np.ndarray


class Probes:
    """Probabilities, labels and nearest items of a set and a seed, made when asked for and kept under ``cache``."""

    def __init__(self, name: str, seed: int, cache: Path | None) -> None:
        self.name, self.seed = name, seed
        self._folder = cache / f"{name}-{seed}" if cache else None
        self._kept: dict[str, np.ndarray] = {}

    def settings(self, every: int) -> Iterator[Setting]:
        """One of ``every`` models, drawn."""
        asked = [
            (how, share, d)
            for how, share, d in product(HOWS, SHARES, COMPONENTS)
            if how == "uniform" or 0.0 < share <= 0.4  # nothing wrong is so in one way only; at .5 right is unusual
        ]
        chosen = np.random.default_rng([self.seed, *self.name.encode()]).permutation(len(asked))
        for number in np.sort(chosen[: -(-len(asked) // every)]):
            how, share, d = asked[number]
            at = {"set": self.name, "seed": self.seed, "how": how, "share": share, "components": d}
            for t in TEMPERATURES if d == COMPONENTS[-2] else (1.0,):
                yield Setting(
                    at | {"temperature": t},
                    tempered(self._probs(how, share, d), t),
                    self._given(how, share).astype(np.int64),
                    self._array("true", lambda: self._items[1]),
                    self._array(f"near-{d}", lambda d=d: self._near(d)).astype(np.int64),
                )

    def _array(self, key: str, made: Callable[[], np.ndarray]) -> np.ndarray:
        path = self._folder / f"{key}.npy" if self._folder else None
        if key not in self._kept and path is not None and path.exists():
            self._kept[key] = np.load(path)
        if key not in self._kept:
            self._kept[key] = made()
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                np.save(path, self._kept[key])
        return self._kept[key]

    def _given(self, how: str, share: float) -> np.ndarray:
        def made() -> np.ndarray:
            true = self._items[1]
            if how == "swapped":
                return swapped(true, share, self.seed).astype(np.int16)
            clean = self._array("clean", lambda: probed(self._views[COMPONENTS[-1]], *self._items[1:], 0))
            return flipped(true, clean, how=how, share=share, seed=self.seed).astype(np.int16)

        return self._array(f"given-{how}-{share}", made)

    def _probs(self, how: str, share: float, d: int) -> np.ndarray:
        def made() -> np.ndarray:
            return probed(self._views[d], self._given(how, share).astype(np.int64), self._items[2], self.seed)

        return self._array(f"probs-{how}-{share}-{d}", made)

    def _near(self, d: int) -> np.ndarray:
        near, groups = nearest_neighbours(embedding_space(self._views[d].to_numpy()))[0], self._items[2]
        if groups is not None:  # those of its own group share its mistakes
            near = np.where(groups.to_numpy()[near] == groups.to_numpy()[:, None], -1, near)
        return near.astype(np.int32)

    @cached_property
    def _items(self) -> tuple[pd.DataFrame, np.ndarray, pd.Series | None]:
        X, true, groups = features(self.name)
        if len(X) <= MOST:
            return X, true, groups
        rows = np.flatnonzero(np.bincount(true).cumsum()[true] <= MOST)
        return X.iloc[rows], true[rows], None if groups is None else groups.iloc[rows]

    @cached_property
    def _views(self) -> dict[int, pd.DataFrame]:
        from sklearn.decomposition import PCA
        from sklearn.preprocessing import StandardScaler

        X = self._items[0]
        scaled = StandardScaler().fit_transform(X)
        most = min(scaled.shape)
        parts = {d: PCA(d, random_state=0).fit_transform(scaled) if d < most else scaled for d in COMPONENTS}
        return {d: pd.DataFrame(part.astype(np.float32), index=X.index) for d, part in parts.items()}


def judged_by_us(s: Setting) -> tuple[pd.DataFrame, dict]:
    ids = np.array([f"{i:07d}" for i in range(len(s.given))], dtype=object)
    near = pd.Series([list(ids[row[row >= 0]]) for row in s.near], index=ids) if s.near.size else None
    return ours(s.probs, s.given, neighbours=near)


def figures(s: Setting) -> list[dict[str, object]]:
    """What is stated before any verdict, and by cleanlab."""
    wrong = s.given != s.true
    table, said = judged_by_us(s)
    chosen, number, precision = table["candidate"].to_numpy(), said["n_estimated"], said["cut"]["precision"]
    best = best_f1(table["quality"].to_numpy(), wrong) if wrong.any() else np.nan
    common = {"right": float((s.probs.argmax(1) == s.true).mean()), "wrong": int(wrong.sum())}
    by_us = {
        "by": "stated",
        "known": number is not None,
        "number": number["value"] if number else np.nan,
        "low": number["low"] if number else np.nan,
        "high": number["high"] if number else np.nan,
        "stated": precision["value"] if precision else np.nan,
        **listed_figures(chosen, wrong, best),
    }
    if num_label_issues is None:
        return [common | by_us]
    double = s.probs.astype(np.float64) / s.probs.sum(1, keepdims=True, dtype=np.float64)
    theirs = find_label_issues(s.given, double, n_jobs=1)
    by_cleanlab = {"by": "cleanlab", "known": False, "number": float(num_label_issues(s.given, double))}
    return [common | by_us, common | by_cleanlab | listed_figures(theirs, wrong, best)]


def listed_figures(listed: np.ndarray, wrong: np.ndarray, best: float) -> dict[str, object]:
    return {
        "n_cut": int(listed.sum()),
        "true": float(wrong[listed].mean()) if listed.any() else np.nan,
        "f1_of_best": f1(listed, wrong) / best if wrong.any() else np.nan,
    }


def review(table: pd.DataFrame, said: dict) -> np.ndarray:
    """Rows of the labels that a review brings up, in its order."""
    p, candidate = table["p_wrong"].to_numpy(), table["candidate"].to_numpy()
    doubted = candidate | (table["pairwise_confidence"] < DOUBTED_BELOW).to_numpy()
    queue = pd.DataFrame({"tier": np.where(candidate, Tier.CANDIDATE, Tier.AMBIGUOUS), "p_wrong": p})[doubted]
    gain = p * np.where(candidate, np.sqrt(table["p_suggested"].clip(0)), 1.0)
    queue = queue.iloc[np.lexsort((-gain[doubted], queue["tier"]))]
    number = said["n_estimated"]
    if not said["guess"] and number["high"] > UNSURE * max(number["low"], 0.5):
        queue = spread_first(queue)
    return queue.index.to_numpy()


def heard(s: Setting) -> list[dict[str, object]]:
    """What is stated after each of ``MOMENTS``; none where no number is stated before."""
    table, said = judged_by_us(s)
    if said["n_estimated"] is None:
        return []
    probs, wrong = s.probs, s.given != s.true
    table = table.fillna({"p_wrong": 0.0}).reset_index(drop=True)
    order, stated = review(table, said), table["p_wrong"].to_numpy()
    by_quality = np.argsort(table["quality"].to_numpy(), kind="stable")
    rows = []
    for n in MOMENTS:
        verdicts = np.full(len(wrong), -1)
        verdicts[order[:n]] = wrong[order[:n]]
        left, found = verdicts < 0, int((verdicts == 1).sum())
        fit = recalibration(stated, verdicts, shift=said["shift"])
        number = asdict(expected_wrong(fit, stated[left], n_known=found))
        ranked = by_quality[left[by_quality]]
        p = updated(fit, stated[ranked])
        cut = ranked[: choose_cut(p).n]
        listed = verdicts == 1
        listed[cut] = True
        score = np.where(left, table["quality"], np.where(verdicts == 1, -1.0, 2.0))
        rows.append(
            {
                "by": f"after {n}",
                "right": float((probs.argmax(1) == s.true).mean()),
                "wrong": int(wrong.sum()),
                "known": True,
                **{end: number[end] for end in ("low", "high")},
                "number": float(p.sum()) + found,
                **listed_figures(listed, wrong, best_f1(score, wrong)),
                "stated": float(p[: len(cut)].mean()) if len(cut) else np.nan,
                "true": float(wrong[cut].mean()) if len(cut) else np.nan,
                "found": found / min(n, len(order)) if len(order) else np.nan,
            }
        )
    return rows


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Whether each setting meets the targets; NaN where nothing is stated or nothing is wrong."""
    some, ratio = rows["wrong"] > 0, rows["number"] / rows["wrong"].clip(lower=1)
    held = (rows["low"] <= rows["wrong"]) & (rows["wrong"] <= rows["high"])
    narrow = rows["high"] <= 4 * rows["low"].clip(lower=0.5)
    known = rows["known"].astype(bool)
    sayable = rows["stated"].notna() & rows["true"].notna()
    return pd.DataFrame(
        {
            "precision within 7": ((rows["stated"] - rows["true"]).abs() <= 0.07).where(sayable),
            "F1 .95 of best": (rows["f1_of_best"] >= 0.95).where(some),
            "worst F1": rows["f1_of_best"],
            "median F1": rows["f1_of_best"],
            "number within .2": ((ratio - 1).abs() <= 0.2).where(some),
            "within .25": ((ratio - 1).abs() <= 0.25).where(some),
            "number / true": ratio.where(some),
            "held": held.where(known),
            "narrow": narrow.where(known & (rows["share"] > 0.02)),
            "knows": (~known | ~narrow).where(rows["by"] != "cleanlab"),
            "misled": (known & narrow & ~held).where(rows["by"] != "cleanlab"),
            "none listed": ((rows["n_cut"] == 0) & (rows["share"] > 0.02)).astype(float),
            "found": rows["found"],
        }
    ).astype(float)


HOW = {"worst F1": "min", "median F1": "median", "number / true": "median", "none listed": "sum"}


def say(rows: pd.DataFrame) -> None:
    right = rows["right"] >= 0.5
    counted = rows[right].assign(
        model=pd.cut(rows["right"][right], [0, 0.65, 0.8, 0.9, 1.0], labels=["-.65", "-.8", "-.9", "-1"]),
        wrongs=pd.cut(rows["share"][right], [-1, 0, 0.02, 0.1, 0.3, 0.5], labels=["0", "-2", "-10", "-30", "-50"]),
    )
    counted["by"] = pd.Categorical(counted["by"], ["stated", "cleanlab", *(f"after {n}" for n in MOMENTS)])
    met = judged(counted)
    how = dict.fromkeys(met.columns, "mean") | HOW
    first = counted["by"] == "stated"
    print(
        f"{first.sum()} settings of {(rows['by'] == 'stated').sum()}: the model is right on half of the truth or more"
    )
    print(met.groupby(counted["by"], observed=True).agg(how).round(3).to_string())
    for by in ("share", "how", "model", "temperature", "set"):
        print(met.groupby([counted[by], counted["by"]], observed=True).agg(how).round(2).to_string())
    if num_label_issues is None:
        print("cleanlab is not installed: it is left out")
    corners = met[first].groupby([counted[name][first] for name in ("wrongs", "how", "model")], observed=True)
    table = corners.agg(how).drop(columns=["found", "within .25"])
    table.insert(0, "n", corners.size())
    later = met[counted["by"] == f"after {MOMENTS[1]}"]
    if len(later):
        by = [counted[name][later.index] for name in ("wrongs", "how", "model")]
        table["after 40 within .25"] = later["within .25"].groupby(by, observed=True).mean()
    bad = table[["precision within 7", "F1 .95 of best", "number within .2", "held"]].mean(axis=1)
    print(table.loc[bad.sort_values(kind="stable").index].round(2).to_string())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--csv", type=Path, help="a row for each statement, written as they come; what is there counts")
    parser.add_argument("--cache", type=Path, help="folder that keeps probabilities from one run to the next")
    parser.add_argument("--alone", action="store_true", help="without neighbours, as predictions of other tools come")
    parser.add_argument("--every", type=int, default=1, help="of so many models one, drawn")
    parser.add_argument("--minutes", type=float, default=np.inf, help="stop after that, and say what there is")
    parser.add_argument("--verdicts", action="store_true")
    options = parser.parse_args()
    before = pd.read_csv(options.csv) if options.csv and options.csv.exists() else pd.DataFrame(columns=AT)
    done = set(before[AT].itertuples(index=False, name=None))
    found, started = before.to_dict("records"), time.monotonic()
    for seed, name in product(range(options.seeds), options.sets):
        for number, made in enumerate(Probes(name, seed, options.cache).settings(options.every)):
            if time.monotonic() - started > 60 * options.minutes:
                break
            if tuple(made.at.values()) in done:
                continue
            s = made._replace(near=made.near[:, :0]) if options.alone else made
            rows = figures(s) + (heard(s) if options.verdicts else [])
            found += [s.at | {"found": np.nan} | row for row in rows]
            if number % 10 == 0:
                print(f"{name}, seed {seed}: {number} settings judged", file=sys.stderr, flush=True)
                if options.csv:
                    pd.DataFrame(found).to_csv(options.csv, index=False)
    if options.csv:
        pd.DataFrame(found).to_csv(options.csv, index=False)
    say(pd.DataFrame(found))


if __name__ == "__main__":
    main()
