"""Causes of the model's errors as sentences: ``38 of 51 `off` clips heard as `up` end in the middle of a sound``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.dataset.groups import holder_of
from dsaudit.report.say.band import band_words
from dsaudit.report.say.words import NBSP, count, figure, measurement_name, percent, sentence, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.kind import Appearance, Nouns
    from dsaudit.report.view import RunView
    from dsaudit.store.schema.metrics import Culprit, Distribution, ErrorCause, ErrorFact
    from dsaudit.types import Estimate

_OPENING = "{flagged} "
"""How a rule's headline begins where it can be said of any clips."""
_ALSO_SHARE, _SAME_SHARE = 0.5, 0.75
"""Share of a cause's errors from which on another cause is worth a word, and from which on it is the same story."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One statement as it is told.

    Attributes
    ----------
    text : str
        The sentence, without a full stop; names in backticks.
    detail : str
        Share among the errors and among the rest, and how many times as often that is.
    also : str
        What else goes along with half of these errors or more; may be empty.
    key : str
        Of the list of its items on the page.
    n : int
        Errors it speaks of.
    excess : float
        Errors beyond those that comparable items make expect.
    measurements : tuple of str
        Measurements whose bands or values it names.
    retells : bool
        Whether three quarters of its errors are those of a cause before it: the same story in other words.
    """

    text: str
    detail: str
    also: str
    key: str
    n: int
    excess: float
    measurements: tuple[str, ...]
    retells: bool = False


def causes_of(run: RunView) -> list[Cause]:
    """The causes of a run, those that explain most errors first; empty where none was found or looked for."""
    told = run.metrics.causes
    kind = run.kind
    headlines = {r.code: r.headline[1] for r in run.rules}
    source, culprits = run.meta.group_source, run.metrics.culprits
    stats = run.metrics.measurements
    return [
        Cause(
            text=cause_text(one, kind=kind, headlines=headlines, group_source=source, stats=stats, culprits=culprits),
            detail=_detail(one, kind.nouns),
            also=_also(one, kind=kind, headlines=headlines, group_source=source, stats=stats),
            key=f"cause:{k}",
            n=one.n,
            excess=one.excess,
            measurements=_measurements(one),
            retells=_retells(one, told[:k]),
        )
        for k, one in enumerate(told)
    ]


def told_causes(run: RunView) -> list[Cause]:
    """The causes without those that say of the same errors what one before them said: the list every reader gets."""
    return [c for c in causes_of(run) if not c.retells]


def cause_text(
    one: ErrorCause,
    *,
    kind: Appearance,
    headlines: Mapping[str, str],
    group_source: str = "",
    stats: Mapping[str, Distribution] | None = None,
    culprits: Sequence[Culprit] = (),
) -> str:
    """One cause of ``metrics.json`` as a sentence without a full stop, names in backticks.

    Parameters
    ----------
    one : ErrorCause
    kind : Appearance
    headlines : mapping of rule code to str
        The rules' sentences for several findings.
    group_source : str
        Where groups come from, in words: ``speaker in the file name`` makes a group a speaker.
    stats : mapping of column to Distribution, optional
        Of each measurement.
    culprits : sequence of Culprit
        Groups with a fault of their own, which is said where the cause is one of them.
    """
    given, predicted, nouns = one.errors.given, one.errors.predicted, kind.nouns
    of = f"{count(one.n)} of {count(one.of)}"
    if given is not None and predicted is not None:
        who = f"{of} `{shown(given)}` {nouns.many} {nouns.taken} `{shown(predicted)}`"
    elif given is not None:
        who = f"{of} `{shown(given)}` {nouns.many} {nouns.taken} something else"
    elif predicted is not None:
        who = f"{of} {nouns.many} wrongly {nouns.taken} `{shown(predicted)}`"
    else:
        who = f"{of} {nouns.many} that the model gets wrong"
    said = f"{who} {_predicate(one.cause, kind, headlines, group_source, stats or {})}"
    for culprit in culprits if one.cause.kind == "group" else ():
        if culprit.group == one.cause.value:
            does = _does(culprit, kind, headlines, group_source, stats)
            return f"{said}: {' and '.join(does)}, against {_others(culprit)}"
    return said


