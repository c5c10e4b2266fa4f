"""The loop as one benchmark (B14): accuracy on a clean test part against the number of reviewed items.

    python -m tests.benchmarks.bench_loop [--data DIR] [--work DIR] [--seeds 5] [--first-seed 0] [--json FILE]

Speakers are parted into training and test. In the training part 15 % of the labels are flipped, half of them to the
class that is most easily confused, and 10 % of the clips are cut or made nearly silent. The planted training part is
audited once per seed; an oracle answers its queue item by item (wrong label: the right one; defective clip: exclude;
else: confirm); after every few answers linear probes are trained on what the answers leave and judged on the clean
test part. Compared are our queue, random order, cleanlab's order (its
issues by self-confidence or normalised margin, then all others by the same score) on the very same predicted
probabilities, and dropping everything that cleanlab flags, unheard.

Audits are kept in ``--work`` and used again. Five seeds take about ten minutes on two cores, the first time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

import dsaudit
from dsaudit.model.device import one_thread_each
from dsaudit.model.probe import fit_probe, select_strength
from dsaudit.relabel.queue.queue import build_queue
from dsaudit.store.run import Run
from tests.benchmarks.loop_figure import page
from tests.benchmarks.loop_planting import Planted, answered, clean_items, confusable, plant

STEPS = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0)
"""Reviewed items, in numbers of planted faults."""
TARGET = 1.3
ITEMS_PER_HOUR = 600
PENALTIES = (0.003, 0.01, 0.03)


def audited(name: str, table: pd.DataFrame, work: Path, **settings: Any) -> Run:
    """The run of that name, made where it is not there yet; all share one cache."""
    note = work / f"{name}.path"
    if note.exists() and Path(note.read_text()).is_dir():
        return Run(Path(note.read_text()))
    frame = table[["path", "label", "group"]].assign(id=table.index)
    run = dsaudit.audit(frame, out=work, memory=False, **settings)
    note.write_text(str(run.path))
    return run


def orders(run: Run, planted: Planted, seed: int) -> dict[str, pd.Index]:
    """Every item of the training part, in each order of review."""
    everything = planted.train.index
    table, given, probs = judged(run)
    found = {}
    for method in ("self_confidence", "normalized_margin"):
        issues = table.index[find_label_issues(given, probs, return_indices_ranked_by=method)]
        rest = table.index[np.argsort(get_label_quality_scores(given, probs, method=method), kind="stable")]
        found[f"cleanlab {method}"] = in_turn(issues, rest, everything)
    queue = pd.Index(build_queue(run)["item_id"])
    doubtful = found["cleanlab normalized_margin"]
    shuffled = everything[np.random.default_rng(seed).permutation(len(everything))]
    return {"dsaudit": in_turn(queue, doubtful, everything), "random": shuffled} | found


def judged(run: Run) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Predictions, column of each given label, and probabilities whose rows sum to 1 in double precision."""
    table = run.predictions
    columns = [c for c in table if c.startswith("p:")]
    probs = table[columns].to_numpy(dtype=np.float64)
    given = pd.Index([c.removeprefix("p:") for c in columns]).get_indexer(table["given"])
    return table, given, probs / probs.sum(1, keepdims=True)


def cleanlab_flags(run: Run) -> pd.Index:
    table, given, probs = judged(run)
    return table.index[find_label_issues(given, probs)]


def in_turn(*parts: pd.Index) -> pd.Index:
    return pd.Index(list(dict.fromkeys(i for part in parts for i in part)))


class Judge:
    """Trains on a state of the training part; the share of probes that get each test item right, float (n_test,).

    The audit chooses the penalty on one held-out fold of noisy labels. That choice jumps, and moves the accuracy by
    a point either way, which is as much as a hundred reviewed items do. So three penalties around the usual choice
    are averaged here; ``chosen`` does what the audit does.
    """

    def __init__(self, clean: Run, run: Run, planted: Planted, *, chosen: bool) -> None:
        self.test = clean.embeddings.reindex(planted.test).to_numpy(dtype=np.float32)
        self.classes = tuple(sorted(planted.train["truth"].unique()))
        self.truth = clean.items["label"].reindex(planted.test).to_numpy()
        self.fold = run.predictions["fold"]
        self.altered, self.original = run.embeddings, clean.embeddings
        self.chosen = chosen

    def __call__(self, state: pd.DataFrame, *, original: bool = False) -> np.ndarray:
        X = (self.original if original else self.altered).reindex(state.index)
        X = X[X.notna().all(axis=1)]
        y = pd.Index(self.classes).get_indexer(state["label"].reindex(X.index))
        rows, held = X.to_numpy(dtype=np.float32), (self.fold.reindex(X.index) == 0).to_numpy()
        strengths = (select_strength(rows, y, held, classes=self.classes),) if self.chosen else PENALTIES
        probe, right = None, []
        for strength in strengths:
            probe = fit_probe(rows, y, classes=self.classes, strength=strength, start=probe)
            right.append(np.array(self.classes)[probe.predict(self.test).argmax(1)] == self.truth)
        return np.mean(right, axis=0)


