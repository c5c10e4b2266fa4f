"""Whole classes put right at once: the decisions that a finding of exchanged classes amounts to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from dsaudit.errors import UsageError
from dsaudit.relabel.correction import known_hashes
from dsaudit.relabel.memory import Memory
from dsaudit.types import EXCHANGED, Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dsaudit.store.run import Run


@dataclass(frozen=True, slots=True)
class Remap:
    """A finding of whole classes that stand for others, as something to be put right.

    Attributes
    ----------
    fingerprint : str
        Of the finding.
    text : str
        Its message.
    moves : mapping of str to str
        Label in the run to the right one.
    item_ids : tuple of str
    score : float
        Of the finding.
    """

    fingerprint: str
    text: str
    moves: Mapping[str, str]
    item_ids: tuple[str, ...]
    score: float


def remaps_of(run: Run) -> list[Remap]:
    """The findings of a run that can be put right at once, in order."""
    columns = ("code", "fingerprint", "message", "evidence", "item_ids", "score")
    found = run.columns_of("findings", columns, where=[("code", "=", EXCHANGED)])
    return [
        Remap(row["fingerprint"], row["message"], _moves(row["evidence"]), tuple(row["item_ids"]), float(row["score"]))
        for row in found[found["code"] == EXCHANGED].to_dict("records")
    ]


def _moves(evidence: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(json.loads(evidence)["moves"])
    return found


def chosen_remap(found: Sequence[Remap], named: str | None) -> Remap:
    """The one that is meant: by the beginning of its fingerprint, or the only one there is.

    Raises
    ------
    UsageError
        There is none, or it is not clear which.
    """
    fitting = [one for one in found if one.fingerprint.startswith(named or "")]
    if len(fitting) == 1:
        return fitting[0]
    if not found:
        raise UsageError("this run has found no exchanged classes", hint="see: dsaudit rule exchanged-classes")
    these = "; ".join(f"{one.fingerprint[:8]} ({one.text})" for one in fitting or found)
    what = f"no finding begins with {named!r}" if not fitting else f"{len(fitting)} findings can be put right"
    raise UsageError(what, hint=f"say which: {these}")


def remap_decisions(run: Run, chosen: Remap, rows: Iterable[Decision], *, actor: str) -> list[Decision]:
    """Decisions that put the labels right, to be stored together and undone together.

    Items that somebody has decided on are left as they are, by this or by looking at them.

    Parameters
    ----------
    rows : iterable of Decision
        The whole ledger.
    """
    items = run.items.loc[list(chosen.item_ids)]
    hashes = {str(i): h if isinstance(h, str) and h else None for i, h in known_hashes(items).items()}
    decided = Memory(rows).opinions(hashes)
    earlier = {i for i, said in decided.items() if any(d.run_id == run.id or d.rule != EXCHANGED for d in said)}
    batch = uuid4().hex
    open_ = [(i, label) for i, label in items["label"].items() if i not in earlier and label in chosen.moves]
    return [
        Decision(
            actor,
            "relabel",
            str(item_id),
            hashes[str(item_id)] or "",
            old_label=label,
            new_label=chosen.moves[label],
            cause=chosen.fingerprint,
            rule=EXCHANGED,
            score=chosen.score,
            suggestion=chosen.moves[label],
            run_id=run.id,
            request_id=f"{batch}/{k}",
        )
        for k, (item_id, label) in enumerate(open_)
    ]
