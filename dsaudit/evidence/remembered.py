"""Items that a gallery is to remember, and what models say of those it does."""

from __future__ import annotations

import csv
import io
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from dsaudit.dataset.inline import addresses
from dsaudit.dataset.text import file_text, in_one_line
from dsaudit.errors import DatasetError, ItemError, UsageError
from dsaudit.evidence.trained import predicted
from dsaudit.media import kinds
from dsaudit.media.file import identify
from dsaudit.types import Remembered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.dataset.arrays import Numbers
    from dsaudit.store.run import Run

_NO_CLASS = frozenset({"probability", "confidence"})
"""Columns beside those of the classes, as ``dsaudit predict`` writes one."""


@in_one_line
def reported(path: Path) -> list[Remembered]:
    """What a CSV of users' reports asks for: ``item``, ``must`` and, where there is one, ``reason``, a row each.

    Raises
    ------
    DatasetError
        Not readable as CSV, or without these columns.
    """
    text = file_text(path)
    header = text.partition("\n")[0]
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count)))
    if not rows or not {"item", "must"} <= rows[0].keys():
        raise DatasetError(f"{path.name} has no rows of item and must", hint="name its columns item, must and reason")
    return [
        Remembered("", row["must"] or "", (row.get("reason") or "").strip(), subject=row["item"] or "") for row in rows
    ]


def from_run(run: Run, wanted: Sequence[Remembered]) -> list[tuple[Remembered, str]]:
    """Items of a run with what opens each; ``wanted`` names them by their ids.

    Raises
    ------
    UsageError
        One of them is no item of the run, or could not be read by it.
    """
    opens, hashes, said = addresses(run.items), run.items["content_hash"], run.predictions["predicted"]
    found = []
    for one in wanted:
        if one.subject not in hashes.index:
            near = get_close_matches(one.subject, map(str, hashes.index), n=1)
            hint = f"did you mean {near[0]}?" if near else "name items by their ids, as the report shows them"
            raise UsageError(f"{run.path.name} has no {run.kind.nouns.one} {one.subject!r}", hint=hint)
        if not isinstance(content_hash := hashes[one.subject], str):
            raise UsageError(f"{one.subject} could not be read", hint="a gallery remembers what a model can be asked")
        was = str(said[one.subject]) if one.subject in said.index else ""
        item = Remembered(content_hash, one.must, one.reason, run.kind.name, one.subject, was)
        found.append((item, str(opens[one.subject])))
    return found


def from_files(wanted: Sequence[Remembered], *, beside: Path = Path()) -> list[tuple[Remembered, str]]:
    """Files with their paths; ``wanted`` names them, relative to ``beside``.

    Raises
    ------
    UsageError
        One of them cannot be read, or is of no kind of data.
    """
    found = []
    for one in wanted:
        path = beside / Path(one.subject).expanduser()
        kind = next((kind.name for kind in kinds() if path.suffix.lower() in kind.suffixes), "")
        if not kind:
            raise UsageError(
                f"{one.subject} is of no known kind of data", hint="name a run that has it, with --run RUN"
            )
        try:
            content_hash = str(identify(path)["content_hash"])
        except ItemError as error:
            raise UsageError(error.message, hint="name a file, or a run that has the item with --run RUN") from error
        found.append((Remembered(content_hash, one.must, one.reason, kind, path.name), str(path.absolute())))
    return found


def labels_said(run: Run, kept: Mapping[str, str], *, device: str = "auto") -> dict[str, str]:
    """Predicted label by content hash.

    Of an item that the run's model learned from it counts what was said out of sample: what it learned by heart proves
    nothing. A model that the run keeps is asked about the others that can be opened.

    Parameters
    ----------
    run : Run
    kept : mapping of str to str
        Content hash of items of the run's kind of data to what opens them.

    Raises
    ------
    RunError
        The run's model is damaged, or its encoder is another one today.
    """
    own = run.items["content_hash"].reindex(run.predictions.index)
    found = {h: str(label) for h, label in zip(own, run.predictions["predicted"], strict=True) if isinstance(h, str)}
    asked = {content_hash: uri for content_hash, uri in kept.items() if content_hash not in found}
    if asked and (run.path / "model").is_dir():
        probs = predicted(run, pd.DataFrame({"uri": pd.Series(asked, dtype=object)}), device=device)
        read = probs.notna().all(axis=1)
        found.update(probs[read].idxmax(axis=1).astype(str))
    return found


def labels_in(numbers: Numbers, items: Sequence[Remembered]) -> dict[str, str]:
    """Predicted label by content hash, of the items that a file of probabilities names.

    Parameters
    ----------
    numbers : Numbers
        A row for each item: named by its file in the gallery, by what it was called, or by its content hash.

    Raises
    ------
    DatasetError
        The file names no items, or no classes.
    """
    if numbers.ids is None or numbers.columns is None:
        hint = "write it with dsaudit predict, or as a CSV with item_id and a column for each class"
        raise DatasetError(f"{numbers.name} does not say which item and which class is meant", hint=hint)
    places = [k for k, name in enumerate(numbers.columns) if name.casefold() not in _NO_CLASS]
    best = {
        name: numbers.columns[places[k]]
        for name, k in zip(numbers.ids, numbers.values[:, places].argmax(axis=1), strict=True)
    }
    found = {}
    for item in items:
        names = (item.content_hash, item.file, Path(item.file).name, item.subject)
        if label := next((best[name] for name in names if name in best), None):
            found[item.content_hash] = label
    return found
