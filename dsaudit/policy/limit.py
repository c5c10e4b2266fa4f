"""Limits: a rule, a prefix of codes, a severity or a figure, and how much of it is allowed.

In ``dsaudit.toml``::

    [gate]
    error = 0                                  # findings of this severity
    SPL = 0                                    # of all rules whose code begins so
    quiet-clip = 20                            # of one rule
    coverage = ">= 0.99"                       # a figure
    "drift.auc" = "<= 0.7"                     # of two sets, see dsaudit drift
    "accuracy.balanced" = ">= 0.9"             # judged on the lower end of its interval
    "label_errors.estimated_share" = "<= 0.03" # on its upper end

A number alone is the most findings that are allowed, and for a figure the least or the most of it, whichever is worse.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsaudit.errors import ConfigError
from dsaudit.policy.figure import DRIFT_FIGURES, FIGURES, RECALL, Figure, exactly, figure
from dsaudit.types import SEVERITIES, LimitJudged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dsaudit.store.run import Run
    from dsaudit.store.schema.run import RuleRecord
    from dsaudit.types import Estimate, GateOutcome

_LIMIT = re.compile(r"(<=|>=|=|≤|≥)?\s*([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\s*(%?)", re.IGNORECASE)
_OPERATOR = re.compile(r"(.*?)\s*([<>]?)", re.DOTALL)
"""Of a name as it was typed before an equals sign: ``SPL <``."""
_SPELT = {"≤": "<=", "≥": ">="}
LEAST_COVERAGE = 0.95
"""Coverage below which a run says too little, where the policy says nothing of it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of a policy.

    Attributes
    ----------
    name : str
    at_least : bool
        Whether the bound is the least that is allowed, not the most.
    bound : float
    source : str
        Where it was said.
    """

    name: str
    at_least: bool
    bound: float
    source: str

    @property
    def text(self) -> str:
        """As ``<= 0.03``."""
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"

    def holds(self, found: Estimate) -> tuple[bool, float]:
        """Whether it holds at the worse end of the interval, and that end."""
        end = found.low if self.at_least else found.high
        return (end >= self.bound if self.at_least else end <= self.bound), end


def limits_of(
    policy: Mapping[str, Any], *, sources: Mapping[str, str], fail_on: str, told: str = "default"
) -> tuple[Limit, ...]:
    """The limits of a policy, with those that hold where it says nothing: severities as ``fail_on``, and coverage.

    Parameters
    ----------
    policy : mapping
        The table ``[gate]``.
    sources : mapping of str to str
        ``gate.<name>`` to where the limit was said.
    fail_on : str
        Severity from which on a finding fails the gate, or ``never``.
    told : str
        Where ``fail_on`` was said.

    Raises
    ------
    ConfigError
        A limit is no number.

    Examples
    --------
    >>> for limit in limits_of({"SPL": 0, "accuracy.balanced": ">= 90 %"}, sources={}, fail_on="error"):
    ...     print(limit.name, limit.text)
    SPL <= 0
    accuracy.balanced >= 0.9
    error <= 0
    coverage >= 0.95
    """
    found = {}
    for key, value in policy.items():
        bare, operator = _OPERATOR.fullmatch(str(key)).groups()  # type: ignore[union-attr]
        for name, said in _flat(bare, f"{operator}={value}" if operator else value):
            found[name] = _limit(name, said, sources.get(f"gate.{key}", "settings"))
    severe = () if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    for severity in severe:
        found.setdefault(severity, Limit(severity, False, 0.0, f"fail_on, {told}"))
    found.setdefault("coverage", Limit("coverage", True, LEAST_COVERAGE, "default"))
    return tuple(found.values())


def _flat(name: str, value: Any) -> Iterable[tuple[str, Any]]:
    """A dotted name that TOML has taken for tables within tables."""
    if hasattr(value, "items"):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    else:
        yield name, value


def _limit(name: str, said: Any, source: str) -> Limit:
    found = None if isinstance(said, bool) else _LIMIT.fullmatch(str(said).strip())
    try:
        bound = float(found[2]) / (100 if found[3] else 1) if found else math.nan
    except ValueError:
        bound = math.nan
    if found is None or not math.isfinite(bound):
        hint = 'as in: SPL = 0, or "accuracy.balanced" = ">= 0.9"'
        raise ConfigError(f"the policy's limit {name} = {said!r} ({source}) is no number", hint=hint)
    sign = _SPELT.get(found[1] or "", found[1] or "")
    known = FIGURES.get(name) or DRIFT_FIGURES.get(name)
    usual = known.rises if known else name.startswith(RECALL)
    return Limit(name, sign == ">=" if sign in ("<=", ">=") else usual, bound, source)


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """What limits are judged by.

    Attributes
    ----------
    run : Run
    counts : mapping of str to int
        Findings that count, by rule code.
    exists : callable
        Whether a code, prefix or name is that of a rule, though the run did not ask for it.
    """

    run: Run
    counts: Mapping[str, int]
    exists: Callable[[str], bool]


def judged(limit: Limit, facts: LimitFacts) -> LimitJudged:
    """What the limit says of the run.

    Raises
    ------
    ConfigError
        It names what is no rule and no figure.
    """
    rules, name = facts.run.rules, limit.name
    if name in SEVERITIES:
        return _of_rules(limit, [rule for rule in rules if rule.severity == name], facts, one=False)
    own = [rule for rule in rules if name.lower() == rule.name or name.upper() == rule.code]
    meant = own or [rule for rule in rules if name.upper() and rule.code.startswith(name.upper())]
    if meant:
        return _of_rules(limit, meant, facts, one=bool(own))
    if name not in FIGURES and not name.startswith(RECALL) and facts.exists(name):
        return _told(limit, "inconclusive", reason="the run was not asked for it")
    return _of_figure(limit, figure(name, also=[word for rule in rules for word in (rule.code, rule.name)]), facts)


def _of_rules(limit: Limit, rules: Sequence[RuleRecord], facts: LimitFacts, *, one: bool) -> LimitJudged:
    """Findings of rules; a rule that crashed, or the only one that is meant, must have looked."""
    found = exactly(sum(facts.counts.get(rule.code, 0) for rule in rules))
    holds, end = limit.holds(found)
    blind = [rule for rule in rules if rule.outcome != "ran"]
    crashed = [rule for rule in blind if rule.outcome == "crashed"]
    ran = len(rules) - len(blind)
    if not holds:
        return _told(limit, "fail", found, end)
    if crashed:
        return _told(limit, "inconclusive", found, end, f"{crashed[0].code} crashed: {crashed[0].reason}")
    if not rules:
        return _told(limit, "inconclusive", reason="no check of this severity was asked for")
    if not ran:
        more = f", and {len(blind) - 1} more" if len(blind) > 1 else ""
        return _told(limit, "inconclusive", reason=f"{blind[0].code} did not run: {blind[0].reason}{more}")
    return _told(limit, "pass", found, end, "" if one or not blind else f"{ran} of {len(rules)} checks ran")


def _of_figure(limit: Limit, meant: Figure, facts: LimitFacts) -> LimitJudged:
    found = meant.of(facts.run)
    if found is None or math.isnan(found.value):
        return _told(limit, "inconclusive", reason=_why_missing(facts.run))
    holds, end = limit.holds(found)
    if math.isnan(end):
        return _told(limit, "inconclusive", found, reason="too few items for an interval")
    return _told(limit, "pass" if holds else "inconclusive" if meant.seen else "fail", found, end)


def _why_missing(run: Run) -> str:
    codes = {rule.code for rule in run.rules}
    why = [s.reason for s in run.meta.skipped if s.what.split(" ", maxsplit=1)[0] not in codes and s.what == "baseline"]
    return why[0] if why else "the run did not find it out"


def _told(
    limit: Limit, outcome: GateOutcome, found: Estimate | None = None, end: float | None = None, reason: str = ""
) -> LimitJudged:
    return LimitJudged(limit.name, limit.text, limit.source, outcome, found, end, reason)
