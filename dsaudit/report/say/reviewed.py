"""What people's decisions did to this audit: who silenced which findings, what was corrected or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsaudit.media.nouns import nouns_for
from dsaudit.report.say.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def reviewed(meta: Mapping[str, Any], rules: list[dict[str, Any]]) -> Reviewed | None:
    """The section of a run, from its ``run.json``; None where nobody has decided anything."""
    facts = meta.get("review") or {}
    if not facts:
        return None
    nouns = nouns_for(str(meta.get("modality", "")))
    silent = facts.get("silenced") or {}
    n_silent = int(silent.get("n") or 0)
    by_actor: Mapping[str, int] = silent.get("by_actor") or {}
    names = sorted(by_actor, key=lambda a: (-by_actor[a], a))
    who = _joined([f"{a} ({count(by_actor[a])})" for a in names])
    if n_silent:
        title = f"{count(n_silent)} finding{'s stay' if n_silent > 1 else ' stays'} silent: settled by {who}"
    else:
        title = f"{nouns.some(int(facts.get('n_decided') or 0))} decided by people"
    sentences = []
    corrected, excluded = int(facts.get("n_corrected") or 0), int(facts.get("n_excluded") or 0)
    confirmed = int(facts.get("n_confirmed") or 0)
    if confirmed:
        sentences.append(f"{nouns.some(confirmed)} confirmed as labelled.")
    if corrected:
        sentences.append(f"{nouns.some(corrected)} judged under the label that people gave, not the one in the data.")
    if excluded:
        sentences.append(f"{nouns.some(excluded)} left out, as people decided.")
    if n := int(facts.get("n_disputed") or 0):
        sentences.append(f"{nouns.some(n)} disputed: people say different things; settle them on the review screen.")
    if n := int(facts.get("n_unsure") or 0):
        sentences.append(f"{nouns.some(n)} heard by somebody who could not tell.")
    changed = [str(i) for i in facts.get("changed") or ()]
    if n := int(facts.get("n_changed") or 0):
        sentences.append(f"{nouns.some(n)} changed since the decision, so it no longer counts: review again.")
    people: Mapping[str, int] = facts.get("people") or {}
    rule_names = {str(r["code"]): str(r["name"]) for r in rules}
    by_rule: Mapping[str, int] = silent.get("by_rule") or {}
    return Reviewed(
        title=title,
        sentences=tuple(sentences),
        people=tuple((a, n, int(by_actor.get(a, 0))) for a, n in sorted(people.items(), key=lambda e: (-e[1], e[0]))),
        rules=tuple((c, rule_names.get(c, ""), n) for c, n in sorted(by_rule.items(), key=lambda e: (-e[1], e[0]))),
        changed=tuple(changed),
    )


def in_one_line(found: Reviewed) -> str:
    """The section for a terminal."""
    return " ".join((found.title + ".", *found.sentences))


def _joined(names: list[str]) -> str:
    if len(names) > 4:
        names = [*names[:3], f"{len(names) - 3} others"]
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
