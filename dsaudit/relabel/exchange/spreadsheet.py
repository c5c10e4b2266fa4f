"""The queue as a CSV file to be filled in with a spreadsheet, and the filled-in file as decisions."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from dsaudit.dataset.segment import file_of
from dsaudit.dataset.text import file_text, in_one_line
from dsaudit.errors import DatasetError, UsageError
from dsaudit.relabel.apply.manifest import quoted
from dsaudit.relabel.cells import defused, written_out
from dsaudit.relabel.exchange.imported import Annotation, Rehearsal, record
from dsaudit.types import OF_FIELDS, Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dsaudit.relabel.exchange.imported import Imported
    from dsaudit.relabel.exchange.review_item import ReviewItem
    from dsaudit.types import Decision

ANSWERS = ("decision", "label", "note")
"""Columns that people fill in."""
_FIRST = ("item_id", "given_label", "suggestion", "why")
_REST = ("split", "group", "path", "content_hash", "rule", "score", "run_id")
_CONSENSUS = ("consensus", "consensus_probability")
_WORDS: dict[str, Action] = {a: a for a in get_args(Action) if a not in {"apart", "revert"} | OF_FIELDS}
_WORDS |= {"confirmed": "confirm", "ok": "confirm", "relabelled": "relabel", "excluded": "exclude", "skipped": "skip"}


def as_csv(
    entries: Sequence[ReviewItem],
    *,
    run_id: str,
    blind: bool = False,
    more: Mapping[str, Sequence[object]] | None = None,
) -> str:
    """Entries as CSV with empty columns ``decision``, ``label`` and ``note``; no cell is a formula.

    Parameters
    ----------
    blind : bool
        Leave out given labels, suggestions and reasons.
    more : mapping of str to sequence, optional
        Further columns, row for row, after those that people fill in.
    """
    more = more or {}
    first = ("item_id",) if blind else _FIRST
    rest = tuple(c for c in _REST if not blind or c not in ("rule", "score"))
    if not blind and any(e.consensus for e in entries):
        rest = (*_CONSENSUS, *rest)
    columns = (*first, *ANSWERS, *more, *rest)
    lines = [",".join(columns)]
    for k, e in enumerate(entries):
        cells: dict[str, Any] = {
            **{name: written_out(str(values[k] or "")) for name, values in more.items()},
            "item_id": e.item_id,
            "given_label": written_out(e.label or ""),
            "suggestion": written_out(e.suggestion),
            "why": written_out(e.why),
            "split": e.split,
            "group": e.group,
            "path": file_of(e.uri) if e.text is None else e.text,
            "content_hash": e.content_hash,
            "rule": e.rule,
            "score": None if e.score is None else f"{e.score:.6g}",
            "run_id": run_id,
            "consensus": written_out(e.consensus),
            "consensus_probability": None if e.p_consensus is None else f"{e.p_consensus:.3f}",
        }
        lines.append(",".join(quoted(defused(str(cells.get(c) or "")), ",") for c in columns))
    return "".join(f"{line}\n" for line in lines)


@in_one_line
def items_of_csv(path: Path, *, known: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Items that a file lists, each once, in its order: id, and the cell ``why`` where there is one.

    Parameters
    ----------
    known : frozenset of str
        Ids of the run's items; no others are returned.

    Raises
    ------
    DatasetError
        Not readable as CSV, without a column ``item_id``, or with no item of the run.
    """
    names, rows = _read_table(path)
    if "item_id" not in names:
        raise DatasetError(f"{path.name} has no column 'item_id'", hint="give a file that dsaudit next RUN wrote")
    found: dict[str, str] = {}
    for _, fields in rows:
        cells = dict(zip(names, (_restored(f, known) for f in fields), strict=False))
        if (item_id := cells.get("item_id", "")) in known:
            found.setdefault(item_id, cells.get("why", ""))
    if not found:
        raise DatasetError(f"{path.name} lists no item of the run", hint="give a file that was made from it")
    return tuple(found.items())


