"""What becomes of every row of a dataset by people's decisions. Pure: nothing is read or written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from dsaudit.relabel.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsaudit.dataset.rows import Rows
    from dsaudit.relabel.memory import Resolution
    from dsaudit.types import Decision

Fate = Literal["confirmed", "relabelled", "excluded", "unsure", "disputed", "changed", "prelabelled", "undecided"]
Disputed = Literal["leave", "exclude"]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the dataset.

    Attributes
    ----------
    item_id, uri : str
    given_label : str or None
        The label in the data.
    corrected_label : str or None
        The label in force after review.
    split, group : str or None
    fate : Fate
        ``changed``: decided under other bytes, so that the decision does not apply any more; ``prelabelled``: nobody
        decided it, and it has the label that a model gave it.
    excluded : bool
    decided_by : str
        Names joined by ``", "``; empty where nothing was decided.
    reason : str
        In words: what was decided, the rule that brought it up, the person's note.
    rule : str
        That rule's code; empty where the item was looked up by hand.
    """

    item_id: str
    uri: str
    given_label: str | None
    corrected_label: str | None
    split: str | None = None
    group: str | None = None
    fate: Fate = "undecided"
    excluded: bool = False
    decided_by: str = ""
    reason: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a dataset.

    Attributes
    ----------
    lines : tuple of Line
        One per row, in the order of the source.
    n_gone : int
        Decided items whose bytes and whose name are both not here.
    """

    lines: tuple[Line, ...]
    n_gone: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows by fate; every fate is there."""
        found = Counter(line.fate for line in self.lines)
        return {fate: found[fate] for fate in get_args(Fate)}

    @property
    def label_changes(self) -> list[tuple[str, str, int, dict[str, int]]]:
        """Given label, corrected label, number, and number by person; the most frequent first."""
        return _grouped(
            (line.given_label or "no label", line.corrected_label or "no label", line.decided_by)
            for line in self.lines
            if line.fate == "relabelled"
        )

    @property
    def exclusions(self) -> list[tuple[str, int, dict[str, int]]]:
        """Rule or ``by hand``, number, and number by person; the most frequent first."""
        rows = _grouped((line.rule or "by hand", "", line.decided_by) for line in self.lines if line.fate == "excluded")
        return [(why, n, by) for why, _, n, by in rows]


def plan(
    rows: Rows,
    hashes: Sequence[str | None],
    decisions: Iterable[Decision],
    *,
    disputed: Disputed = "leave",
    prelabels: Sequence[Decision] = (),
) -> Plan:
    """Apply decisions to rows.

    Parameters
    ----------
    rows : Rows
        In the source's order, unique ids.
    hashes : sequence of (str or None)
        Content hash of every row's file as it is now.
    decisions : iterable of Decision
        The whole ledger.
    disputed : {"leave", "exclude"}
        Items that people say different things of keep their label, or are left out.
    prelabels : sequence of Decision
        What a model says of items by their content: where they have no label and nobody decided.
    """
    memory, said = Memory(decisions), {d.content_hash: d for d in prelabels if d.content_hash}
    items = dict(zip(rows.ids, hashes, strict=True))
    resolutions = memory.resolve(items)
    changed = set(memory.changed(items))
    given = rows.given_labels or rows.labels
    excluded = rows.excluded or [False] * len(rows.ids)
    lines = []
    for k, item_id in enumerate(rows.ids):
        before = (item_id, rows.uris[k], given[k], rows.labels[k], rows.splits[k], rows.groups[k])
        if item_id in resolutions:
            lines.append(_decided(before, resolutions[item_id], excluded[k], disputed))
        else:
            fate: Fate = "changed" if item_id in changed else "undecided"
            line = Line(*before, fate=fate, excluded=excluded[k])
            own = said.get(hashes[k] or "") if line.corrected_label is None else None
            lines.append(line if own is None or fate == "changed" else _prelabelled(line, own))
    return Plan(tuple(lines), memory.n_gone(items))


def _decided(
    before: tuple[str, str, str | None, str | None, str | None, str | None],
    resolution: Resolution,
    was_excluded: bool,
    disputed: Disputed,
) -> Line:
    item_id, uri, given, label, split, group = before
    decided = resolution.decided
    by = ", ".join(resolution.actors)
    rule = decided.rule
    fate: Fate
    if resolution.outcome == "label":
        fate = "confirmed" if resolution.label == given else "relabelled"
        said = "confirmed" if fate == "confirmed" else f"relabelled {given or 'no label'} -> {resolution.label}"
        label, excluded = resolution.label, False
    elif resolution.outcome == "exclude":
        fate, said, excluded = "excluded", "excluded", True
    elif resolution.outcome == "unsure":
        fate, said, excluded = "unsure", "unsure", was_excluded
    else:
        fate, rule, excluded = "disputed", "", disputed == "exclude" or was_excluded
        said = "disputed: " + ", ".join(f"{d.actor} says {_word(d)}" for d in resolution.opinions)
    notes = dict.fromkeys(" ".join(d.note.split()) for d in resolution.opinions if d.note.strip())
    reason = said + (f" ({rule})" if rule else "") + (": " + "; ".join(notes) if notes else "")
    return Line(item_id, uri, given, label, split, group, fate, excluded, by, reason, rule)


def _prelabelled(line: Line, own: Decision) -> Line:
    sure = f"prelabelled {own.new_label}, right with a probability of {own.score:.3f}"
    return replace(line, fate="prelabelled", corrected_label=own.new_label, decided_by=own.actor, reason=sure)


def _word(decision: Decision) -> str:
    return decision.new_label or "no label" if decision.action in ("confirm", "relabel") else decision.action


def _grouped(rows: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, int, dict[str, int]]]:
    people: dict[tuple[str, str], Counter[str]] = {}
    for first, second, by in rows:
        people.setdefault((first, second), Counter())[by] += 1
    ranked = sorted(people.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return [
        (first, second, by.total(), dict(sorted(by.items(), key=lambda p: (-p[1], p[0]))))
        for (first, second), by in ranked
    ]
