"""From the cells of a label column to one label per item: lists of one, several labels in a cell, codes."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.names import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Sequence

_CODE = re.compile(r"[+-]?\d+(?:\.0+)?")
_NONE = "-1"
_NO_VALUE = frozenset({"nan", "n/a", "#n/a", "<na>", "n.a.", "null"})
"""As tables write that a value is missing; ``none`` and ``na`` may be classes."""
_LONGEST_LIST = 10_000
_SEPARATORS = (",", ";", "|", "#", "/", "+", "&")
_NEVER_IN_NAMES = frozenset(";|")
_TIGHT = re.compile(r"[^\W\d_]\)?,[^\W\d_]")
"""A comma without a blank behind it, as between labels: in a name of a class one stands there."""
_COMMA = re.compile(r"[^\W\d_], ?[^\W\d_]")
_WORD = re.compile(r"[^\W_]")
_ENTITY = re.compile(r"&#?\w+;")
_BESIDE_EACH_OTHER = re.compile(r"""['"]\s+['"]""")
_INSIDE = ("choices", "choice", "label", "labels", "class", "category", "name", "text", "value", "result")
"""Keys under which tools keep a label inside of what they say of an item."""
_OFTEN = 0.6
_PLURAL = re.compile(r"labels|tags|classes|categories|targets", re.IGNORECASE)


@dataclass(slots=True)
class Labels:
    """The labels of a column.

    Attributes
    ----------
    labels : list of (str or None)
    notes, guesses : list of str
        What was made of the cells; what of it may be otherwise.
    """

    labels: list[str | None]
    notes: list[str] = field(default_factory=list)
    guesses: list[str] = field(default_factory=list)


def labels_of(cells: Sequence[object], column: str, text_of: Callable[[object], str | None]) -> Labels:
    """One label per cell, or None where a cell holds none or several.

    A list of one holds a label, in JSON or as Python writes it. Several labels in a cell, as a list or between
    commas, semicolons or bars, are no class: such an item has no label. ``0`` and ``0.0`` are one label where all
    labels are numbers, and ``-1`` beside 0, 1, 2 … says that there is none.

    Parameters
    ----------
    cells : sequence
    column : str
        For messages.
    text_of : callable
        A single word or number as text; raises TypeError for what is neither.

    Raises
    ------
    TypeError
        A cell holds something that is no label: with its kind and its place.

    Examples
    --------
    >>> labels_of(['["dog"]', "['cat']", '["dog", "cat"]', ""], "label", lambda cell: cell or None).labels
    ['dog', 'cat', None, None]
    """
    known: dict[Hashable, tuple[str, ...]] = {}
    held: list[tuple[str, ...]] = []
    for place, cell in enumerate(cells):
        try:
            held.append(_held(cell, text_of, known))
        except TypeError as error:
            raise TypeError(str(error), place) from None
    n_lists = sum(isinstance(cell, list | tuple | dict) or _is_list(cell) for cell in cells)
    distinct = set(held)
    single = {one[0] for one in distinct if len(one) == 1}
    plural = _PLURAL.search(column) is not None
    parts = next((joined for s in _SEPARATORS if (joined := _joined(s, single, plural=plural))), {})
    held = [parts.get(one[0], one) if len(one) == 1 else one for one in held]
    found = Labels([one[0] if len(one) == 1 else None for one in held])
    if several := sum(len(one) > 1 for one in held):
        found.notes.append(
            f"column {column!r} holds several labels in {several} of {counted(len(held), 'row')}: they are no classes, "
            "and these items are read without a label; --label-column NAME names a column of one label each"
        )
    elif names := sorted(one for one in single if _COMMA.search(one)):
        found.notes.append(f"labels with a comma, such as {names[0]!r}, are read as the name of one class each")
    if (n_one := sum(len(one) == 1 for one in held)) and n_lists and n_lists > several:
        found.notes.append(f"column {column!r} holds its label in a list of one in {min(n_one, n_lists)} rows")
    if n_lists and all(_CODE.fullmatch(label) for label in found.labels if label is not None) and any(found.labels):
        found.notes.append(f"column {column!r} holds numbers of labels, and their names are not told")
    found.labels, before = whole_numbers(found.labels), found.labels
    if (n := sum(a != b for a, b in zip(before, found.labels, strict=True))) and n < len(before) - before.count(None):
        found.notes.append(f"labels that end in .0 are read without it, as others stand there ({counted(n, 'item')})")
    _drop_none(found, n_empty=sum(not one for one in held))
    return found


def _is_list(cell: object) -> bool:
    return isinstance(cell, str) and cell[:1] in ("[", "(") and isinstance(_listed(cell), list)


def _held(
    cell: object, text_of: Callable[[object], str | None], known: dict[Hashable, tuple[str, ...]]
) -> tuple[str, ...]:
    """Distinct labels in a cell."""
    if isinstance(cell, str):
        if cell not in known:
            known[cell] = tuple(dict.fromkeys(_labels_in(cell, text_of)))
        return known[cell]
    return tuple(dict.fromkeys(_labels_in(cell, text_of)))


def _labels_in(value: object, text_of: Callable[[object], str | None]) -> Iterable[str]:
    if isinstance(value, str) and value[:1] in ("[", "{", "("):
        value = inner if (inner := _listed(value)) is not None else value
    elif str(getattr(value, "dtype", "")) == "object":
        value = list(value)  # type: ignore[call-overload]  # as pandas reads a list from Parquet
    if isinstance(value, dict):
        if value.get("was_cancelled") is True:
            return
        inside = next((value[key] for key in _INSIDE if key in value), None)
        if inside is None and value:
            raise TypeError("dict")
        yield from _labels_in(inside, text_of)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _labels_in(one, text_of)
    elif (text := text_of(value)) is not None:
        yield text


