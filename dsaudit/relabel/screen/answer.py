"""What a person said of an item, checked and made into a decision that fits the run."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dsaudit.errors import DsauditError, UsageError
from dsaudit.relabel.queue.queue import AMBIGUOUS
from dsaudit.types import MODEL, Decision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.relabel.screen.card import Cards
    from dsaudit.relabel.screen.field_review import FieldReview

MAX_LABEL = 200
MAX_NOTE = 2_000
MAX_ACTOR = 80
MAX_VALUE = 10_000
"""Longest label, note, name of a person and value of a field, characters."""


class ChangedError(DsauditError):
    """A decision was made on other bytes, or on another label, than the run's."""


def decision_of(
    cards: Cards,
    actor: str,
    said: Mapping[str, Any],
    *,
    entry: Mapping[str, Any] | None,
    run_id: str,
    request_id: str,
) -> Decision:
    """The decision that ``said`` amounts to.

    A relabelling with the label that the item has is a confirmation. The finding named as cause gives rule,
    score and suggestion; one that does not concern the item is dropped.

    Parameters
    ----------
    said : mapping
        ``k``, ``content_hash``, ``action`` and optionally ``label``, ``note``, ``cause``, ``settles``.
    entry : mapping, optional
        The item's row of the queue.

    Raises
    ------
    ChangedError
        It was made on other bytes or another label.
    UsageError
        It makes no sense.
    """
    k, action = int(said["k"]), str(said["action"])
    if str(said.get("content_hash") or "") != cards.hashes[k]:
        raise ChangedError(
            f"{cards.names[k]} is not what was shown: its bytes are others",
            hint="load the page again; if the files have changed, run the audit again",
        )
    action, label = _answer(cards, k, action, said.get("label"))
    cause = str(said.get("cause") or "")
    finding = cards.finding(k, cause) if cause else None
    if finding is None and entry is not None and entry["rule"] == AMBIGUOUS:
        finding = {**entry, "fingerprint": "", "code": AMBIGUOUS}
    return Decision(
        actor,
        action,  # type: ignore[arg-type]
        cards.ids[k],
        cards.hashes[k],
        old_label=cards.labels[k],
        new_label=label,
        note=checked_note(said.get("note") or ""),
        cause=str(finding["fingerprint"]) if finding else "",
        rule=str(finding["code"]) if finding else "",
        score=float(finding["score"]) if finding else None,
        suggestion=str(finding["suggestion"] or "") if finding else "",
        run_id=run_id,
        settles=bool(said.get("settles")),
        blind=cards.blind,
        request_id=request_id,
    )


def field_decisions(
    cards: Cards, fields: FieldReview, actor: str, said: Mapping[str, Any], *, run_id: str
) -> list[Decision]:
    """The decisions on fields that ``said`` amounts to, see ``Session.decide_fields``.

    Raises
    ------
    ChangedError
        It was made on other bytes.
    UsageError
        It makes no sense.
    """
    k, batch = int(said["k"]), str(said.get("request_id") or uuid4().hex)
    if str(said.get("content_hash") or "") != cards.hashes[k]:
        raise ChangedError(f"{cards.names[k]} is not what was shown", hint="load the page again")
    if not fields.on:
        raise UsageError("this review is not of fields", hint="they are decided by one person, with labels shown")
    answers: list[tuple[int, str, str, str | None]] = []
    for one in said["fields"]:
        name, action = str(one["field"]), str(one["action"])
        if name not in fields.names:
            raise UsageError(f"there is no field {name!r}")
        if said.get("alike"):
            answers += [(i, name, action, repair) for i, _, repair in fields.alike(k, name)]
        else:
            answers.append((k, name, action, checked_value(one.get("value"))))
    note = checked_note(said.get("note") or "")
    shared = {"note": note, "run_id": run_id}
    rows = [_of_field(cards, fields, actor, *answer, shared) for answer in answers]
    if said.get("rest"):
        rows.append(Decision(actor, "keep", cards.ids[k], cards.hashes[k], **shared))  # type: ignore[arg-type]
    if not rows:
        raise UsageError("nothing is said of any field")
    return [replace(row, request_id=f"{batch}/{j}") for j, row in enumerate(rows)]


