"""The people behind the labels in one JSON-ready summary: agreement, quality, and what they disagree about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.analysis.people.agreement import (
    agreement_by_person,
    cohen_kappa,
    disputed_pairs,
    fleiss_kappa,
    krippendorff_alpha,
    percent_agreement,
    ratings,
)
from dsaudit.analysis.people.consensus import consensus

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.analysis.people.agreement import Agreement
    from dsaudit.analysis.people.consensus import Consensus

_PAIRS, _ITEMS = 20, 50


def people_summary(annotations: pd.DataFrame, *, agreed: Consensus | None = None, seed: int = 0) -> dict[str, Any]:
    """Agreement among people who labelled the same items.

    Parameters
    ----------
    annotations : DataFrame
        ``item_id``, ``annotator``, ``label``.
    agreed : Consensus, optional
        Their consensus, where it is at hand: with a model's predictions it is better.

    Returns
    -------
    dict
        ``n_people``, ``n_items`` (labelled by two people or more), ``n_disputed``; ``percent`` (0 to 1);
        ``alpha``, and ``kappa`` with ``kappa_name`` where one is defined: Cohen's for two people, Fleiss' where
        every shared item has the same number of labels (each ``value``, ``low``, ``high``); ``people`` (name,
        n_items, agreed, low, high, quality), the best first; ``pairs`` of labels (a, b, n_items, item_ids).

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("x", "ann", "no"), ("x", "bob", "yes"), ("y", "ann", "yes"), ("y", "bob", "yes")]
    >>> found = people_summary(pd.DataFrame(rows, columns=["item_id", "annotator", "label"]))
    >>> found["n_disputed"], found["percent"], found["kappa_name"]
    (1, 0.5, "Cohen's kappa")
    """
    found = ratings(annotations)
    counts = found.counts
    shared = counts[counts.sum(axis=1) >= 2]
    alpha = krippendorff_alpha(counts, seed=seed)
    kappa, name = None, ""
    if len(found.people) == 2:
        kappa, name = cohen_kappa(found.labels[0], found.labels[1], seed=seed), "Cohen's kappa"
    elif len(shared) and len(set(shared.sum(axis=1))) == 1:
        kappa, name = fleiss_kappa(shared, seed=seed), "Fleiss' kappa"
    shares = agreement_by_person(found)
    quality = (agreed or consensus(annotations)).quality
    people = [
        {
            "name": str(who),
            "n_items": int(quality["n_items"][who]),
            "n_shared": int(shares["n_items"][who]),
            "agreed": _estimate(shares.loc[who, "agreed"], shares.loc[who, "low"], shares.loc[who, "high"]),
            "quality": _estimate(quality.loc[who, "quality"], quality.loc[who, "low"], quality.loc[who, "high"]),
        }
        for who in quality.sort_values(["quality"], ascending=False, kind="stable").index
    ]
    pairs = disputed_pairs(found)
    return {
        "n_people": len(found.people),
        "n_items": len(shared),
        "n_disputed": int(((shared > 0).sum(axis=1) > 1).sum()),
        "percent": percent_agreement(counts),
        "alpha": _interval(alpha),
        "kappa": None if kappa is None else _interval(kappa),
        "kappa_name": name,
        "people": people,
        "pairs": [
            {"a": r["a"], "b": r["b"], "n_items": int(r["n_items"]), "item_ids": list(r["item_ids"][:_ITEMS])}
            for r in pairs.head(_PAIRS).to_dict("records")
        ],
    }


def _interval(found: Agreement) -> dict[str, float]:
    return _estimate(found.value, found.low, found.high)


def _estimate(value: Any, low: Any, high: Any) -> dict[str, float]:
    return {"value": float(value), "low": float(low), "high": float(high)}
