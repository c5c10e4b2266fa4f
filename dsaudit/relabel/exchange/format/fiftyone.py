"""Samples for FiftyOne, as its ``Dataset.from_json`` reads them.

Format: https://docs.voxel51.com/api/fiftyone.core.dataset.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dsaudit.errors import UsageError
from dsaudit.relabel.exchange.outgoing import CLEANLAB, Written, columns_of, content_columns
from dsaudit.relabel.exchange.review_item import probabilities
from dsaudit.store.files import to_json, write_new

if TYPE_CHECKING:
    from dsaudit.relabel.exchange.outgoing import Outgoing

FILE, WHOLE = "samples.json", True
_PLACE = "fiftyone.core.fields."
_CLASSIFICATION = f"{_PLACE}EmbeddedDocumentField(fiftyone.core.labels.Classification)"
_TYPES = ((bool, "BooleanField"), (int | float, "FloatField"), (object, "StringField"))


def write(out: Outgoing) -> Written:
    """A JSON file of samples; their files stay where they are, splits and rules are tags.

    Raises
    ------
    UsageError
        The items are no files.
    """
    if not out.kind.feature:
        raise UsageError(
            f"{out.kind.nouns.many} are no files, and FiftyOne shows files",
            hint="--to spotlight writes a table",
        )
    (paths,) = content_columns(out).values()
    said = columns_of(out)
    tags = [[t for t in (split, *_parted(found)) if t] for split, found in zip(*_pair(said, len(paths)), strict=True)]
    samples: list[dict[str, Any]] = [
        {"filepath": p, "tags": t, "metadata": None} for p, t in zip(paths, tags, strict=True)
    ]
    fields: dict[str, str] = {}
    if not out.blind:
        model = probabilities(out.run)
        fields = dict.fromkeys(("ground_truth", "prediction"), _CLASSIFICATION)
        for item, sample in zip(out.items, samples, strict=True):
            predicted, p = model.get(item.item_id, (None, None))
            sample |= {"ground_truth": _label(item.label), "prediction": _label(predicted, confidence=p)}
    for name, cells in said.items():
        if name not in ("label", "split", "findings", *CLEANLAB[:2]):
            fields[name] = _PLACE + next(t for of, t in _TYPES if all(c is None or isinstance(c, of) for c in cells))
            for sample, cell in zip(samples, cells, strict=True):
                sample[name] = cell
    vectors = out.run.embeddings
    if len(vectors):
        fields["embedding"] = f"{_PLACE}VectorField"
        found = vectors.reindex([item.item_id for item in out.items])
        for sample, row, missing in zip(samples, found.to_numpy(), found.isna().any(axis=1), strict=True):
            sample["embedding"] = None if missing else row.tolist()
    name = out.run.meta.name
    content = {"name": name, "sample_fields": fields, "samples": samples}
    write_new(out.path, to_json(content, indent=None).encode("utf-8", "backslashreplace"), force=out.force)
    return Written(
        [
            f"{len(samples):,} samples  {out.path}",
            f"load       fiftyone.Dataset.from_json({json.dumps(str(out.path))})",
        ]
    )


def _pair(said: dict[str, list[Any]], n: int) -> tuple[list[Any], list[Any]]:
    nothing = [None] * n
    return said.get("split", nothing), said.get("findings", nothing)


def _parted(found: str | None) -> list[str]:
    return found.split(", ") if found else []


def _label(label: str | None, **more: Any) -> dict[str, Any] | None:
    return None if label is None else {"_cls": "Classification", "tags": [], "label": label, **more}
