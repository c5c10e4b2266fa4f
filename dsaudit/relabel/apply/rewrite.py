"""What repairs make of items that are words: shown before anything is written, or put into the cells of a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from dsaudit.dataset.conversation import said_anew
from dsaudit.dataset.inline import inline_text, inline_uri, is_inline, parts
from dsaudit.engine.local import Crashed
from dsaudit.engine.mapping import map_items
from dsaudit.errors import ItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dsaudit.media.base import Media, Rewriting
    from dsaudit.relabel.apply.plan import Line


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One item.

    Attributes
    ----------
    before, after : str
    done : tuple of str
        What was done, in words; empty where nothing was needed.
    """

    before: str
    after: str
    done: tuple[str, ...]


def rewritten(
    lines: Sequence[Line],
    media: Media,
    repairs: object,
    *,
    jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[dict[str, Rewritten], list[tuple[str, str]]]:
    """What becomes of items that need a repair, by item id, and what could not be read.

    Parameters
    ----------
    lines : sequence of Line
        The items to repair.
    media : Media
        One that is ``dsaudit.media.base.Rewriting``.
    repairs
        What to repair, in the media's own words.
    jobs : int, optional
        Processes.
    """
    tick = progress or (lambda n: None)
    found: dict[str, Rewritten] = {}
    problems: list[tuple[str, str]] = []
    uris = [line.uri for line in lines]
    made = map_items(_Rewrite(media, repairs), uris, jobs=jobs, batch_size=2_000, trusted=all(map(is_inline, uris)))
    for line, one in zip(lines, made, strict=True):
        if isinstance(one, Crashed | str):
            why = one if isinstance(one, str) else "its decoder crashed on it"
            problems.append((line.item_id, f"not repaired: {why}"))
        elif one.done:
            found[line.item_id] = one
        tick(1)
    return found, problems


def new_cells(
    cells: Sequence[object],
    lines: Sequence[Line],
    made: Mapping[str, Rewritten],
    *,
    change: Callable[[str], str],
    part: int = 0,
) -> list[object]:
    """A column of items, or of one ``part`` of them, with what changes in its place; every other cell is as it was.

    Of a conversation what is said in each turn goes through ``change``.
    """
    column = list(cells)
    for k, line in enumerate(lines):
        one = made.get(line.item_id)
        if one is not None and inline_text(line.uri) is not None:
            before, after = parts(one.before)[part], parts(one.after)[part]
            if after != before:
                column[k] = said_anew(cells[k], change) or after
    return column


def rewriting(media: Media, repairs: object) -> Callable[[str], str]:
    """What the repairs make of a text."""

    def change(text: str) -> str:
        one = _Rewrite(media, repairs)(inline_uri(text)) if text.strip() else text
        return one.after if isinstance(one, Rewritten) else text

    return change


@dataclass(frozen=True, slots=True)
class _Rewrite:
    media: Media
    repairs: object

    def __call__(self, uri: str) -> Rewritten | str:
        try:
            return Rewritten(*cast("Rewriting", self.media).rewritten(Path(uri), self.repairs))
        except ItemError as error:
            return error.message
        except Exception as error:  # one odd item never stops the others
            return f"{type(error).__name__}: {error}"
