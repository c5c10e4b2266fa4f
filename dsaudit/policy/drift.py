"""Limits of a policy that are about two sets, and what they say of a comparison."""

from __future__ import annotations

import math
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from dsaudit.errors import ConfigError
from dsaudit.policy.figure import DRIFT_FIGURES, exactly
from dsaudit.policy.limit import limits_of
from dsaudit.types import SEVERITIES, LimitJudged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dsaudit.comparison.drift import Drift
    from dsaudit.policy.limit import Limit

_FIGURE = "drift."


def about_two_sets(name: str, rules: Iterable[tuple[str, str]]) -> bool:
    """Whether a limit of that name is about two sets.

    Parameters
    ----------
    name : str
    rules : iterable of (str, str)
        Code and name of the rules about two sets.

    Examples
    --------
    >>> rules = [("DRF001", "measurement-drift")]
    >>> [about_two_sets(name, rules) for name in ("drift.auc", "DRF", "measurement-drift", "DUP", "coverage")]
    [True, True, True, False, False]
    """
    return name.startswith(_FIGURE) or any(_meant(name, code, own) for code, own in rules)


def _meant(name: str, code: str, own: str) -> bool:
    return bool(name) and (name.lower() == own or code.startswith(name.upper()))


def refuse_unknown(policy: Mapping[str, Any]) -> None:
    """Refuse limits of a table ``[gate]`` that name no figure of two sets.

    Raises
    ------
    ConfigError
        With the nearest figure as the hint.

    Examples
    --------
    >>> refuse_unknown({"drift.auc": "<= 0.7", "coverage": 0.9})
    >>> refuse_unknown({"drift.aux": "<= 0.7"})
    Traceback (most recent call last):
        ...
    dsaudit.errors.ConfigError: the policy names 'drift.aux', which is no figure
    """
    for name in (limit.name for limit in limits_of(policy, sources={}, fail_on="never")):
        if name.startswith(_FIGURE) and name not in DRIFT_FIGURES:
            near = get_close_matches(name, DRIFT_FIGURES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"figures of two sets: {', '.join(DRIFT_FIGURES)}"
            raise ConfigError(f"the policy names {name!r}, which is no figure", hint=hint)


def drift_judged(limits: Iterable[Limit], drift: Drift, rules: Sequence[tuple[str, str]]) -> tuple[LimitJudged, ...]:
    """What limits about two sets, and those of severities, say of a comparison: broken ones first."""
    counts = Counter(f.code for f in drift.findings)
    severe = Counter(f.severity for f in drift.findings)
    found = []
    for limit in limits:
        name = limit.name
        if name in SEVERITIES:
            value = exactly(severe[name])
        elif name.startswith(_FIGURE):
            told = DRIFT_FIGURES[name].of(drift)
            if told is None or math.isnan(told.value):
                why = "it cannot be told: no model, no space of the items, or sets too unlike"
                found.append(LimitJudged(name, limit.text, limit.source, "inconclusive", None, None, why))
                continue
            value = told
        else:
            value = exactly(
                sum(n for code, n in counts.items() if any(c == code and _meant(name, c, o) for c, o in rules))
            )
        holds, end = limit.holds(value)
        found.append(LimitJudged(name, limit.text, limit.source, "pass" if holds else "fail", value, end))
    order = {"fail": 0, "inconclusive": 1, "pass": 2}
    return tuple(sorted(found, key=lambda one: order[one.outcome]))
