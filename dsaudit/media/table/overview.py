"""What is shown of a table as a whole: a card for each column, and which column tells which."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.cell.column import columns_of as coded_columns
from dsaudit.analysis.cell.dependency import Dependency, broken_rows, dependencies
from dsaudit.analysis.cell.tail import scaled
from dsaudit.dataset.record import record_of, told_type
from dsaudit.media.personal import redacted
from dsaudit.media.table.expectation import named, named_cells
from dsaudit.media.table.row import columns_of, frame_of, heading, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.analysis.cell.column import CodedColumn

_LOOKED_AT = 20_000
_CARDS, _GROUPS, _LISTED = 400, 40, 200
_BINS, _FEW, _TOP, _EXAMPLES, _ROOM = 24, 12, 6, 4, 40
_FLAT = 0.95
"""Share of one value from which a column is told by anything."""


def overview(items: pd.DataFrame, findings: pd.DataFrame) -> dict[str, Any]:
    """The columns, those with the most wrong cells first, and the dependencies between them.

    Parameters
    ----------
    items, findings : DataFrame
        Tables of a run; of long tables 20,000 rows at even distances are counted.

    Returns
    -------
    dict
        ``name``, ``title`` and ``lead`` of the section, ``n_rows`` counted, ``columns``, ``n_more`` of them without a
        card, ``tells`` (see ``_tells``), and ``items``: by key what is said of a list of items, and their ids.

    Examples
    --------
    >>> import json
    >>> cells = [json.dumps({"town": town, "size": k % 9}) for k, town in enumerate(["Bern", "Graz", "Ulm"] * 20)]
    >>> items = pd.DataFrame({"text": cells}, index=[f"r{k}" for k in range(60)])
    >>> told = overview(items, pd.DataFrame(columns=["name", "subject", "item_ids", "evidence", "severity", "message"]))
    >>> [(card["name"], card["type"], card["top"][:1]) for card in told["columns"]]
    [('town', 'category', [['Bern', 20]]), ('size', 'number', [])]
    """
    some = items.iloc[:: -(-len(items) // _LOOKED_AT) or 1]
    rows = [record_of(text) for text in some["text"]]
    frame = frame_of(rows)
    types = {column.name: str(column.type) for column in columns_of(frame)}
    frame.columns = pd.Index([told_type(name)[0] for name in frame.columns])
    table = pd.DataFrame({k: texts(frame.iloc[:, k]) for k in range(frame.shape[1])})
    table.columns = frame.columns
    columns = coded_columns(table)
    sound = coded_columns(table.mask(np.logical_or(*named(table, some.index, findings)), ""))
    wrong = _wrong(findings)
    said = _said(findings, set(table.columns))
    order = sorted(
        range(len(columns)),
        key=lambda j: (
            -sum(severity == "error" for severity, *_ in said[columns[j].name]),
            -sum(n for n, _ in wrong[heading(columns[j].name)].values()),
            -len(said[columns[j].name]),
            j,
        ),
    )
    cards = []
    for j in order[:_CARDS]:
        name = columns[j].name
        some_hold = bool(sound[j].counts[~sound[j].blank].sum())
        drawn = _drawn(sound[j] if some_hold else columns[j], types.get(name, "category"))
        own = {"wrong": [[kind, k] for kind, (k, _) in wrong[heading(name)].items()], "said": said[name]}
        missing = int(columns[j].counts[columns[j].blank].sum())
        cards.append({"name": heading(name), "n": len(table), "missing": missing, **drawn, **own})
    lists = {f"column {heading(columns[j].name)}": _list(columns[j].name, wrong) for j in order[:_CARDS]}
    tells, broken = _tells(columns, some.index)
    faulty = sum(bool(card["wrong"] or card["said"]) for card in cards)
    n_wrong = sum(n for own in wrong.values() for n, _ in own.values())
    cells = f"{n_wrong:,} cell{'s' * (n_wrong != 1)} {'are' if n_wrong != 1 else 'is'} probably wrong"
    return {
        "name": "Columns",
        "title": f"{cells}, in {sum(bool(card['wrong']) for card in cards)} of {len(columns):,} columns"
        if n_wrong
        else f"{faulty} of {len(columns):,} columns have a fault"
        if faulty
        else "No column shows a fault",
        "lead": f"Those with faults first. Counted in {len(rows):,} rows."
        if len(rows) < len(items)
        else "Those with faults first.",
        "columns": cards,
        "n_more": len(columns) - len(cards),
        "tells": tells,
        "items": {key: own for key, own in {**lists, **broken}.items() if own[1]},
    }


def _wrong(findings: pd.DataFrame) -> dict[str, dict[str, tuple[int, list[str]]]]:
    """By heading of the column and kind of fault: cells that are probably wrong, and their rows."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for members, cells in named_cells(findings):
        for name, _, _, _, _, kind in cells:
            found[name][kind] += members
    made: dict[str, dict[str, tuple[int, list[str]]]] = defaultdict(dict)
    for name, own in found.items():
        ranked = sorted(own.items(), key=lambda one: -len(one[1]))
        made[name] = {kind: (len(rows), rows) for kind, rows in ranked}
    return made


