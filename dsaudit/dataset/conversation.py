"""What chats and some tools put in place of a cell: turns of a conversation, and a figure for every class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.dataset.segment_columns import segment_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_WHO = ("role", "from", "speaker", "author", "sender")
_WHAT = ("content", "value", "text", "message", "utterance")
_FIGURES = "cats"
"""Where spaCy keeps a figure from 0 to 1 for every class."""
_LOOKED_AT = 100


def plain_cells(value: dict[str, Any]) -> dict[str, Any]:
    """An object whose conversations are texts, a turn a line, and whose figures of classes are the classes from .5 on.

    Examples
    --------
    >>> plain_cells({"messages": [{"role": "user", "content": "Is it open?"}, {"role": "bot", "content": "Yes."}]})
    {'messages': 'user: Is it open?\\nbot: Yes.'}
    >>> plain_cells({"text": "Yes.", "cats": {"ask": 0.0, "tell": 1.0}})
    {'text': 'Yes.', 'label': ['tell']}
    """
    new = {key: said for key, inner in value.items() if (said := _turns(inner)) is not None}
    figures = value.get(_FIGURES)
    if "label" not in value and isinstance(figures, dict) and figures and all(map(_is_share, figures.values())):
        own = {key: inner for key, inner in value.items() if key != _FIGURES}
        return {**own, **new, "label": [name for name, share in figures.items() if share >= 0.5]}
    return {**value, **new} if new else value


def plain_columns(columns: Mapping[str, Sequence[object]]) -> dict[str, Sequence[object]]:
    """Columns whose cells become what ``plain_cells`` makes of those of a row.

    Examples
    --------
    >>> plain_columns({"id": [7], "messages": [[{"from": "human", "value": "Is it open?"}]]})
    {'id': [7], 'messages': ['human: Is it open?']}
    """
    nested = [name for name, cells in columns.items() if any(map(is_nested, cells[:_LOOKED_AT]))]
    if not nested:
        return dict(columns)
    known = [*nested, "label"] if "label" in columns else nested
    rows = zip(*(columns[name] for name in known), strict=True)
    objects = [plain_cells({name: _listed(cell) for name, cell in zip(known, row, strict=True)}) for row in rows]
    names = dict.fromkeys(name for value in objects for name in value)
    plain = {name: [value.get(name) for value in objects] for name in names if name not in columns or name in nested}
    return {name: cells for name, cells in columns.items() if name not in nested} | plain


def said_anew(turns: object, change: Callable[[str], str]) -> object | None:
    """The same turns with what is said in each changed; None where it is no conversation.

    Examples
    --------
    >>> said_anew([{"role": "user", "content": "ask ann"}], str.upper)
    [{'role': 'user', 'content': 'ASK ANN'}]
    """
    if _turns(turns) is None:
        return None
    if isinstance(turns, dict):
        return _changed_turn({key: _listed(cells) for key, cells in turns.items()}, change)
    return [_changed_turn(turn, change) for turn in _listed(turns)]


def _changed_turn(turn: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    key = next(key for key in _WHAT if key in turn)
    return {**turn, key: _changed(turn[key], change)}


def _changed(content: Any, change: Callable[[str], str]) -> Any:
    content = _listed(content)
    if isinstance(content, list):
        return [_changed(one, change) for one in content]
    if isinstance(content, dict) and "text" in content:
        return {**content, "text": _changed(content["text"], change)}
    return change(content) if isinstance(content, str) else content


def is_nested(cell: object) -> bool:
    """Whether a cell is an object or a list of them.

    Examples
    --------
    >>> is_nested([{"role": "user"}]), is_nested([1, 2]), is_nested("user")
    (True, False, False)
    """
    several = isinstance(cell, list) or getattr(cell, "ndim", 0) == 1
    return isinstance(cell, dict) or (several and len(cell) > 0 and isinstance(cell[0], dict))  # type: ignore[index,arg-type]


def may_be_plain(name: str, fields: Sequence[str]) -> bool:
    """Whether a column of objects with these fields may be a conversation or figures of classes.

    Examples
    --------
    >>> may_be_plain("messages", ["role", "content"]), may_be_plain("image", ["bytes", "path"])
    (True, False)
    """
    return bool(fields) and (name == _FIGURES or all(set(fields).intersection(some) for some in (_WHO, _WHAT)))


def _listed(cell: Any) -> Any:
    """An array, as pandas reads lists from Parquet, as the list that it was."""
    return cell.tolist() if hasattr(cell, "tolist") else cell


def _by_turn(turns: object) -> object:
    """Turns as a list, also of those that stand as columns, as the library datasets has sequences."""
    if not isinstance(turns, dict):
        return _listed(turns)
    columns = {key: _listed(cells) for key, cells in turns.items()}
    if not columns or not all(isinstance(cells, list) for cells in columns.values()):
        return None
    n = {len(cells) for cells in columns.values()}
    return (
        [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)] if len(n) == 1 else None
    )


def _turns(turns: object) -> str | None:
    """The turns under one another; None of anything else, such as what was said in stretches of a recording."""
    turns = _by_turn(turns)
    if not isinstance(turns, list) or not turns:
        return None
    lines = []
    for turn in turns:
        if not isinstance(turn, dict) or segment_columns(list(turn)) is not None:
            return None
        who = next((turn[key] for key in _WHO if isinstance(turn.get(key), str)), None)
        said = [_words(turn[key]) for key in _WHAT if key in turn]
        if who is None or not said:
            return None
        lines.append(f"{who}: {said[0]}")
    return "\n".join(lines)


def _words(content: object) -> str:
    """What is said in a turn; of pictures and calls beside it nothing is."""
    content = _listed(content)
    if isinstance(content, list):
        return " ".join(filter(None, map(_words, content)))
    if isinstance(content, dict):
        return _words(content.get("text"))
    return content if isinstance(content, str) else ""


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1