def _of_field(
    cards: Cards,
    fields: FieldReview,
    actor: str,
    k: int,
    name: str,
    action: str,
    value: str | None,
    shared: Mapping[str, Any],
) -> Decision:
    standing = fields.of_item[k].fields.get(name) if k in fields.of_item else None
    here = fields.values(k).get(name)
    old = here if standing is None else standing.old
    new = old if action == "keep" else value
    cause = next((f for f in cards.why(k) if f["words"].startswith("[[") and name in map(_first, _words(f))), None)
    doubt = fields.doubt(k, name)
    return Decision(
        actor,
        "keep" if new == old else "correct",
        cards.ids[k],
        cards.hashes[k],
        old_label=old,
        new_label=new,
        cause=str(cause["fingerprint"]) if cause else "",
        rule=str(cause["code"]) if cause else "",
        suggestion=(doubt.repair or "") if doubt else "",
        settles=standing is not None and any(d.actor != actor for d in standing.opinions),
        field=name,
        **shared,
    )


def _words(finding: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = json.loads(finding["words"])
    return found


def _first(told: Sequence[Any]) -> str:
    return str(told[0])


def checked_value(text: str | None) -> str | None:
    """A value of a field as a person typed it; None for nothing.

    Raises
    ------
    UsageError
        It is longer than ``MAX_VALUE``, or holds control characters other than line breaks and tabs.
    """
    if text is None or not text.strip():
        return None
    if len(text) > MAX_VALUE:
        raise UsageError(f"a value has at most {MAX_VALUE:,} characters, this one {len(text):,}")
    if any(_is_control(c) for c in text if c not in "\n\t"):
        raise UsageError("a value cannot hold control characters", hint="type it again")
    return text


def _answer(cards: Cards, k: int, action: str, said: str | None) -> tuple[str, str | None]:
    given = cards.labels[k]
    if action in ("exclude", "unsure", "skip"):
        return action, None
    if action not in ("confirm", "relabel"):
        raise UsageError(f"there is no action {action!r}", hint="confirm, relabel, exclude, unsure or skip")
    if action == "relabel":
        if said is None:
            raise UsageError("a relabelling needs the new label")
        label = said if said == given else checked_label(said)  # a label that is in use is right however odd it looks
        return ("confirm" if label == given else action), label
    if given is None:
        raise UsageError("an item without a label has none to confirm", hint="say which label is right")
    if said is None and cards.blind:
        raise UsageError("a blind review cannot confirm a label that was not shown", hint="say the label")
    if said not in (None, given):
        raise ChangedError(f"{cards.names[k]} has another label than the one confirmed", hint="load the page again")
    return action, given


def checked_label(text: str) -> str:
    """A label as a person typed it, trimmed and in one Unicode form.

    Raises
    ------
    UsageError
        It is empty, longer than ``MAX_LABEL``, or holds control characters.
    """
    return _checked(text, "a label", MAX_LABEL)


def checked_actor(text: str) -> str:
    """Name of a person; refused as labels are, and where it is that of the model."""
    name = _checked(text, "a name", MAX_ACTOR)
    if name.casefold() == MODEL:
        raise UsageError(f"{name!r} stands for what a model says", hint="give the name of a person")
    return name


def checked_note(text: str) -> str:
    """A note, trimmed; lines are kept.

    Raises
    ------
    UsageError
        It is longer than ``MAX_NOTE``.
    """
    note = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or not _is_control(c)).strip()
    if len(note) > MAX_NOTE:
        raise UsageError(f"a note has at most {MAX_NOTE:,} characters, this one {len(note):,}")
    return note


def _checked(text: str, what: str, longest: int) -> str:
    trimmed = unicodedata.normalize("NFC", text.strip())
    if not trimmed:
        raise UsageError(f"{what} cannot be empty")
    if len(trimmed) > longest:
        raise UsageError(f"{what} has at most {longest} characters, this one {len(trimmed):,}")
    if any(map(_is_control, trimmed)):
        raise UsageError(f"{what} cannot hold control characters", hint="type it again without line breaks")
    return trimmed


def _is_control(character: str) -> bool:
    """Control characters, lone surrogates, line separators, and the signs that turn the direction of text."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in "\u202a\u202b\u202d\u202e\u202c"