def one_seed(
    seed: int, items: pd.DataFrame, clean: Run, work: Path, steps: tuple[float, ...], *, chosen: bool
) -> dict[str, Any]:
    planted = plant(items, confusable(clean.predictions), work / "altered", seed=seed)
    run = audited(f"planted-{seed}", planted.train, work, seed=seed)
    judge = Judge(clean, run, planted, chosen=chosen)
    train, n = planted.train, planted.n_faults
    faulty = set(train.index[train["fault"].notna()])
    flips = set(train.index[train["fault"] == "flip"])
    by_order = orders(run, planted, seed)
    cuts = [min(len(train), round(s * n)) for s in steps]

    right: dict[str, np.ndarray] = {
        "clean": judge(train.assign(label=train["truth"]), original=True),
        "all heard": judge(answered(train, train.index)),
        "flips heard": judge(answered(train, train.index[train["fault"] == "flip"])),
    }
    flagged = cleanlab_flags(run)
    right["drop"] = judge(train.drop(index=flagged))
    jobs = [(name, k) for name in by_order for k in range(len(steps))]
    with one_thread_each(), ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda job: judge(answered(train, by_order[job[0]][: cuts[job[1]]])), jobs)
        right |= dict(zip(jobs, made, strict=True))
    speakers = items["group"].reindex(planted.test)
    return {
        "seed": seed,
        "n_train": len(train),
        "n_test": len(planted.test),
        "n_faults": n,
        "n_flips": len(flips),
        "n_dropped": len(flagged),
        "n_dropped_faulty": len(faulty & set(flagged)),
        "heard": cuts,
        "found": {
            name: [[len(kind & set(order[:c])) / len(kind) for c in cuts] for kind in (faulty, flips, faulty - flips)]
            for name, order in by_order.items()
        },
        "right": right,
        "unit": pd.factorize(speakers.where(speakers.notna(), "alone " + speakers.index.to_series()))[0],
    }


def summary(results: list[dict[str, Any]], steps: tuple[float, ...], *, n_draws: int = 1000) -> dict[str, Any]:
    """Means over the seeds; intervals by drawing seeds, and speakers within each."""
    keys = list(results[0]["right"])
    rng = np.random.default_rng(0)

    def accuracies(weights: list[np.ndarray]) -> dict[Any, float]:
        return {
            key: float(np.mean([np.average(r["right"][key], weights=w) for r, w in zip(results, weights, strict=True)]))
            for key in keys
        }

    plain = accuracies([np.ones(r["n_test"]) for r in results])
    draws = []
    for _ in range(n_draws):
        times = np.bincount(rng.integers(0, len(results), len(results)), minlength=len(results))
        weights = []
        for r, t in zip(results, times, strict=True):
            n_units = r["unit"].max() + 1
            w = np.bincount(rng.integers(0, n_units, n_units), minlength=n_units)[r["unit"]]
            weights.append((w + 1e-12) * max(t, 1e-12))
        draws.append(
            {
                key: sum(
                    float((r["right"][key] * w).sum() / w.sum()) * t
                    for r, w, t in zip(results, weights, times, strict=True)
                )
                / len(results)
                for key in keys
            }
        )

    def recovered(of: dict[Any, float], key: Any) -> float:
        lost = of["clean"] - of["dsaudit", 0]
        return (of[key] - of["dsaudit", 0]) / lost if lost else float("nan")

    def interval(figure: Any) -> list[float]:
        return [figure(plain), *np.nanquantile([figure(d) for d in draws], [0.025, 0.975]).tolist()]

    at = steps.index(TARGET)
    table = {
        name: {
            "accuracy": [interval(lambda d, key=(name, k): d[key]) for k in range(len(steps))],
            "recovered": [interval(lambda d, key=(name, k): recovered(d, key)) for k in range(len(steps))],
            "ahead": [interval(lambda d, name=name, k=k: d["dsaudit", k] - d[name, k]) for k in range(len(steps))],
            "found": np.mean([r["found"][name] for r in results], axis=0).tolist(),
            "points_per_hour": interval(
                lambda d, name=name: 100 * (d[name, at] - d[name, 0]) * ITEMS_PER_HOUR
                / np.mean([r["heard"][at] for r in results])
            ),
        }
        for name in results[0]["found"]
    }  # fmt: skip
    return {
        "steps": steps,
        "seeds": [{k: v for k, v in r.items() if k not in ("right", "unit")} for r in results],
        "by_seed": [
            {str(k): float(np.mean(v)) for k, v in r["right"].items() if isinstance(k, str) or k[1] in (0, at)}
            for r in results
        ],
        "clean": interval(lambda d: d["clean"]),
        "planted": interval(lambda d: d["dsaudit", 0]),
        "lost": interval(lambda d: d["clean"] - d["dsaudit", 0]),
        "all_heard": interval(lambda d: d["all heard"]),
        "flips_heard": interval(lambda d: d["flips heard"]),
        "drop": {
            "accuracy": interval(lambda d: d["drop"]),
            "recovered": interval(lambda d: recovered(d, "drop")),
            "n": float(np.mean([r["n_dropped"] for r in results])),
            "share_faulty": float(np.mean([r["n_dropped_faulty"] / r["n_dropped"] for r in results])),
        },
        "orders": table,
    }


