"""Ranking, cut and counts of label errors beside cleanlab, on the same probabilities in the same run.

    python -m tests.benchmarks.bench_cut noise      # label_noise/: people's and synthetic errors (B1, B2)
    python -m tests.benchmarks.bench_cut annotators # label_noise/: one person's labels, and the worst of three
    python -m tests.benchmarks.bench_cut verdicts   # label_noise/: what people said of cleanlab's candidates (B4)
    python -m tests.benchmarks.bench_cut digits     # scikit-learn's digits with 5, 10, 20 % flips (B5)
    python -m tests.benchmarks.bench_cut planted    # recordings, photographs, texts with 5, 10, 20 % flips, end to end
    python -m tests.benchmarks.bench_cut speed      # 1M x 10 and 50k x 1,000 (B11)

The labels that are right are read for scoring only. ``planted`` takes embeddings of photographs and texts from
``--vectors DIR`` (``clothing.npz``, ``banking77.npz`` with ``ids`` and ``embeddings``); where there are none, the
texts get TF-IDF with a truncated SVD and the photographs are left out. What was wrong before the planting counts as a
false alarm.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from dsaudit.analysis.label.label_errors import find_label_errors
from tests.fabric import average_precision

DATA = Path(__file__).parents[2].parent / "shared" / "data"
METHODS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
FILTERS = ("prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given")


def f1(flagged: np.ndarray, wrong: np.ndarray) -> float:
    return float(2 * (flagged & wrong).sum() / max(flagged.sum() + wrong.sum(), 1))


def best_f1(score: np.ndarray, wrong: np.ndarray) -> float:
    """F1 at the best cut of a ranking, low first."""
    hits = np.cumsum(wrong[np.argsort(score, kind="stable")])
    return float((2 * hits / (np.arange(1, len(hits) + 1) + wrong.sum())).max())


def ours(probs: np.ndarray, given: np.ndarray, **options: object) -> tuple[pd.DataFrame, dict]:
    ids = pd.Index([f"{i:07d}" for i in range(len(given))])
    names = [f"c{k:04d}" for k in range(probs.shape[1])]
    labels = pd.Series(np.array(names, dtype=object)[given], index=ids)
    found = find_label_errors(pd.DataFrame(probs.astype(np.float32), index=ids, columns=names), labels, **options)
    table = found.table.reindex(ids)  # items of classes that the model cannot tell are not judged
    return table.fillna({"candidate": False, "quality": 1.0}).astype({"candidate": bool}), found.summary


def row(probs: np.ndarray, given: np.ndarray, wrong: np.ndarray) -> dict[str, object]:
    """Everything that is scored on one set."""
    from cleanlab.count import num_label_issues
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    table, said = ours(probs, given)
    chosen, quality = table["candidate"].to_numpy(), table["quality"].to_numpy()
    p = probs.astype(np.float64)
    p /= p.sum(1, keepdims=True)
    scores = {m: get_label_quality_scores(given, p, method=m) for m in METHODS}
    cuts = {f: f1(find_label_issues(given, p, filter_by=f), wrong) for f in FILTERS}
    best_rival = max(best_f1(s, wrong) for s in scores.values())
    cut = said["cut"]
    return {
        "wrong": int(wrong.sum()),
        "AP": average_precision(wrong, quality),
        "AP cleanlab, best of 3": max(average_precision(wrong, s) for s in scores.values()),
        "F1": f1(chosen, wrong),
        "F1 / best cut": f1(chosen, wrong) / best_f1(quality, wrong),
        "F1 / cleanlab's best cut": f1(chosen, wrong) / best_rival,
        "F1 cleanlab default": cuts["prune_by_noise_rate"],
        "F1 cleanlab best of 5": max(cuts.values()),
        "count / true": said["n_estimated"]["value"] / wrong.sum(),
        "count held": said["n_estimated"]["low"] <= wrong.sum() <= said["n_estimated"]["high"],
        "count cleanlab / true": num_label_issues(given, p) / wrong.sum(),
        "n cut": cut["n"],
        "stated precision": cut["precision"]["value"],
        "low": cut["precision"]["low"],
        "high": cut["precision"]["high"],
        "true precision": wrong[chosen].mean(),
    }


def noise() -> None:
    rows = {}
    for path in sorted((DATA / "label_noise").glob("cifar10*_*.npz")):
        with np.load(path) as data:
            if "true_labels" not in data:
                continue
            probs, given, right = (data[k] for k in ("pred_probs", "given_labels", "true_labels"))
        given, right = given.astype(np.int64), right.astype(np.int64)
        wrong = given != right
        rows[path.stem] = row(probs, given, wrong)
        table, _ = ours(probs, given)
        suggested = table["suggestion"].str[1:].astype(int).to_numpy()
        masked = probs.copy()
        masked[np.arange(len(given)), given] = -1
        chosen = table["candidate"].to_numpy()
        rows[path.stem] |= {
            "suggestion right, of the wrong": (suggested == right)[wrong].mean(),
            "cleanlab's (argmax), of the wrong": (masked.argmax(1) == right)[wrong].mean(),
            "suggestion stated, in the cut": table["p_suggested"][chosen].mean(),
            "suggestion right, in the cut": (suggested == right)[chosen].mean(),
        }
    print(pd.DataFrame(rows).T.infer_objects().round(4).T.to_string())


def annotators() -> None:
    """One person's labels are wrong twice as often as those of three together, which the networks were trained on.

    The table of annotators lists some stretches of images in another order: what is near one is left out.
    """
    told = pd.read_csv(DATA / "label_noise" / "cifar10n_three_annotators.csv.gz")
    code = {name: i for i, name in enumerate(sorted(told["true_label"].unique()))}
    right = told["true_label"].map(code).to_numpy()
    single = [told[f"annotator_{i}"].map(code).to_numpy() for i in (1, 2, 3)]
    worst = single[0].copy()
    for labels in single[1:]:
        worst[worst == right] = labels[worst == right]
    rows = {}
    for path in sorted((DATA / "label_noise").glob("cifar10n_aggregate_*.npz")):
        with np.load(path) as data:
            probs, listed = data["pred_probs"], data["true_labels"].astype(np.int64)
        same = np.convolve(listed != right, np.ones(101), "same") < 0.5
        for name, given in {"annotator 1": single[0], "2": single[1], "3": single[2], "worst": worst}.items():
            rows[f"{path.stem[18:]} {name}"] = row(probs[same], given[same], (given != right)[same])
    print(pd.DataFrame(rows).T.infer_objects().round(4).T.to_string())


def verdicts() -> None:
    from cleanlab.filter import find_label_issues

    rows = {}
    for path in sorted((DATA / "label_noise").glob("*_test_verdicts.npz")):
        with np.load(path) as data:
            probs, given = data["pred_probs"], data["given_labels"].astype(np.int64)
        told = json.loads(path.with_suffix(".json").read_text())
        checked = np.array([v["id"] for v in told])
        confirmed = np.array([v["mturk"]["given"] < 3 for v in told])
        table, said = ours(probs, given)
        chosen = table["candidate"].to_numpy()
        theirs = find_label_issues(given, probs)
        rows[path.stem] = {
            "checked": len(told),
            "confirmed": confirmed.mean(),
            "ours among checked": int(chosen[checked].sum()),
            "confirmed of ours": confirmed[chosen[checked]].mean(),
            "cleanlab among checked": int(theirs[checked].sum()),
            "confirmed of cleanlab's": confirmed[theirs[checked]].mean(),
            "AP among checked": average_precision(confirmed, table["quality"].to_numpy()[checked]),
            "AP self-confidence": average_precision(confirmed, table["self_confidence"].to_numpy()[checked]),
            "stated p_wrong, checked": table["p_wrong"].to_numpy()[checked].mean(),
            "estimated wrong in the set": said["n_estimated"]["value"],
            "low": said["n_estimated"]["low"],
            "high": said["n_estimated"]["high"],
            "cleanlab's count": float(theirs.sum()),
        }
    print(pd.DataFrame(rows).T.infer_objects().round(3).T.to_string())


def planted_labels(labels: pd.Series, share: float, kind: str, seed: int, pairs: dict[str, str]) -> pd.Series:
    """Labels with ``share`` of them changed: to any other class, or to the one it is most often taken for."""
    rng = np.random.default_rng(seed)
    classes = np.array(sorted(labels.unique()), dtype=object)
    changed = labels.astype(object).copy()
    for item in labels.index[rng.choice(len(labels), round(share * len(labels)), replace=False)]:
        to = pairs[labels[item]] if kind == "confusable" else rng.choice(classes[classes != labels[item]])
        changed[item] = to
    return changed


def confusable(X: pd.DataFrame, labels: pd.Series, groups: pd.Series | None) -> dict[str, str]:
    """For each class the one that a model takes it for most often."""
    from dsaudit.model.folds import stratified_group_folds
    from dsaudit.model.head import cross_validated_pred_probs

    made = cross_validated_pred_probs(X, labels, stratified_group_folds(labels, groups=groups))
    mean = pd.DataFrame(made.pred_probs, columns=made.classes).groupby(np.array(made.classes)[made.given]).mean()
    values = mean.reindex(columns=mean.index).to_numpy().copy()
    np.fill_diagonal(values, -1)
    return {c: str(mean.index[k]) for c, k in zip(mean.index, values.argmax(1), strict=True)}


def digits_set() -> tuple[pd.DataFrame, pd.Series, None]:
    from sklearn.datasets import load_digits

    data = load_digits()
    ids = [f"digit{i:04d}" for i in range(len(data.target))]
    return pd.DataFrame(data.data.astype(np.float32), index=ids), pd.Series(data.target.astype(str), index=ids), None


def vectors_of(name: str, folder: Path | None) -> pd.DataFrame | None:
    path = None if folder is None else folder / f"{name}.npz"
    if path is None or not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as data:
        return pd.DataFrame(data["embeddings"].astype(np.float32), index=data["ids"].astype(str))


def texts(folder: Path | None) -> tuple[pd.DataFrame, pd.Series, None]:
    table = pd.concat([pd.read_csv(DATA / "banking77" / f"{part}.csv") for part in ("train", "test")])
    ids = [f"{i:05d}" for i in range(len(table))]
    X = vectors_of("banking77", folder)
    if X is None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(table["text"])
        X = pd.DataFrame(TruncatedSVD(200, random_state=0).fit_transform(words).astype(np.float32), index=ids)
    return X.reindex(ids), pd.Series(table["category"].to_numpy(), index=ids), None


def sets(folder: Path | None) -> dict[str, tuple[pd.DataFrame, pd.Series, pd.Series | None]]:
    from tests.benchmarks.bench_baseline import embedded

    found = {}
    for name in ("speech_commands", "esc10"):
        X, table = embedded(DATA / name)
        found[name] = (X, table["label"].reindex(X.index), table["group"].reindex(X.index))
    if (X := vectors_of("clothing", folder)) is not None:
        found["clothing"] = (X, pd.Series([i.split("/")[-2] for i in X.index], index=X.index), None)
    found["banking77"] = texts(folder)
    return found


def planted(folder: Path | None, n_seeds: int, only_digits: bool) -> None:
    from dsaudit.analysis.space.embedding_space import embedding_space
    from dsaudit.analysis.space.neighbours import nearest_neighbours
    from dsaudit.model.folds import stratified_group_folds
    from dsaudit.model.head import cross_validated_pred_probs

    rows = []
    for name, (X, labels, groups) in ({"digits": digits_set()} if only_digits else sets(folder)).items():
        near, _ = nearest_neighbours(embedding_space(X.to_numpy(), seed=0), k=10, seed=0)
        names = X.index.to_numpy(dtype=object)
        neighbours = pd.Series([list(names[r]) for r in near], index=X.index)
        pairs = confusable(X, labels, groups)
        for share in (0.05, 0.1, 0.2):
            for kind in ("uniform", "confusable"):
                for seed in range(n_seeds):
                    noisy = planted_labels(labels, share, kind, seed, pairs)
                    folds = stratified_group_folds(noisy, groups=groups, seed=seed)
                    made = cross_validated_pred_probs(X, noisy, folds, seed=seed)
                    ids = list(made.item_ids)
                    wrong = (noisy != labels)[ids].to_numpy()
                    theirs = row(made.pred_probs, made.given, wrong)
                    full = find_label_errors(
                        pd.DataFrame(made.pred_probs, index=ids, columns=made.classes),
                        noisy,
                        neighbours=neighbours,
                        together=(groups,) if groups is not None else (),
                    )
                    table, said = full.table, full.summary
                    chosen, quality = table["candidate"].to_numpy(), table["quality"].to_numpy()
                    rows.append(
                        {"set": name, "share": share, "kind": kind, "seed": seed}
                        | {
                            "AP cleanlab": theirs["AP cleanlab, best of 3"],
                            "F1 cleanlab": theirs["F1 cleanlab default"],
                        }
                        | {
                            "F1 cl. best": theirs["F1 cleanlab best of 5"],
                            "n cleanlab": theirs["count cleanlab / true"],
                        }
                        | {
                            "AP": average_precision(wrong, quality),
                            "F1": f1(chosen, wrong),
                            "F1/best": f1(chosen, wrong) / best_f1(quality, wrong),
                            "n": said["n_estimated"]["value"] / wrong.sum(),
                            "n held": said["n_estimated"]["low"] <= wrong.sum() <= said["n_estimated"]["high"],
                            "stated": said["cut"]["precision"]["value"],
                            "true": wrong[chosen].mean(),
                            "held": said["cut"]["precision"]["low"]
                            <= wrong[chosen].mean()
                            <= said["cut"]["precision"]["high"],
                            "suggested": (table["suggestion"] == labels[ids]).to_numpy()[wrong].mean(),
                        }
                    )
    table = pd.DataFrame(rows)
    mean = table.drop(columns="seed").groupby(["set", "share", "kind"], sort=False).mean()
    print(mean.round(3).to_string())
    print(mean.groupby("set", sort=False).mean().round(3).to_string())


def speed(case: str | None) -> None:
    if case is None:
        for name in ("ours 1000000 10", "cleanlab 1000000 10", "ours 50000 1000", "cleanlab 50000 1000"):
            subprocess.run([sys.executable, "-m", "tests.benchmarks.bench_cut", "speed", "--case", name], check=True)
        return
    who, n, k = case.split()
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.full(int(k), 3.0 / int(k)), int(n)).astype(np.float32)
    given = (probs.cumsum(1) < rng.random((int(n), 1))).sum(1).clip(0, int(k) - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if who == "ours":
        import scipy.optimize  # noqa: F401  both sides start with their packages loaded

        from dsaudit.analysis.label.label_fit import label_fit
        from dsaudit.analysis.label.right_label import judge_labels

        started = time.perf_counter()
        judge_labels(label_fit(probs, given), probs, given)
    else:
        from cleanlab.filter import find_label_issues

        started = time.perf_counter()
        find_label_issues(given, probs)
    seconds = time.perf_counter() - started
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    peak = max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, children)
    print(f"{case:24} {seconds:6.2f} s, {peak / 2**20:.2f} GiB beyond the input", flush=True)
    if who == "ours":
        started = time.perf_counter()
        ours(probs, given)
        print(f"{'all scores, cut, table':24} {time.perf_counter() - started:6.2f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("noise", "annotators", "verdicts", "digits", "planted", "speed"))
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--case")
    options = parser.parse_args()
    if options.what == "noise":
        noise()
    elif options.what == "annotators":
        annotators()
    elif options.what == "verdicts":
        verdicts()
    elif options.what == "speed":
        speed(options.case)
    else:
        planted(options.vectors, options.seeds, options.what == "digits")


if __name__ == "__main__":
    main()