def _listed(text: str) -> list[Any] | dict[str, Any] | None:
    """The list or object that a text is, in JSON or as Python writes it."""
    text = text.strip()
    if len(text) > _LONGEST_LIST or not text or text[-1] not in "])}":
        return None
    if _BESIDE_EACH_OTHER.search(text):  # as numpy prints a list, which to Python is one word
        text = _BESIDE_EACH_OTHER.sub("', '", text) if "'" in text else _BESIDE_EACH_OTHER.sub('", "', text)
    value: object = None
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        break
    if isinstance(value, dict):
        return value if any(key in value for key in _INSIDE) else None
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return list(value)
    return value if isinstance(value, list) else None


def _joined(separator: str, texts: Collection[str], *, plural: bool) -> dict[str, tuple[str, ...]]:
    """The texts that are several labels each, with their parts.

    A semicolon or a bar stands in no name of a class. A comma may: of "Computer, desktop" and "Computer, laptop" one
    cannot tell, so that there must be more, and the parts must come alone or again in other combinations.
    """
    parts = {
        text: tuple(dict.fromkeys(part for cell in text.split(separator) if (part := cell.strip())))
        for text in texts
        if separator in text.strip(separator)
    }
    if separator in _NEVER_IN_NAMES:
        sure = {text: own for text, own in parts.items() if all(map(_WORD.search, own)) and not _ENTITY.search(text)}
        ended = [text for text in texts if sure and separator in text and text not in parts]
        return sure | {text: (bare,) for text in ended if (bare := text.strip(separator).strip())}
    n = Counter(part for own in parts.values() for part in own)
    # of "male speech, man" and "female speech, woman" no part comes again; of "red, big" and "red, small" one does
    again = [sum(n[part] > 1 or part in texts for part in own) for own in parts.values()]
    every = sum(len(own) for own in parts.values())
    if separator == ",":
        tight = bool(parts) and all(_TIGHT.search(text) and ", " not in text for text in parts)
        if tight and (plural or len(parts) > 1 or any(part in texts for part in n)):
            return parts
        # "Dog, Animal" and "Cat, Animal", but not "Computer, desktop" and "Computer, laptop"
        behind = any(n[part] > 1 for own in parts.values() for part in own[1:])
        if plural and behind:
            return parts
        # as many parts in each, none of them alone: names of two words, "yes, please" and "no, please"
        unlike = plural or len({len(own) for own in parts.values()}) > 1 or any(part in texts for part in n)
        if unlike and len(parts) > 1 and all(again) and sum(again) >= _OFTEN * every:
            return parts
    return {text: own for text, own in parts.items() if all(part in texts for part in own)}


def whole_numbers(labels: Sequence[str | None]) -> list[str | None]:
    """Class numbers written as ``3.0``, as tables with gaps do, become ``3`` where all are whole.

    Examples
    --------
    >>> whole_numbers(["3.0", None, "12"]), whole_numbers(["3.0", "3.5"])
    (['3', None, '12'], ['3.0', '3.5'])
    """
    if all(_CODE.fullmatch(label) for label in labels if label is not None):
        return [None if label is None else label.partition(".")[0] for label in labels]
    return list(labels)


def _drop_none(found: Labels, *, n_empty: int) -> None:
    """Take ``nan`` and the like for no label, and ``-1`` where it is no class beside the others.

    Where cells are empty, that is how a missing label is written there: ``null`` is then a word, if it comes about as
    often as the other classes.
    """
    n = Counter(label for label in found.labels if label is not None)
    void = {label for label in n if label.strip().casefold() in _NO_VALUE}
    sizes = sorted(m for label, m in n.items() if label not in void)
    if n_empty and sizes and (kept := {label for label in void if 2 * n[label] >= sizes[len(sizes) // 2]}):
        said = ", ".join(f"{label!r} ({counted(n[label], 'item')})" for label in sorted(kept))
        found.guesses.append(f"read as a class, for a label that is missing is an empty cell: {said}")
        n = Counter({label: m for label, m in n.items() if label not in kept})
    if missing := {label for label in n if label.strip().casefold() in _NO_VALUE}:
        words = ", ".join(f"{label!r} ({counted(n[label], 'item')})" for label in sorted(missing))
        found.labels = [None if label in missing else label for label in found.labels]
        found.notes.append(f"no label is what stands for a missing value: {words}")
    if _NONE not in n:
        return
    others = set(n) - {_NONE}
    codes = {label for label in others if _CODE.fullmatch(label)}
    if codes and codes == others and (min(map(int, codes)) < 0 or codes == {"1"}):
        return
    items = counted(n[_NONE], "item")
    if codes != others or len(codes) < 3:
        found.notes.append(f"label '-1' ({items}) often means that there is none: then empty these cells")
        return
    found.labels = [None if label == _NONE else label for label in found.labels]
    found.guesses.append(f"label '-1' is read as none ({items}); a class of its own would need a name in words")


def only_accepted(labels: Sequence[str | None], answers: Sequence[str | None]) -> tuple[list[str | None], int]:
    """Labels of a tool that asks of each whether it is right: what was refused or passed over is no label, and counted.

    Examples
    --------
    >>> only_accepted(["dog", "cat"], ["accept", "reject"])
    (['dog', None], 1)
    """
    kept = [label if answer == "accept" else None for label, answer in zip(labels, answers, strict=True)]
    return kept, kept.count(None) - list(labels).count(None)
