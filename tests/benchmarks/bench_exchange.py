"""Whole classes that stand for others in one group, or in half of the files: how many are named exactly, and in vain.

    python -m tests.benchmarks.bench_exchange digits speech_commands             # seen while tuning
    python -m tests.benchmarks.bench_exchange banking77 clinc150 --seeds 3       # nothing was tuned on these
    python -m tests.benchmarks.bench_exchange digits --nulls                     # nothing planted: all false

A mapping (a swap, a ring of three, a shift along all class names, a merge of one class into another) is planted in a
group of 10 to 200 items, in a split of half of them, or in a run of rows; then the tool's own probe is trained on the
damaged labels, groups held out. 0 or 20 % of all labels are wrong at random beside. Weaker models see fewer principal
components. Exact: the first finding has the very classes, the very part (of a run: nine tenths of either), and no
other finding stands beside it. Nulls: raw labels, and the noises of ``bench_range`` at two shares.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.analysis.label.class_mapping import class_mappings
from dsaudit.analysis.label.part import parts_of, with_own_witness
from tests.benchmarks.bench_range import swapped
from tests.benchmarks.planted_statements import features, flipped, probed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dsaudit.analysis.label.class_mapping import ClassMapping

SIZES = (10, 20, 40, 80, 200)
KINDS = ("swap", "cycle", "shift", "merge")
COMPONENTS = (3, 5, 8, 20, 200)


def sources(groups: pd.Series, size: int, rng: np.random.Generator) -> np.ndarray:
    """Groups put together at random until each source has about ``size`` items; the numbers of the sources."""
    counts = groups.value_counts()
    order = rng.permutation(len(counts))
    number = np.floor((counts.to_numpy()[order].cumsum() - 1) / size).astype(int)
    return groups.map(dict(zip(counts.index[order], number, strict=True))).to_numpy()


def moves_of(kind: str, true: np.ndarray, part: np.ndarray, rng: np.random.Generator) -> dict[int, int]:
    """True class to the label that it is given."""
    k = int(true.max()) + 1
    common = np.array(pd.Series(true[part]).value_counts().index)
    if kind == "shift":
        return {c: (c + 1) % k for c in range(k)}
    chosen = rng.permutation(common[: max(3, len(common) // 2)])[: {"swap": 2, "cycle": 3, "merge": 2}[kind]].tolist()
    if kind == "merge":
        return {chosen[0]: chosen[1]}
    return dict(zip(chosen, chosen[1:] + chosen[:1], strict=True))


def judged(X: pd.DataFrame, given: np.ndarray, probs: np.ndarray, columns: pd.DataFrame, k: int) -> list[ClassMapping]:
    parts = parts_of(columns, X.index)
    parts = with_own_witness(parts, X.to_numpy(), given, columns["group"], n_classes=k, seed=0)
    return class_mappings(given, probs.argmax(1), parts, names=[f"{c:03d}" for c in range(k)])


def is_exact(found: list[ClassMapping], moves: dict[int, int], part: np.ndarray, given: np.ndarray) -> bool:
    there = set(given[part].tolist())
    if len(found) != 1 or found[0].moves != {label: is_ for is_, label in moves.items() if label in there}:
        return False
    rows = np.zeros(len(part), dtype=bool)
    rows[np.concatenate([p.rows for p in found[0].parts])] = True
    concerned = np.isin(given, list(found[0].moves))
    if found[0].parts[0].kind == "rows":
        both = (rows & part & concerned).sum()
        return bool(both >= 0.9 * (part & concerned).sum() and both >= 0.9 * (rows & concerned).sum())
    return bool((rows == part)[concerned].all())


Views = dict[int, pd.DataFrame]


def planted(
    name: str, seed: int, views: Views, true: np.ndarray, groups: pd.Series, sizes: Sequence[int] = SIZES
) -> Iterator[dict]:
    k, n = int(true.max()) + 1, len(true)
    for size in (*sizes, n // 2, "rows"):
        if isinstance(size, int) and size > 0.55 * n:
            continue
        for kind in KINDS:
            rng = np.random.default_rng([seed, 7 if size == "rows" else size, KINDS.index(kind)])
            source = sources(groups, 100 if size == "rows" else size, rng)
            half = size == n // 2
            if size == "rows":
                start = int(rng.integers(0, n // 2))
                part = np.arange(n) >= start
                part &= np.arange(n) < start + int(rng.integers(n // 8, n // 3))
            elif half:
                part = source == 0
            else:
                part = source == rng.integers(0, max(source.max(), 1))
            moves = moves_of(kind, true, part, rng)
            n_moved = int(np.isin(true[part], list(moves)).sum())
            columns = pd.DataFrame({"group": groups.to_numpy(dtype=object), "source": source.astype(str)})
            if half:
                columns["source"] = np.where(part, "test", "train")
            for noise in (0.0, 0.2):
                given = true.copy()
                given[part] = [moves.get(c, c) for c in true[part]]
                wrong = rng.permutation(n)[: round(noise * n)]
                given[wrong] = (given[wrong] + rng.integers(1, k, len(wrong))) % k
                for d, view in views.items():
                    probs = probed(view, given, groups, seed)
                    found = judged(view, given, probs, columns, k)
                    good = is_exact(found, moves, part, given)
                    if half and kind != "merge":  # of two halves, either may be the one that is right
                        good |= is_exact(found, {label: is_ for is_, label in moves.items()}, ~part, given)
                    right = float((probs.argmax(1) == true)[~part].mean())
                    where = "half" if half else size
                    yield {"set": name, "seed": seed, "kind": kind, "size": where, "noise": noise, "components": d} | {
                        "right": right,
                        "n_moved": n_moved,
                        "exact": good,
                        "found": len(found),
                        "some": any(p.name for f in found for p in f.parts if part[p.rows].mean() > 0.5),
                        "false": 0 if half else sum(all(part[p.rows].mean() <= 0.5 for p in f.parts) for f in found),
                    }


def nulls(name: str, seed: int, views: Views, true: np.ndarray, groups: pd.Series) -> Iterator[dict]:
    k = int(true.max()) + 1
    clean = probed(views[COMPONENTS[-1]], true, groups, 0)
    rng = np.random.default_rng(seed)
    sides = {f"source {s}": sources(groups, s, rng).astype(str) for s in (20, 60, 200)}
    columns = pd.DataFrame({"group": groups.to_numpy(dtype=object)} | sides)
    cases = [("raw", 0.0)] + [(h, s) for h in ("uniform", "confusable", "instance", "swapped") for s in (0.2, 0.4)]
    for how, share in cases:
        if how == "raw":
            given = true
        elif how == "swapped":
            given = swapped(true, share, seed)
        else:
            given = flipped(true, clean, how=how, share=share, seed=seed)
        for d, view in views.items():
            probs = probed(view, given, groups, seed)
            found = judged(view, given, probs, columns, k)
            yield {"set": name, "seed": seed, "how": how, "share": share, "components": d} | {
                "right": float((probs.argmax(1) == true).mean()),
                "false": len(found),
                "what": "; ".join(f"{f.kind} {f.moves} {f.parts[0].kind} {f.evidence:.1f}" for f in found),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=SIZES, help="of the planted parts, beside half and rows"
    )
    parser.add_argument("--nulls", action="store_true")
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--minutes", type=float, default=np.inf, help="of each set; what was seen by then counts")
    options = parser.parse_args()
    rows: list[dict] = []
    for name in options.sets:
        views, true, groups = views_of(name)
        if not options.nulls:  # a list sorted by class has no runs of rows to speak of
            order = np.random.default_rng(0).permutation(len(true))
            views = {d: view.iloc[order].set_axis(view.index) for d, view in views.items()}
            true, groups = true[order], groups.iloc[order].set_axis(groups.index)
        ends = time.monotonic() + 60 * options.minutes
        each = nulls if options.nulls else partial(planted, sizes=options.sizes)
        for row in chain.from_iterable(each(name, seed, views, true, groups) for seed in range(options.seeds)):
            rows.append(row)
            if len(rows) % 20 == 0:
                print(f"{name}, seed {row['seed']}: {len(rows)} settings", file=sys.stderr, flush=True)
            if time.monotonic() > ends:
                print(f"{name}: stopped at seed {row['seed']}", file=sys.stderr)
                break
    table = pd.DataFrame(rows)
    if options.csv:
        table.to_csv(options.csv, index=False)
    strength = pd.cut(table["right"], [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
    if options.nulls:
        print(f"{len(table)} settings without a mapping, {int((table['false'] > 0).sum())} with a finding")
        print(table[table["false"] > 0].to_string())
        return
    print(f"{len(table)} planted, {table['exact'].mean():.3f} exact, {int(table['false'].sum())} false findings")
    for kind, own in table.groupby("kind"):
        print(f"\n{kind}: exact, by strength of the model and size of the part")
        print(own.pivot_table(index=strength, columns="size", values="exact", observed=True).round(2).to_string())
    print(table.pivot_table(index=["set", "kind"], columns="noise", values=["exact", "false"]).round(2).to_string())


def views_of(name: str) -> tuple[Views, np.ndarray, pd.Series]:
    """The features with fewer and fewer principal components, true classes, and groups: of its own or of one each."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    X, true, groups = features(name)
    scaled = StandardScaler().fit_transform(X)
    most = min(scaled.shape)
    parts = {d: PCA(d, random_state=0).fit_transform(scaled) if d < most else scaled for d in COMPONENTS}
    views = {d: pd.DataFrame(part.astype(np.float32), index=X.index) for d, part in parts.items()}
    alone = pd.Series(X.index.to_numpy(), index=X.index)
    return views, true, alone if groups is None else groups.where(groups.notna(), alone)


if __name__ == "__main__":
    main()
