"""Items of a run on their way to another tool, and the columns that every table of them has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.crop import Crop
from dsaudit.dataset.inline import inline_text, parts
from dsaudit.dataset.member import without_place
from dsaudit.dataset.names import shown
from dsaudit.dataset.record import record_of, told_type
from dsaudit.dataset.remote import is_away
from dsaudit.dataset.segment import file_and_segment, file_of
from dsaudit.errors import DatasetError, ItemError
from dsaudit.media import kind_for, media_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.kind import Kind
    from dsaudit.relabel.exchange.review_item import ReviewItem
    from dsaudit.store.run import Run

CLEANLAB = ("given_label", "predicted_label", "is_label_issue", "label_score")
"""What ``cleanlab.Datalab`` calls what it says of labels; a low score is a bad label."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be written for another tool.

    Attributes
    ----------
    run : Run
    items : sequence of ReviewItem
    path : Path
        Of the file, or the folder.
    named : str
        How the user calls the run.
    blind : bool
        Leave out labels and what the audit says.
    force : bool
        Replace what is there.
    url_prefix, document_root
        As of ``labelstudio.written_tasks``.
    """

    run: Run
    items: Sequence[ReviewItem]
    path: Path
    named: str = ""
    blind: bool = False
    force: bool = False
    url_prefix: str | None = None
    document_root: Path | None = None

    @property
    def kind(self) -> Kind:
        """Of its items."""
        return kind_for(self.run.meta.modality)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes
    ----------
    lines : list of str
        What to do with it, for people.
    facts : dict
        The same for programs.
    """

    lines: list[str]
    facts: dict[str, str | None] = field(default_factory=dict)


def label_columns(run: Run, items: Sequence[ReviewItem]) -> dict[str, list[Any]]:
    """What the audit says of labels, under the names of ``CLEANLAB``; None where it says nothing."""
    ids = [item.item_id for item in items]
    predicted = run.predictions["predicted"].reindex(ids).astype(object)
    judged = run.label_quality[["candidate", "quality"]].reindex(ids).astype(object)
    candidates, scores = ([None if v != v else v for v in judged[name]] for name in judged)
    return {
        "given_label": [item.label for item in items],
        "predicted_label": [label if isinstance(label, str) else None for label in predicted],
        "is_label_issue": [None if v is None else bool(v) for v in candidates],
        "label_score": [None if v is None else float(v) for v in scores],
    }


def columns_of(out: Outgoing, *, cut: bool = False) -> dict[str, list[Any]]:
    """What is said of each item: its id, split and group; where it is not ``blind`` its label and the audit's word.

    Columns that are empty throughout are left out. ``cut``: files hold nothing but the items, and what part of another
    file they were is called ``original_start`` and so on.
    """
    items = out.items
    columns: dict[str, list[Any]] = {
        "item_id": [item.item_id for item in items],
        "split": [item.split for item in items],
        "group": [item.group for item in items],
    }
    segments = [file_and_segment(item.uri)[1] for item in items]
    for name in dict.fromkeys(n for s in segments if s is not None for n in _bounds(s)):
        columns[f"original_{name}" * cut or name] = [None if s is None else _bounds(s).get(name) for s in segments]
    if not out.blind:
        rules: dict[str, dict[str, None]] = defaultdict(dict)
        found = out.run.findings
        for scope, rule, ids in zip(found["scope"], found["name"], found["item_ids"], strict=True):
            for item_id in ids if scope in ("item", "set") else ():
                rules[item_id][rule] = None
        columns["label"] = [item.label for item in items]
        columns |= label_columns(out.run, items)
        columns["suggestion"] = [item.suggestion or None for item in items]
        columns["why"] = [item.why or None for item in items]
        columns["findings"] = [", ".join(rules.get(item.item_id, ())) or None for item in items]
    return {name: cells for name, cells in columns.items() if any(cell is not None for cell in cells)}


def _bounds(segment: Any) -> dict[str, Any]:
    if isinstance(segment, Crop):
        return {name: getattr(segment, name) for name in ("x0", "y0", "x1", "y1")} | {"unit": segment.unit}
    return {"start": segment.start, "end": segment.end, "unit": segment.unit}


def content_columns(out: Outgoing) -> dict[str, list[Any]]:
    """What the items are: the paths of their files, their texts, or their cells by name.

    The column of files or texts has the name of the kind; further texts of an item are numbered.
    """
    kind = out.kind
    if kind.feature:
        return {kind.name: [own_file(item.uri) for item in out.items]}
    if kind.rows:
        records = [record_of(inline_text(item.uri) or "{}") for item in out.items]
        bare = {name: told_type(name)[0] for record in records for name in record}
        return {bare[name]: [record.get(name) for record in records] for name in bare}
    texts = [_texts(out, item.uri) for item in out.items]
    names = [kind.name, *(f"{kind.name}_{k}" for k in range(2, max(map(len, texts), default=1) + 1))]
    return {name: [own[k] if k < len(own) else None for own in texts] for k, name in enumerate(names)}


def own_file(uri: str) -> str:
    """The file that an item is, for programs that open it themselves.

    Raises
    ------
    DatasetError
        It lies inside another file or behind an address.
    """
    path = file_of(uri)
    if is_away(path):
        raise DatasetError(
            f"{shown(without_place(path))} is no file that another program can open",
            hint="make files of the items first: dsaudit apply RUN --tree DIR; or choose huggingface or csv",
        )
    return path


def _texts(out: Outgoing, uri: str) -> tuple[str, ...]:
    text = inline_text(uri)
    if text is None:
        try:
            text = str(media_for(out.kind.name).read(Path(uri)))
        except ItemError:
            return ()
    return parts(text)


def table_of(out: Outgoing, content: Mapping[str, list[Any]], *, cut: bool = False) -> dict[str, list[Any]]:
    """``content`` and what is said of it; of what is said, a name that the content has begins with ``dsaudit_``."""
    said = columns_of(out, cut=cut)
    return {**content, **{f"dsaudit_{name}" if name in content else name: cells for name, cells in said.items()}}
