"""What another tool says of items, and how it becomes decisions: matched by name and content, never guessed."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from dsaudit.relabel.exchange.review_item import by_item
from dsaudit.relabel.memory import Memory, key
from dsaudit.store.files import digest
from dsaudit.types import MODEL, Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dsaudit.relabel.exchange.review_item import ReviewItem
    from dsaudit.relabel.ledger.history import History
    from dsaudit.store.run import Run
    from dsaudit.types import Action

BATCH = "import-"
"""What request ids of imported decisions begin with."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one person says of one item in another tool.

    Attributes
    ----------
    where : str
        Its place in the file, for messages.
    item_id, content_hash : str
        As exported; empty where the file does not say.
    actor : str
    action : Action
    label : str or None
        The label that is right; None for an action that says none.
    note : str
    seen : str or None
        The label that was shown, which ``confirm`` speaks of; None where none was.
    at : str
        When, UTC ISO 8601; empty for now.
    settles, blind : bool
        As in ``Decision``.
    token : str
        What tells it from an earlier annotation of the same person on the same item; empty for its content alone.
    """

    where: str
    item_id: str
    content_hash: str
    actor: str
    action: Action
    label: str | None = None
    note: str = ""
    seen: str | None = None
    at: str = ""
    settles: bool = False
    blind: bool = False
    token: str = ""


@dataclass(slots=True)
class Imported:
    """What became of a file.

    Attributes
    ----------
    n_read : int
        Annotations in the file.
    added : list of Decision
        As stored.
    n_known : int
        Annotations that the ledger had.
    n_older : int
        Annotations that the same person has gone back on since; not added.
    n_empty : int
        Rows or tasks that nobody has decided.
    unmatched : list of (str, str)
        Place in the file, and why nothing could be made of it.
    """

    n_read: int = 0
    added: list[Decision] = field(default_factory=list)
    n_known: int = 0
    n_older: int = 0
    n_empty: int = 0
    unmatched: list[tuple[str, str]] = field(default_factory=list)


class Recorder(Protocol):
    """A ledger, or what stands for one."""

    def append_after(self, choose: Callable[[list[Decision]], Sequence[Decision]]) -> list[Decision]:
        """Store what ``choose`` makes of all rows so far."""
        ...


class Rehearsal:
    """Rows of a ledger to which nothing is added."""

    def __init__(self, rows: list[Decision]) -> None:
        self._rows = rows

    def append_after(self, choose: Callable[[list[Decision]], Sequence[Decision]]) -> list[Decision]:
        """What would be added."""
        return list(choose(self._rows))


class Finder:
    """Finds items again, given their content hashes by id (empty where the bytes could not be read)."""

    def __init__(self, items: Mapping[str, str]) -> None:
        self._hash = dict(items)
        self._ids: dict[str, list[str]] = {}
        for item_id, content_hash in self._hash.items():
            if content_hash:
                self._ids.setdefault(content_hash, []).append(item_id)

    def find(self, item_id: str, content_hash: str) -> tuple[str | None, str]:
        """Id of the item now, or None and the reason why it is none of the run's.

        The same name with the same bytes; else the same bytes under another name, if that is one item only.
        """
        if item_id in self._hash and self._hash[item_id] == content_hash:
            return item_id, ""
        if not content_hash:
            return None, "it has no content hash, so its bytes cannot be compared"
        same = self._ids.get(content_hash, [])
        if len(same) == 1:
            return same[0], ""
        if same:
            return None, f"{len(same)} items have these bytes, and none of them this name"
        if item_id in self._hash:
            return None, "the bytes of the item have changed since"
        return None, "it is no item of this run"


def record(
    ledger: Recorder,
    run: Run,
    annotations: Sequence[Annotation],
    *,
    source: bytes,
    new_labels: bool = False,
    rename: Mapping[str, str] | None = None,
) -> Imported:
    """Add annotations to a ledger, all that can be followed in one transaction.

    Parameters
    ----------
    ledger : Recorder
    run : Run
        Whose items they are about.
    annotations : sequence of Annotation
    source : bytes
        The file they are from, which names the batch that is undone together.
    new_labels : bool
        Whether labels that the run does not have are taken; else they are listed as unmatched.
    rename : mapping of str, optional
        Labels of the other tool to labels of the data.

    Returns
    -------
    Imported
        Recording the same file twice adds nothing the second time.
    """
    found = Imported(n_read=len(annotations))
    items = by_item(run)
    finder = Finder({item_id: entry.content_hash for item_id, entry in items.items()})
    classes = set(run.meta.classes)
    ready: list[tuple[str, Decision]] = []
    for annotation in annotations:
        item_id, reason = finder.find(annotation.item_id, annotation.content_hash)
        if item_id is None:
            found.unmatched.append((annotation.where, reason))
            continue
        decision, reason = _decision(annotation, items[item_id], run.id, rename or {})
        if decision is not None and not new_labels and (label := decision.new_label) and label not in classes:
            near = difflib.get_close_matches(label, classes, 1)
            decision, reason = None, f"no class is called {label!r}" + (f", the nearest is {near[0]!r}" if near else "")
        if decision is None:
            found.unmatched.append((annotation.where, reason))
        else:
            ready.append((_token(annotation), decision))

    def choose(existing: list[Decision]) -> list[Decision]:
        batch = f"{BATCH}{digest(source)[:12]}-{len(existing)}"
        return [replace(d, request_id=f"{batch}/{token}") for token, d in _news(ready, existing, found)]

    if ready:
        found.added = ledger.append_after(choose)
    return found


def _decision(
    annotation: Annotation, item: ReviewItem, run_id: str, rename: Mapping[str, str]
) -> tuple[Decision | None, str]:
    action, said, label = annotation.action, annotation.label, item.label
    said = rename.get(said, said) if said is not None else None
    if action == "confirm":
        if annotation.seen is not None and annotation.seen != label:
            return None, f"it confirms {annotation.seen!r}, but the label is {label!r} now"
        said = label
    elif action == "relabel" and said == label:
        action = "confirm"
    if action == "confirm" and label is None:
        return None, "it confirms a label, but the item has none"
    if annotation.actor.casefold() == MODEL:
        return None, f"{annotation.actor!r} stands for what a model says, and is no person"
    decision = Decision(
        annotation.actor,
        action,
        item.item_id,
        item.content_hash,
        old_label=label,
        new_label=said if action in ("confirm", "relabel") else None,
        note=annotation.note,
        cause=item.cause,
        rule=item.rule,
        score=item.score,
        suggestion="" if annotation.blind else item.suggestion,
        run_id=run_id,
        settles=annotation.settles,
        blind=annotation.blind,
        at=annotation.at,
    )
    return decision, ""


def _token(annotation: Annotation) -> str:
    s = annotation
    return digest(s.actor, s.item_id, s.content_hash, s.action, s.label or "", s.note, s.token)


def _news(
    ready: Sequence[tuple[str, Decision]], existing: Sequence[Decision], found: Imported
) -> Iterator[tuple[str, Decision]]:
    """What the ledger does not have, and nobody has gone back on."""
    known = {d.request_id.rpartition("/")[2] for d in existing if d.request_id.startswith(BATCH)}
    last: dict[tuple[str, str], Decision] = {}
    for row in existing:
        if row.action != "revert":
            last[row.actor, key(row.item_id, row.content_hash)] = row
    history = Memory(existing).history
    for token, decision in ready:
        about = decision.actor, key(decision.item_id, decision.content_hash)
        before = last.get(about)
        if token in known and (before is None or _no_news(before, decision, token, history)):
            found.n_known += 1
        elif before is not None and decision.at and before.at > decision.at:
            found.n_older += 1
        else:
            known.add(token)
            last[about] = decision
            yield token, decision


def _no_news(before: Decision, decision: Decision, token: str, history: History) -> bool:
    """Whether an annotation that was imported once says nothing new.

    So it is with the last word of a person, with one that they took back or went back on here, and with one that has a
    date. Only who fills in a spreadsheet again, and says again what they said at first, means it now.
    """
    own = before.request_id.rpartition("/")[2]
    return (
        own == token or not before.request_id.startswith(BATCH) or bool(decision.at) or not history.stands(before.seq)
    )