def _said(findings: pd.DataFrame, names: set[str]) -> dict[str, list[list[str]]]:
    """By column what is wrong with it as a whole: severity, sentence, and the value that is meant or the column."""
    found: dict[str, list[list[str]]] = defaultdict(list)
    own = findings[~findings["evidence"].astype(str).str.contains('"words": "[[', regex=False)]
    for subject, severity, message in own[["subject", "severity", "message"]].itertuples(index=False):
        name = subject if subject in names else str(subject).split(": ", 1)[0]
        if name in names and name in message:
            words = message.removeprefix(f"column {name!r} ").replace(f" in {name} ", " ", 1)
            found[name].append([severity, redacted(words), str(subject).removeprefix(f"{name}: ")])
    return found


def _list(name: str, wrong: Mapping[str, Mapping[str, tuple[int, list[str]]]]) -> list[Any]:
    rows = list(dict.fromkeys(i for _, own in wrong[heading(name)].values() for i in own))
    return [f"Rows in which `{heading(name)}` is probably wrong", rows]


def _drawn(column: CodedColumn, of_type: str) -> dict[str, Any]:
    """Of the cells that nothing speaks against how they are spread, or the most frequent, or some."""
    held = ~column.blank
    order = np.argsort(-column.counts[held], kind="stable")
    values, counts = column.values[held][order], column.counts[held][order]
    in_order, named = of_type in {"number", "date"}, of_type in {"identifier", "text"}
    return {
        "type": of_type,
        "distinct": len(values),
        "n_sound": int(counts.sum()),
        "spread": _spread(column, of_type) if in_order else None,
        "top": [] if in_order or named else [[_short(v), int(k)] for v, k in zip(values[:_TOP], counts, strict=False)],
        "examples": [_short(value) for value in values[:_EXAMPLES]] if named else [],
    }


def _short(value: str) -> str:
    text = redacted(value)
    return text if len(text) <= _ROOM else text[: _ROOM - 2] + " …"


def _spread(column: CodedColumn, of_type: str) -> dict[str, Any] | None:
    """A histogram; of numbers with a long tail by their logarithms."""
    line = column.dates.day if of_type == "date" else column.numbers.read
    x = np.repeat(line, column.counts)
    x = x[np.isfinite(x)]
    if not len(x):
        return None
    on, is_log = (x, False) if of_type == "date" or len(np.unique(x)) <= _FEW else scaled(x)
    on = on[np.isfinite(on)]
    counts, _ = np.histogram(on, bins=min(_BINS, max(len(np.unique(on)), 2)))
    return {"counts": counts.tolist(), "range": [_end(float(v), of_type) for v in (x.min(), x.max())], "log": is_log}


def _end(value: float, of_type: str) -> str:
    if of_type == "date":
        return date.fromordinal(round(value)).isoformat()
    return f"{float(f'{value:.4g}'):,.10g}" if 1e-3 <= abs(value) < 1e9 or not value else f"{value:.3g}"


def _tells(columns: Sequence[CodedColumn], ids: pd.Index[Any]) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """The dependencies as a graph, without those that follow from others: columns that tell one another are one node.

    Returns
    -------
    list of dict
        ``names`` of the columns that tell, and ``told``: of each arrow the ``names`` at its end, ``n_rows`` that speak
        for it, ``n_broken``, and ``key`` of the list of rows that break it.
    dict of str to [str, list of str]
        These lists.
    """
    flat = {j for j, column in enumerate(columns) if column.counts.max(initial=0) >= _FLAT * column.n}
    best: dict[tuple[int, int], Dependency] = {
        (d.given, d.then): d for d in dependencies(columns) if d.then not in flat
    }
    node = list(range(len(columns)))
    for i, j in best:
        if (j, i) in best:
            a, b = sorted((node[i], node[j]))
            node = [a if one == b else one for one in node]
    arrows: dict[tuple[int, int], Dependency] = {}
    for (i, j), d in best.items():
        key = node[i], node[j]
        if key[0] != key[1] and (
            key not in arrows or d.n_broken / d.n_rows < arrows[key].n_broken / arrows[key].n_rows
        ):
            arrows[key] = d
    direct = {(a, b) for a, b in arrows if not any((a, c) in arrows and (c, b) in arrows for c in set(node))}
    members: dict[int, list[int]] = defaultdict(list)
    for j, one in enumerate(node):
        members[one].append(j)
    lists: dict[str, list[Any]] = {}
    made = []
    for a in sorted({a for a, _ in direct} | {one for one, own in members.items() if len(own) > 1}):
        told = []
        for _, b in sorted(one for one in direct if one[0] == a):
            d = arrows[a, b]
            name, rows = _broken(columns, d, ids)
            lists[name] = rows
            told.append({"names": _names(columns, members[b]), "n_rows": d.n_rows, "n_broken": d.n_broken, "key": name})
        made.append({"names": _names(columns, members[a]), "told": told})
    return made[:_GROUPS], lists


def _names(columns: Sequence[CodedColumn], some: Sequence[int]) -> list[str]:
    return [heading(columns[j].name) for j in some]


def _broken(columns: Sequence[CodedColumn], d: Dependency, ids: pd.Index[Any]) -> tuple[str, list[Any]]:
    given, then = heading(columns[d.given].name), heading(columns[d.then].name)
    rows = broken_rows(columns[d.given], columns[d.then])[:_LISTED]
    return f"tells {given} → {then}", [
        f"Rows in which `{then}` is not what `{given}` tells",
        [str(i) for i in ids[rows]],
    ]
