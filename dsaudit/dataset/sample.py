"""A smaller dataset with the same classes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def sampled(items: pd.DataFrame, n: int, *, seed: int = 0) -> pd.DataFrame:
    """``n`` items in the classes' own proportions, at least one of every class where ``n`` allows it.

    Items without a label take no more than half of it from those with one, which are few and cost more.

    Which items are drawn depends on their ids and ``seed`` alone, not on the order of the rows, and a
    smaller sample of one class is part of every larger one.

    Parameters
    ----------
    items : DataFrame, index ``item_id``, column ``label``
        Unlabelled items are drawn as a class of their own.
    n : int
        At least 1. All items are returned where there are no more than ``n``.
    seed : int

    Raises
    ------
    UsageError
        ``n`` is below 1.

    Examples
    --------
    >>> import pandas as pd
    >>> items = pd.DataFrame({"label": ["yes"] * 90 + ["no"] * 10}, index=[f"{i:03d}" for i in range(100)])
    >>> sampled(items, 10)["label"].value_counts().to_dict()
    {'yes': 9, 'no': 1}
    """
    if n < 1:
        raise UsageError(f"a sample of {n} items is none", hint="give a number of items from 1 up")
    if n >= len(items):
        return items
    members: dict[str | None, list[str]] = {}
    for item_id, label in zip(items.index, items["label"], strict=True):
        members.setdefault(label if isinstance(label, str) else None, []).append(item_id)
    sizes = {label: len(ids) for label, ids in members.items()}
    n_bare = sizes.pop(None, 0)
    n_labelled = len(items) - n_bare
    own = max(n - n_bare, min(n_labelled, (n + 1) // 2), round(n * n_labelled / len(items)))
    own = min(own, max(1, n - 1)) if n_bare else own
    quota = {**_quotas(sizes, own), None: n - own}
    drawn = {
        item_id
        for label, ids in members.items()
        for item_id in sorted(ids, key=lambda item_id: _draw(item_id, seed))[: quota[label]]
    }
    return items[[item_id in drawn for item_id in items.index]]


def _draw(item_id: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}\0{item_id}".encode(), digest_size=8).digest()


def _quotas(sizes: dict[str | None, int], n: int) -> dict[str | None, int]:
    """Largest remainders over the sizes, with one reserved for every class if ``n`` is that large."""
    labels = sorted(sizes, key=lambda label: (-sizes[label], label or ""))
    least = 1 if n >= len(labels) else 0
    total = sum(sizes.values())
    ideal = {label: n * sizes[label] / total for label in labels}
    quota = {label: max(least, int(ideal[label])) for label in labels}
    while sum(quota.values()) > n:
        quota[max((x for x in labels if quota[x] > least), key=lambda x: quota[x] - ideal[x])] -= 1
    while sum(quota.values()) < n:
        quota[max((x for x in labels if quota[x] < sizes[x]), key=lambda x: ideal[x] - quota[x])] += 1
    return quota