def show(found: dict[str, Any]) -> None:
    def said(e: list[float], *, scale: float = 100, unit: str = " %") -> str:
        return f"{scale * e[0]:6.1f}{unit} [{scale * e[1]:.1f}, {scale * e[2]:.1f}]"

    seeds, steps = found["seeds"], found["steps"]
    print(
        f"{len(seeds)} seeds, training {seeds[0]['n_train']}, test {seeds[0]['n_test']}, faults {seeds[0]['n_faults']}"
    )
    for name in ("clean", "planted", "lost", "all_heard", "flips_heard"):
        print(f"  {name:12}{said(found[name])}")
    drop = found["drop"]
    print(f"  drop all     {said(drop['accuracy'])}  recovered {said(drop['recovered'])}  {drop['n']:.0f} dropped, "
          f"{100 * drop['share_faulty']:.0f} % of them faulty")  # fmt: skip
    print("reviewed / faults " + "".join(f"{s:>7}" for s in steps))
    for name, of in found["orders"].items():
        print(f"{name:28}")
        for what, values in (
            ("accuracy", [e[0] for e in of["accuracy"]]),
            ("recovered", [e[0] for e in of["recovered"]]),
            ("found", of["found"][0]),
            ("  flips", of["found"][1]),
            ("  defects", of["found"][2]),
            ("ours ahead", [e[0] for e in of["ahead"]]),
        ):
            print(f"  {what:16}" + "".join(f"{100 * v:7.1f}" for v in values))
    at = steps.index(TARGET)
    for name, of in found["orders"].items():
        print(f"at {TARGET} × faults: {name:28} recovered {said(of['recovered'][at])}, "
              f"found {100 * of['found'][0][at]:.0f} %, "
              f"ours ahead {said(of['ahead'][at], unit=' points')}, "
              f"{said(of['points_per_hour'], scale=1, unit=' points/h')}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data" / "speech_commands")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "dsaudit-loop")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="one seed, few points")
    parser.add_argument("--chosen-penalty", action="store_true", help="choose each penalty as the audit does")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--html", type=Path)
    arguments = parser.parse_args()
    steps = (0, 0.5, 1.0, TARGET, 2.0) if arguments.quick else STEPS
    work: Path = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    items = clean_items(arguments.data)
    clean = audited("clean", items, work)
    results = []
    first = arguments.first_seed
    for seed in range(first, first + (1 if arguments.quick else arguments.seeds)):
        results.append(one_seed(seed, items, clean, work, steps, chosen=arguments.chosen_penalty))
        print(f"seed {seed}: {time.perf_counter() - started:.0f} s", flush=True)
    found = summary(results, steps)
    show(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    if arguments.html:
        arguments.html.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