def culprit_text(
    one: Culprit,
    *,
    kind: Appearance,
    headlines: Mapping[str, str],
    group_source: str = "",
    stats: Mapping[str, Distribution] | None = None,
) -> tuple[str, str]:
    """A group with a fault of its own as a sentence and what it rests on, without full stops; see ``cause_text``."""
    does = _does(one, kind, headlines, group_source, stats)
    text = f"One {holder_of(group_source)}, `{shown(one.group)}`: {' and '.join(does)}"
    said = f"Of {kind.nouns.some(one.n)}; against {_others(one)}"
    if one.n_judged and one.rest_wrong is not None:
        said += f". The model is wrong on {percent(one.n_wrong / one.n_judged)} of them all"
        said += f", on {percent(one.rest_wrong)} of the others'"
    return text, said


def _others(one: Culprit) -> str:
    return f"{' and '.join(percent(f.rest) for f in one.faults)} of the others'"


def _does(
    one: Culprit,
    kind: Appearance,
    headlines: Mapping[str, str],
    group_source: str,
    stats: Mapping[str, Distribution] | None,
) -> list[str]:
    """What is wrong with a group, fault by fault: ``48 % of its clips start in the middle of a sound``, ``47 % …``."""
    whose = (f" of its {kind.nouns.many}", "")
    return [
        f"{percent(f.n / one.n)}{of} {_predicate(f.cause, kind, headlines, group_source, stats or {})}"
        for f, of in zip(one.faults, whose, strict=False)
    ]


def _predicate(
    cause: ErrorFact,
    kind: Appearance,
    headlines: Mapping[str, str],
    group_source: str,
    stats: Mapping[str, Distribution],
) -> str:
    name, value = cause.name, shown(cause.value)
    if cause.kind == "finding":
        template = headlines.get(cause.code or "", "")
        rest = template.removeprefix(_OPENING)
        return rest if rest != template and "{" not in rest else f"are flagged by {name}"
    if cause.kind == "group":
        return f"come from one {holder_of(group_source)}, `{value}`"
    if cause.kind == "split":
        return f"are in the split `{value}`"
    if cause.kind == "band":
        words = band_words(name, cause.low, cause.high, kind, stats.get(name))
        column = kind.column(name)
        plain = column.low if value == "low" else column.high
        return f"{plain} ({words})" if plain else f"have {words}"
    words, unit = measurement_name(name, kind)
    try:
        if float(value) == 0:
            return f"have no {words}"
        value = figure(float(value))
    except ValueError:
        value = f"`{value}`"
    return f"have {words} {value}{f' {unit}' if unit else ''}"


def _detail(one: ErrorCause, nouns: Nouns) -> str:
    given, predicted, rate = one.errors.given, one.errors.predicted, one.rate_rest
    if given is not None and predicted is not None:
        rest = f"the rest of `{shown(given)}`"
    elif given is not None:
        rest = f"the `{shown(given)}` {nouns.many} it gets right"
    elif predicted is not None:
        rest = f"the other {nouns.many} of the same classes"
    else:
        rest = f"the {nouns.many} of the same classes that it gets right"
    said = f"{percent(one.n / max(one.of, 1))} of these errors"
    if rate <= 0:
        return f"{said}, none of {rest}"
    return f"{said}, {percent(rate)} of {rest}{_times(one.lift)}"


def _times(lift: Estimate) -> str:
    low, high = lift.low, lift.high
    if math.isnan(low):
        return ""
    often = f"times as often (95{NBSP}%)"
    least = f"{low:.1f}" if low < 10 else f"{low:.0f}"
    if not high < 20:
        return f": at least {least} {often}"
    return f": {least} to {high:.1f} {often}"


def _also(
    one: ErrorCause,
    *,
    kind: Appearance,
    headlines: Mapping[str, str],
    group_source: str,
    stats: Mapping[str, Distribution],
) -> str:
    parts = [
        f"{count(a.n)} of them {_predicate(a.cause, kind, headlines, group_source, stats)}"
        for a in one.also
        if a.n >= max(_ALSO_SHARE * one.n, 1)
    ]
    return sentence("; ".join(parts[:2]))


def _retells(one: ErrorCause, before: Sequence[ErrorCause]) -> bool:
    own = set(one.item_ids)
    same = (set(b.item_ids) for b in before if b.errors == one.errors)
    return bool(own) and any(len(own & other) >= _SAME_SHARE * len(own) for other in same)


def _measurements(one: ErrorCause) -> tuple[str, ...]:
    facts = [one.cause, *(a.cause for a in one.also)]
    return tuple(f.name for f in facts if f.kind in ("band", "value"))
