"""Whole classes that stand for others, in one part of the dataset or in all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.dataset.groups import holder_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.label.class_mapping import ClassMapping, Part
    from dsaudit.evidence.baseline import Baseline
    from dsaudit.evidence.context import Context

    Ints = npt.NDArray[np.int64]

COLUMNS = (
    "kind",
    "moves",
    "classes",
    "where",
    "n",
    "n_of",
    "seen_share",
    "witness",
    "either",
    "noun",
    "item_ids",
    "evidence",
)
_TRUST = 20.0
"""Items' worth of trust in a class name that stands in the path."""
_NAMED_SHARE = 0.9
"""Of the items that a name in the path would move, how many it must name."""
_EITHER = 0.4
"""Share of the dataset from which on a part may as well be the one that is right."""


def exchanged(context: Context, baseline: Baseline | None = None, space: pd.DataFrame | None = None) -> pd.DataFrame:
    """Mappings of whole classes by what they are called, see ``dsaudit.evidence.tables.DOCUMENTED``."""
    from dsaudit.analysis.label.class_mapping import Part, class_mappings
    from dsaudit.analysis.label.part import parts_of, with_own_witness
    from dsaudit.analysis.label.path_witness import classes_in_paths

    listing = context.dataset.listing
    items = context.items if listing is None else context.items.reindex(listing.index.intersection(context.items.index))
    probs = None if baseline is None or not baseline.predictions.out_of_sample else baseline.pred_probs
    labels = items["label"]
    names = list(
        dict.fromkeys([*([] if probs is None else map(str, probs.columns)), *sorted(labels.dropna().unique())])
    )
    given = pd.Index(names).get_indexer(pd.Index(labels)).astype(np.int64)
    with context.stage("classes exchanged", 0):
        parts = parts_of(items[["split", "group"]], items.index)
        whole = Part("all", "", np.arange(len(items)))
        found: list[tuple[ClassMapping, str]] = []
        for seen in classes_in_paths(list(items.index), given, names):
            for one in class_mappings(given, seen, [*parts, whole], names=names, prior=_TRUST):
                if one.n_seen >= _NAMED_SHARE * len(one.rows) and not _is_a_convention(one, names):
                    found.append((one, "path"))
                    given = _moved(given, one)
        if probs is not None and len(names) > 1:
            seen = _predicted(probs, items.index)
            if space is not None:
                points = space.reindex(items.index).to_numpy()  # of 32-bit numbers, widened where they are used
                k, seed = len(names), context.settings.seed
                parts = with_own_witness(parts, points, given, items["group"], n_classes=k, seed=seed)
            found += [(one, "model") for one in class_mappings(given, seen, parts, names=names)]
        rows = [_row(one, witness, context, items, names) for one, witness in found]
    table = pd.DataFrame(rows, columns=["subject", *COLUMNS])
    return table.drop_duplicates("subject").set_index("subject")


def _predicted(probs: pd.DataFrame, ids: pd.Index) -> Ints:
    values = probs.to_numpy()
    at = probs.index.get_indexer(ids)
    known = (at >= 0) & np.isfinite(values.sum(1))[at]
    return np.where(known, np.where(np.isfinite(values), values, -1.0).argmax(1)[at], -1).astype(np.int64)


def _moved(given: Ints, one: ClassMapping) -> Ints:
    moved = given.copy()
    moved[one.rows] = [one.moves[int(a)] for a in given[one.rows]]
    return moved


def _is_a_convention(one: ClassMapping, names: Sequence[str]) -> bool:
    """Whether numbers count from another one in the paths than in the labels, throughout."""
    return one.parts[0].kind == "all" and all(names[k].lstrip("-").isdigit() for k in one.moves)


def _row(
    one: ClassMapping, witness: str, context: Context, items: pd.DataFrame, names: Sequence[str]
) -> dict[str, object]:
    moves = {names[a]: names[b] for a, b in one.moves.items()}
    inside = np.unique(np.concatenate([part.rows for part in one.parts]))
    labels = items["label"].to_numpy(dtype=object)[inside]
    n_of = int(np.isin(labels, list(moves)).sum())
    where = _where(one.parts, context.dataset.group_source)
    return {
        "subject": f"{' → '.join(moves)}{f' {where}' if where else ''}",
        "kind": one.kind,
        "moves": json.dumps(moves, ensure_ascii=False),
        "classes": list(moves) + [b for b in moves.values() if b not in moves],
        "where": where,
        "n": len(one.rows),
        "n_of": n_of,
        "seen_share": one.n_seen / max(len(one.rows), 1),
        "witness": witness,
        "either": witness == "model" and len(inside) >= _EITHER * len(items),
        "noun": context.kind.nouns.many,
        "item_ids": list(items.index[one.rows]),
        "evidence": one.evidence,
    }


def _where(parts: Sequence[Part], group_source: str) -> str:
    kind = parts[0].kind
    named = [f"`{part.name}`" for part in sorted(parts, key=lambda p: (-len(p.rows), p.name))]
    listed = ", ".join(named[:3]) + (f" and {len(named) - 3:,} more" if len(named) > 3 else "")
    if kind == "all":
        return ""
    if kind == "rows":
        return "in rows " + ", ".join("–".join(f"{int(k):,}" for k in part.name.split("-")) for part in parts)
    word = holder_of(group_source) if kind == "group" else kind
    return f"{'in the' if kind in ('split', 'folder') else 'of'} {word}{'s' if len(named) > 1 else ''} {listed}"
