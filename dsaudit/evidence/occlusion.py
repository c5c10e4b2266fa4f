"""Which parts of an item a model goes by: what it says of the item without each of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded

    Place = tuple[str, int, int]

_VERSION = "2"
"""Changes with what is kept."""
MOST = 40
"""Items that are asked about, the first, and parts of each, the first: each costs one more item to be encoded."""
LEAST = 0.5
"""By how much, in nats, the odds must change for a part to argue at all."""

_STRENGTH = 0.03


def occluded(
    context: Context, embedded: Embedded, asked: pd.DataFrame, places: Mapping[str, Sequence[Place]]
) -> dict[str, dict[str, float]]:
    """How far each named part argues for the suggestion, by item, for a probe that saw none of the items asked about.

    Above 0 for the suggestion, below for the given label: the fall of the logarithm of the odds between the two when
    the part is left out, everywhere in the item. Nothing where the encoder has no say in what an item's parts are
    worth, as one that counts them, or where vectors were brought along.

    Parameters
    ----------
    asked : DataFrame by ``item_id``
        ``given`` and ``suggestion``.
    places : mapping
        Of items, the name, start and end of their parts in the preview.

    References
    ----------
    M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014; J. Li et al.,
    "Understanding Neural Networks through Representation Erasure", 2016.
    """
    encoder = embedded.encoder
    first = asked[asked.index.isin(embedded.table.index) & asked.index.isin(list(places))].head(MOST)
    if encoder is None or encoder.fits or not len(first):
        return {}
    key = (_VERSION, embedded.key, digest_frame(first))
    told = context.kept("occlusion", lambda: _told(context, embedded, first, places), *key)
    weights: dict[str, dict[str, float]] = {}
    for item, part, weight in zip(told["item_id"], told["part"], told["weight"], strict=True):
        weights.setdefault(str(item), {})[str(part)] = float(weight)
    return weights


def _told(
    context: Context, embedded: Embedded, asked: pd.DataFrame, places: Mapping[str, Sequence[Place]]
) -> pd.DataFrame:
    from dsaudit.model.probe import fit_probe

    vectors, encoder = embedded.table, embedded.encoder
    assert encoder is not None
    labels = context.items["label"].reindex(vectors.index).drop(asked.index).dropna()
    classes = tuple(sorted(set(labels)))
    column = {name: k for k, name in enumerate(classes)}
    asked = asked[asked["given"].isin(classes) & asked["suggestion"].isin(classes)]
    parts = {str(item): _parts(places[str(item)]) for item in asked.index}
    whole = {item: _shown(context, item) for item in parts}
    rows = [(item, name) for item, own in parts.items() for name in own]
    if len(classes) < 2 or not rows:
        return pd.DataFrame({"item_id": [], "part": [], "weight": []})
    probe = fit_probe(
        vectors.loc[labels.index].to_numpy(),
        np.array([column[label] for label in labels], dtype=np.int64),
        classes=classes,
        strength=_STRENGTH,
        device="cpu",
    )
    with context.stage("asking what counts", len(rows)):
        without = [_without(whole[item], parts[item][name]) for item, name in rows]
        left = np.log(np.maximum(probe.predict(encoder.encode(without)), 1e-9))
        kept = np.log(np.maximum(probe.predict(encoder.encode(list(whole.values()))), 1e-9))
    of = {item: k for k, item in enumerate(whole)}
    given, other = ([column[label] for label in asked[name]] for name in ("given", "suggestion"))
    found = []
    for (item, name), own in zip(rows, left, strict=True):
        k = of[item]
        weight = (kept[k, other[k]] - kept[k, given[k]]) - (own[other[k]] - own[given[k]])
        if abs(weight) >= LEAST:
            found.append((item, name, float(weight)))
    return pd.DataFrame(found, columns=["item_id", "part", "weight"])


def _parts(places: Sequence[Place]) -> dict[str, list[tuple[int, int]]]:
    """Places of each named part that holds no other, by its name; ``MOST`` at most."""
    found: dict[str, list[tuple[int, int]]] = {}
    spans = sorted({(start, end) for _, start, end in places})
    for name, start, end in places:
        inside = any((start, end) != (a, b) and start <= a and b <= end for a, b in spans)
        if not inside and (name in found or len(found) < MOST):
            found.setdefault(name, []).append((start, end))
    return found


def _shown(context: Context, item: str) -> str:
    return context.media.preview(Path(str(context.items.at[item, "uri"]))).data.decode("utf-8")


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text
