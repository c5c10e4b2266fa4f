"""What chats and some tools put in place of a cell: turns of a conversation, and a figure for every class."""

from __future__ import annotations

from typing import Any

from dsaudit.dataset.segment_columns import segment_columns

_WHO = ("role", "from", "speaker", "author", "sender")
_WHAT = ("content", "value", "text", "message", "utterance")
_FIGURES = "cats"
"""Where spaCy keeps a figure from 0 to 1 for every class."""


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


def _turns(turns: object) -> str | None:
    """The turns under one another; None of anything else, such as what was said in stretches of a recording."""
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
    if isinstance(content, list):
        return " ".join(filter(None, map(_words, content)))
    if isinstance(content, dict):
        return _words(content.get("text"))
    return content if isinstance(content, str) else ""


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1