def _read_table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Names of the columns in lower case, and every other row that is not empty with the number of its line."""
    text = file_text(path)
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, fields) for fields in reader if any(f.strip() for f in fields)]
    except csv.Error as error:
        raise DatasetError(f"{path.name}, line {reader.line_num}: {error}", hint="export the queue again") from error
    return ([name.strip().casefold() for name in rows[0][1]] if rows else []), rows[1:]


@in_one_line
def annotations_of_csv(
    path: Path, *, actor: str, known: frozenset[str] = frozenset()
) -> tuple[list[Annotation], int, list[tuple[str, str]]]:
    """A filled-in file as annotations.

    A ``label`` without a ``decision`` is a relabelling, or a confirmation where it is the given label. Semicolons
    and tabs, which spreadsheets of some countries write, are read too.

    Parameters
    ----------
    actor : str
        Whose decisions they are.
    known : frozenset of str
        Labels and ids of the run: a cell that is one of them is taken as it is, any other loses the ``'`` that
        keeps a spreadsheet from computing it.

    Returns
    -------
    annotations : list of Annotation
    n_empty : int
        Rows that nobody has filled in.
    problems : list of (str, str)
        Rows that say nothing that can be followed, and why.

    Raises
    ------
    DatasetError
        Not readable as CSV, or without the columns that name an item and hold answers.
    """
    names, rows = _read_table(path)
    if missing := [c for c in ("item_id", "content_hash") if c not in names]:
        raise DatasetError(
            f"{path.name} has no column {' and no column '.join(map(repr, missing))}",
            hint="fill in a file that dsaudit export RUN --to csv wrote, and keep its columns",
        )
    if not {"decision", "label"} & set(names):
        raise DatasetError(
            f"{path.name} has neither a column 'decision' nor 'label'", hint="there is nothing to import"
        )
    annotations: list[Annotation] = []
    problems: list[tuple[str, str]] = []
    n_empty = 0
    for line, fields in rows:
        cells = dict(zip(names, (_restored(f, known) for f in fields), strict=False))
        word = cells.get("decision", "").strip().casefold()
        label = cells.get("label", "") if cells.get("label", "") in known else cells.get("label", "").strip()
        given = cells.get("given_label") or None
        where = f"line {line}: {cells.get('item_id', '')}"
        if not word and not label:
            n_empty += 1
            continue
        action, problem = _read(word, label, given)
        if problem or action is None:
            problems.append((where, problem))
            continue
        annotations.append(
            Annotation(
                where,
                cells.get("item_id", ""),
                cells.get("content_hash", "").strip(),
                actor,
                action,
                label=label or None,
                note=cells.get("note", "").strip(),
                seen=given,
                blind="given_label" not in names,
            )
        )
    return annotations, n_empty, problems


def _read(word: str, label: str, given: str | None) -> tuple[Action | None, str]:
    """What a row decides, or why that cannot be told."""
    if not word:
        return ("confirm" if label == given else "relabel"), ""
    action = _WORDS.get(word)
    if action is None:
        return None, f"there is no decision {word!r}: confirm, relabel, exclude, unsure or skip"
    if action == "relabel" and not label:
        return None, "relabel needs the new label in the column 'label'"
    if action == "confirm" and label and given is not None and label != given:
        return None, f"it confirms {given!r} and says {label!r} at once"
    if action in ("exclude", "unsure", "skip") and label and label != given:
        return None, f"{action} says no label, but there is one: {label!r}"
    return action, ""


def _restored(cell: str, known: frozenset[str]) -> str:
    """A cell as it was before it was defused."""
    return cell[1:] if cell[:1] == "'" and cell not in known and defused(cell[1:]) == cell else cell


def check_actor(actor: str | None) -> str:
    """The name of whoever filled in a file.

    Raises
    ------
    UsageError
    """
    if actor is None or not actor.strip():
        raise UsageError("whose decisions are these?", hint="say it with --actor NAME")
    return actor.strip()


def import_file(
    path: Path,
    where: str | os.PathLike[str],
    *,
    actor: str | None = None,
    rename: Mapping[str, str] | None = None,
    new_labels: bool = False,
    dry_run: bool = False,
    ledger: str | None = None,
) -> Imported:
    """Add a filled-in CSV, or Label Studio's JSON export, to the ledger of a run.

    Parameters
    ----------
    path : Path
        ``.json`` is read as Label Studio's export, anything else as CSV.
    where : path
        The run or dataset that it is about.
    actor : str, optional
        Who filled in the CSV.
    rename, new_labels
        As of ``relabel.exchange.imported.record``.
    dry_run : bool
        Nothing is added; ``Imported.added`` has what would be.
    ledger : str, optional
        By default the run's; made where there is none.

    Raises
    ------
    DatasetError, UsageError
        The file cannot be read as what it is meant to be.
    LedgerError
        The ledger cannot be written.
    """
    from dsaudit.relabel.apply.target import target_of
    from dsaudit.relabel.exchange.labelstudio import annotations_of_tasks
    from dsaudit.relabel.ledger.ledger import Ledger

    target = target_of(where, ledger=ledger)
    run = target.required_run
    if path.suffix.lower() == ".json":
        annotations, n_empty, problems = annotations_of_tasks(path)
    else:
        known = frozenset(map(written_out, run.meta.classes)) | frozenset(run.items.index)
        annotations, n_empty, problems = annotations_of_csv(path, actor=check_actor(actor), known=known)
    if names := {there: c for c in run.meta.classes if (there := written_out(c)) != c}:
        annotations = [
            replace(a, **{f: names.get(v, v) for f in ("label", "seen") if (v := getattr(a, f)) is not None})
            for a in annotations
        ]
    source = path.read_bytes()
    if dry_run:
        rows: list[Decision] = []
        if Ledger.exists(target.ledger):
            with Ledger.open(target.ledger, create=False, read_only=True) as opened:
                rows = opened.rows()
        done = record(Rehearsal(rows), run, annotations, source=source, new_labels=new_labels, rename=rename)
    else:
        with Ledger.open(target.ledger) as opened:
            done = record(opened, run, annotations, source=source, new_labels=new_labels, rename=rename)
    done.n_empty += n_empty
    done.n_read += len(problems)
    done.unmatched += problems
    return done
