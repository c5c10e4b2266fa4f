"""What a dataset holds and how it was understood, in few figures: before anything in it is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import inline_text, is_inline
from dsaudit.dataset.names import safe_text
from dsaudit.types import Guess, ManifestColumn

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsaudit.types import Dataset

_EXAMPLES = 5
_TEXT = 80


@dataclass(frozen=True, slots=True)
class Example:
    """One item as it was read."""

    item_id: str
    """Its name in findings and decisions."""
    label: str | None
    """As given; None: unlabelled."""
    split: str | None
    """Train, validation, test or the dataset's own word."""
    group: str | None
    """What it must not be torn apart from, such as its speaker."""
    text: str | None
    """The beginning of the item, as a report shows it, where it is a text of the manifest."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a dataset holds and how it was understood."""

    dataset: str
    """As it was named."""
    modality: str
    """Kind of its items."""
    layout: str
    """The layout that was recognised, in a phrase."""
    root: str
    """Folder that paths are relative to."""
    n_items: int
    """How many."""
    n_unlabelled: int
    """Items without a label."""
    classes: Mapping[str, int]
    """Items by label, the largest class first."""
    splits: Mapping[str, int]
    """Items by split, the largest first; empty: there are none."""
    group_source: str
    """Where groups come from, in words; empty: there are none."""
    n_groups: int
    """How many."""
    n_without_group: int
    """Items that belong to none."""
    columns: tuple[ManifestColumn, ...]
    """Columns of a manifest: those used first, then those ignored."""
    guesses: tuple[Guess, ...]
    """What was taken to be so without being told."""
    notes: tuple[str, ...]
    """What else was seen, followed or passed over."""
    examples: tuple[Example, ...]
    """Five items, from the first to the last."""


def inspection(dataset: Dataset, *, name: str, shown: Callable[[str], str | None] = inline_text) -> Inspection:
    """Sum up a dataset that was read.

    Parameters
    ----------
    dataset : Dataset
    name : str
        As the user named it.
    shown : callable of str to str or None
        The text of an address that holds one, as people are shown it; as it is without this.

    Examples
    --------
    >>> import pandas as pd
    >>> from dsaudit.dataset import open_dataset
    >>> from dsaudit.kind import Kind
    >>> table = pd.DataFrame({"path": ["yes/1.wav", "no/1.wav", "no/2.wav"], "word": ["yes", "no", "no"]})
    >>> found = inspection(open_dataset(table, Kind("audio"), label_column="word"), name="table")
    >>> dict(found.classes), [column.role for column in found.columns]
    ({'no': 2, 'yes': 1}, ['path', 'label'])
    """
    items, understood = dataset.items, dataset.understood
    guessed = {guess.said for guess in understood.guesses}
    n = len(items)
    places = sorted({round(i * (n - 1) / (_EXAMPLES - 1)) for i in range(_EXAMPLES)}) if n else []
    return Inspection(
        dataset=name,
        modality=dataset.modality,
        layout=understood.layout,
        root=safe_text(str(dataset.root)),
        n_items=n,
        n_unlabelled=int(items["label"].isna().sum()),
        classes=_counts(items["label"]),
        splits=_counts(items["split"]),
        group_source=dataset.group_source,
        n_groups=int(items["group"].nunique()),
        n_without_group=int(items["group"].isna().sum()),
        columns=understood.columns,
        guesses=understood.guesses,
        notes=tuple(note for note in dataset.notes if note not in guessed),
        examples=tuple(_example(str(items.index[place]), items.iloc[place], shown) for place in places),
    )


def _counts(values: Any) -> dict[str, int]:
    counts = values.dropna().value_counts()
    return {str(k): int(n) for k, n in sorted(counts.items(), key=lambda entry: (-entry[1], str(entry[0])))}


def _example(item_id: str, item: Any, shown: Callable[[str], str | None]) -> Example:
    text = shown(item["uri"]) if is_inline(item["uri"]) else None
    # splitlines also parts the texts of an item that is several
    line = None if text is None else " | ".join(filter(None, text.splitlines()))[:_TEXT]
    return Example(item_id, item["label"], item["split"], item["group"], line)
