"""What people's decisions did to this audit: who silenced which findings, what was corrected or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.report.say.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsaudit.kind import Nouns
    from dsaudit.store.schema.run import RuleRecord, RunMeta


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The section on review memory.

    Attributes
    ----------
    title : str
        The statement, with its figures.
    sentences : tuple of str
        What else was decided, and what is still open.
    people : tuple of (name, items decided, findings silenced)
        The busiest first.
    rules : tuple of (code, name, findings silenced)
        The most silenced first.
    changed : tuple of str
        Items whose bytes changed since they were decided.
    """

    title: str
    sentences: tuple[str, ...]
    people: tuple[tuple[str, int, int], ...]
    rules: tuple[tuple[str, str, int], ...]
    changed: tuple[str, ...]


def reviewed(meta: RunMeta, rules: Sequence[RuleRecord], nouns: Nouns) -> Reviewed | None:
    """The section of a run, from its ``run.json``; None where nobody has decided anything."""
    facts = meta.review
    if facts is None:
        return None
    n_silent, by_actor, by_rule = facts.silenced.n, facts.silenced.by_actor, facts.silenced.by_rule
    who = _joined([f"{a} ({count(n)})" for a, n in _most_first(by_actor)])
    if n_silent:
        title = f"{count(n_silent)} finding{'s stay' if n_silent > 1 else ' stays'} silent: settled by {who}"
    else:
        title = f"{nouns.some(facts.n_decided)} decided by people"
    sentences = []
    if n := facts.n_confirmed:
        sentences.append(f"{nouns.some(n)} confirmed as labelled.")
    if n := facts.n_corrected:
        sentences.append(f"{nouns.some(n)} judged under the label that people gave, not the one in the data.")
    if n := facts.n_fields_corrected:
        sentences.append(f"{values(n)} judged as people corrected {'it' if n == 1 else 'them'}, not as in the data.")
    if n := facts.n_fields_kept:
        sentences.append(f"{values(n)} found right.")
    if n := facts.n_excluded:
        sentences.append(f"{nouns.some(n)} left out, as people decided.")
    if n := facts.n_disputed:
        sentences.append(f"{nouns.some(n)} disputed: people say different things; settle them on the review screen.")
    if n := facts.n_fields_disputed:
        sentences.append(f"{values(n)} disputed, and left as in the data.")
    if n := facts.n_unsure:
        sentences.append(f"{nouns.some(n)} left unsure: somebody could not tell.")
    if n := facts.n_changed:
        sentences.append(f"{nouns.some(n)} changed since the decision, so it no longer counts: review again.")
    if n := facts.n_fields_changed:
        sentences.append(f"{values(n)} changed since the decision, so it no longer counts.")
    rule_names = {r.code: r.name for r in rules}
    return Reviewed(
        title=title,
        sentences=tuple(sentences),
        people=tuple((a, n, by_actor.get(a, 0)) for a, n in _most_first(facts.people)),
        rules=tuple((c, rule_names.get(c, ""), n) for c, n in _most_first(by_rule)),
        changed=facts.changed,
    )


def in_one_line(found: Reviewed) -> str:
    """The section for a terminal."""
    return " ".join((found.title + ".", *found.sentences))


def values(n: int) -> str:
    """``1 value``, ``1,730 values``."""
    return f"{count(n)} value{'' if n == 1 else 's'}"


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda e: (-e[1], e[0]))


def _joined(names: list[str]) -> str:
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} others"]
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
