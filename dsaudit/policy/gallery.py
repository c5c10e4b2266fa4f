"""A gallery: a folder of items that a model must not get wrong again, and what it must say of each.

``gallery.jsonl`` has a line for each, see ``dsaudit.store.records``; ``items/`` holds the copies that are kept, named
by their content. Of what must not be passed on the hash alone is kept: it is known again where it is met.
"""

from __future__ import annotations

import re
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from dsaudit.dataset.inline import inline_text, inline_uri
from dsaudit.dataset.remote import as_file
from dsaudit.dataset.segment import file_of
from dsaudit.errors import UsageError
from dsaudit.store.files import write_atomic, writing
from dsaudit.store.records import read_records, write_records
from dsaudit.types import GalleryVerdict, Remembered, RememberedJudged, RememberedState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dsaudit.types import GateOutcome

FILE = "gallery.jsonl"
_ITEMS = "items"
_MUST = re.compile(r"\s*(is|not)\s*:\s*(.*\S)\s*", re.DOTALL)
_HASH = re.compile(r"[0-9a-f]{32}")
_LINE = 'as in: {"content_hash": "…32 hex digits…", "must": "not: gorilla", "reason": "…"}'


def must_of(text: str) -> str:
    """What a model must say, as the file has it.

    Raises
    ------
    UsageError
        It is neither ``is: LABEL`` nor ``not: LABEL``.

    Examples
    --------
    >>> must_of("not:gorilla")
    'not: gorilla'
    """
    if not (found := _MUST.fullmatch(text)):
        raise UsageError(f"{text!r} is nothing a model must say", hint="as in: --must 'not: gorilla' or 'is: stop'")
    return f"{found[1]}: {found[2]}"


def holds(must: str, said: str) -> bool:
    """Whether a predicted label is what it must be.

    Examples
    --------
    >>> holds("is: stop", "stop"), holds("not: stop", "stop"), holds("not: stop", "go")
    (True, False, True)
    """
    how, _, label = must.partition(": ")
    return (said == label) == (how == "is")


def read_gallery(folder: Path) -> tuple[Remembered, ...]:
    """The items of a gallery, sorted, each thing it must be once.

    Raises
    ------
    ConfigError
        Its file cannot be read, a merge was left half-done, or a line is none of its lines.

    Examples
    --------
    >>> from pathlib import Path
    >>> write_gallery(Path("gallery"), [Remembered("0" * 32, "is: stop", "shouted", text="stop!")])
    >>> read_gallery(Path("gallery"))[0].must
    'is: stop'
    """
    read = read_records(
        folder / FILE,
        Remembered,
        check=_checked,
        noun="item of a gallery",
        hint=_LINE,
        missing="name another folder with --gallery",
    )
    return _sorted({(one.content_hash, one.must): one for one in read}.values())


def write_gallery(folder: Path, items: Iterable[Remembered]) -> None:
    """Write its file, so that git keeps the lines of both sides.

    Raises
    ------
    StoreError
        That is not possible.
    """
    write_records(folder / FILE, _sorted(items))
    if not (folder / ".gitattributes").exists():
        write_atomic(folder / ".gitattributes", lambda partial: partial.write_text(f"{FILE} merge=union\n"))


def kept_copy(folder: Path, uri: str, content_hash: str) -> dict[str, str]:
    """Keep a copy of an item in a gallery.

    Returns
    -------
    dict
        ``text`` or ``file`` of ``Remembered``.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    if (text := inline_text(uri)) is not None:
        return {"text": text}
    path = file_of(uri)
    name = f"{_ITEMS}/{content_hash}{Path(path).suffix.lower()}"
    with writing(folder):
        (folder / _ITEMS).mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        with as_file(path) as file:
            write_atomic(folder / name, partial(shutil.copyfile, file))
    return {"file": name + uri.removeprefix(path)}


def address(folder: Path, item: Remembered) -> str:
    """What opens an item that is kept; empty where its hash alone is.

    Raises
    ------
    UsageError
        Its file would lie outside the gallery.
    """
    if item.text:
        return inline_uri(item.text)
    if not item.file:
        return ""
    inside = folder.resolve() / _ITEMS
    place = (folder.resolve() / item.file).resolve()
    if not place.is_relative_to(inside):
        raise UsageError(f"{item.file!r} is outside {folder}", hint=f"the items of a gallery lie in {inside}")
    return str(place)


def gallery_verdict(items: Sequence[Remembered], said: Mapping[str, Mapping[str, str]]) -> GalleryVerdict:
    """What models say of a gallery.

    Parameters
    ----------
    items : sequence of Remembered
    said : mapping of str to mapping
        Name of each model, in their order, to the label that it predicts by content hash.

    Examples
    --------
    >>> one = Remembered("0" * 32, "is: stop", was="go")
    >>> gallery_verdict([one], {"new": {"0" * 32: "stop"}}).counts
    {'fixed': 1}
    """
    judged = []
    for item in items:
        before = holds(item.must, item.was) if item.was else None
        labels, states = [], []
        for labels_of in said.values():
            label = labels_of.get(item.content_hash)
            now = None if label is None else holds(item.must, label)
            labels.append(label)
            states.append(_state(before, now))
            before = before if now is None else now
        judged.append(RememberedJudged(item, tuple(labels), tuple(states)))
    judged.sort(key=lambda one: get_args(RememberedState).index(one.states[-1]))
    last = {one.states[-1] for one in judged}
    outcome: GateOutcome = "fail" if last & {"broken", "still wrong", "wrong"} else "pass"
    if outcome == "pass" and ("not judged" in last or not judged):
        outcome = "inconclusive"
    return GalleryVerdict(outcome, tuple(said), tuple(judged))


def _state(before: bool | None, now: bool | None) -> RememberedState:
    if now is None:
        return "not judged"
    if now:
        return "fixed" if before is False else "right"
    return "wrong" if before is None else "broken" if before else "still wrong"


def _sorted(items: Iterable[Remembered]) -> tuple[Remembered, ...]:
    return tuple(sorted(items, key=lambda one: (one.subject, one.content_hash, one.must)))


def _checked(one: Remembered) -> None:
    if must_of(one.must) != one.must or not _HASH.fullmatch(one.content_hash):
        raise ValueError
