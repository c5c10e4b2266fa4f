"""A question tried on people, in words: how far they agree, what splits them, and whether a new wording helps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dsaudit.report.say.agreement import agreement_sentences, agreement_title
from dsaudit.report.say.words import count, percent, shown

if TYPE_CHECKING:
    from dsaudit.kind import Nouns
    from dsaudit.store.schema.pilot import Answerer, Pilot, RoundChange, RoundFigures, SplitItem
    from dsaudit.types import Estimate

_SHOWN = 5
_DOUBTED = 0.667
"""Krippendorff's own bound for tentative conclusions."""


def told_pilot(found: Pilot, nouns: Nouns) -> list[str]:
    """All rounds, each line without a full stop."""
    out: list[str] = []
    for k, one in enumerate(found.rounds):
        out += [*([""] if out else []), *told_round(one, nouns)]
        if k:
            out.append(f"  against   {told_change(found.changes[k - 1], nouns)}")
    return out


def told_round(one: RoundFigures, nouns: Nouns) -> list[str]:
    """What one round showed."""
    asked = one.asked
    answers = f" ({', '.join(map(shown, asked.answers))})" if asked.answers else ""
    who = ", ".join(_who(person) for person in one.people) or "nobody yet"
    out = [
        f"Round {asked.number}: {shown(asked.question) or 'What is it?'}{answers}",
        f"  asked     {nouns.some(len(asked.items))}; {who}",
    ]
    if one.agreement is None:
        why = "nobody has answered yet" if not one.people else "no two people answered the same item yet"
        return [*out, f"  agree     {why}: the screen opens with dsaudit pilot RUN --question …"]
    out.append(f"  agree     {agreement_title(one.agreement, nouns)}")
    said = [sentence.rstrip(".") for sentence in agreement_sentences(one.agreement, nouns)]
    out += [f"            {said[0]}"] if said else []
    if not math.isfinite(one.agreement.alpha.value):
        out.append("            everybody gave one and the same answer: this says nothing of the question")
    out += [f"  note      {line}" for line in warnings(one)]
    kinds = ", ".join(f"{kind.why} {percent(kind.percent)} of {kind.n_items}" for kind in one.kinds)
    out.append(f"  kinds     {kinds}")
    doubted = [c for c in one.classes if c.alpha.value < _DOUBTED]
    if doubted:
        out.append(f"  classes   {', '.join(f'`{shown(c.label)}` {_short(c.alpha)}' for c in doubted[:_SHOWN])}")
    if pairs := one.agreement.pairs:
        told = ", ".join(f"`{shown(p.a)}` or `{shown(p.b)}` {count(p.n_items)}" for p in pairs[:_SHOWN])
        out.append(f"  decide    {told}")
    out += [f"  splits    {split_said(split)}" for split in one.splits[:_SHOWN]]
    if len(one.splits) > _SHOWN:
        out.append(f"            and {nouns.some(len(one.splits) - _SHOWN)} more")
    for part in one.parted[:_SHOWN]:
        n = nouns.some(len(part.item_ids))
        out.append(f"  model     {n}: people say `{shown(part.people)}`, the model `{shown(part.model)}`")
    return out


def warnings(one: RoundFigures) -> list[str]:
    """What spoils the round: somebody who answers at random, or an agreement that chance gives, too."""
    out = [
        f"answers at random, as far as can be told: {shown(p.name)} (agreement beyond chance {_short(p.beyond)})"
        for p in one.people
        if p.at_random
    ]
    if one.with_all is not None:
        out.append(f"figures are without them; with them Krippendorff's alpha is {_short(one.with_all)}")
    if not out and one.agreement is not None and one.agreement.alpha.low <= 0:
        out.append(
            "people agree no better than chance might: the question cannot be answered, or somebody answers at random"
        )
    return out


def told_change(change: RoundChange, nouns: Nouns) -> str:
    """Whether the new question agrees better."""
    if not math.isfinite(change.alpha.value):
        return "the round before: nothing to compare yet"
    value, low, high = change.alpha.value, change.alpha.low, change.alpha.high
    verdict = "the new question agrees better" if low > 0 else "the new question agrees worse" if high < 0 else ""
    same = f"{nouns.some(change.n_same)} asked in both" if change.n_same else f"other {nouns.many}"
    figure = f"alpha {value:+.2f} (95\u00a0% {low:+.2f} to {high:+.2f}; {same})".replace("-", "−")
    return f"the round before: {figure}: {verdict or 'no difference that is sure'}"


def split_said(split: SplitItem) -> str:
    """``up/3.wav: ann and bob `up`, cy `off`; model `up```."""
    by_answer: dict[str, list[str]] = {}
    for voice in split.said:
        by_answer.setdefault(voice.answer, []).append(shown(voice.who))
    said = ", ".join(f"{' and '.join(who)} `{shown(answer)}`" for answer, who in by_answer.items())
    model = f"; model `{shown(split.model)}`" if split.model is not None else ""
    return f"{shown(split.item_id)} ({split.why}): {said}{model}"


def _who(person: Answerer) -> str:
    unsure = f" ({count(person.n_unsure)} unsure)" if person.n_unsure else ""
    return f"{shown(person.name)} {count(person.n_items)}{unsure}"


def _short(found: Estimate) -> str:
    if not math.isfinite(found.value):
        return "–"
    ends = f" ({found.low:.2f} to {found.high:.2f})" if math.isfinite(found.low) else ""
    return f"{found.value:.2f}{ends}".replace("-", "−")
