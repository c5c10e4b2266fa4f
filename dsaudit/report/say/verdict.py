"""A gate verdict in sentences, and the findings of a run as the verdict sees them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.report.say.words import count, shown
from dsaudit.report.view import SETTLED, RunView, finding_rows

if TYPE_CHECKING:
    import numpy.typing as npt

    from dsaudit.types import Accepted, Finding, GateVerdict, LimitJudged

MARKS = {"pass": "✓", "fail": "✗", "inconclusive": "?"}
_WORDS = {"pass": "holds", "fail": "broken", "inconclusive": "could not be judged"}


def stated_rows(
    run: RunView, verdict: GateVerdict | None, *, among: npt.NDArray[np.bool_] | None = None, most: int | None = None
) -> list[Finding]:
    """Findings, worst first, accepted ones ``ignored``; ``known`` is what the reference has, too, or the last run.

    ``among`` and ``most`` as of ``finding_rows``.
    """
    rows = finding_rows(run, among=among, most=most)
    return [replace(row, state=_state(verdict, row.fingerprint, row.state)) for row in rows] if verdict else rows


def _state(verdict: GateVerdict | None, fingerprint: str, own: Any) -> Any:
    told = verdict.states.get(fingerprint, own) if verdict else own
    return told if verdict and (told == "ignored" or verdict.against) else own


def open_rows(run: RunView, verdict: GateVerdict | None, *, most: int | None = None) -> list[Finding]:
    """Those that count, the worst first: not accepted, and where something was compared with, new."""
    return stated_rows(run, verdict, among=are_open(run, verdict), most=most)


def are_open(run: RunView, verdict: GateVerdict | None) -> npt.NDArray[np.bool_]:
    """Whether each row of the table of findings counts, bool (n,)."""
    if run.findings is None:
        return np.empty(0, dtype=bool)
    rows = zip(run.findings["fingerprint"], run.findings["state"], strict=True)
    states = [_state(verdict, fingerprint, own) for fingerprint, own in rows]
    settled = SETTLED | {"known"} if verdict and verdict.against else SETTLED
    return np.array([state not in settled for state in states], dtype=bool)


def verdict_line(verdict: GateVerdict) -> str:
    """The verdict with its reason in one sentence, without its full stop."""
    n, of = len(verdict.reasons), len(verdict.limits)
    word = _WORDS[verdict.outcome]
    if verdict.outcome == "pass":
        return f"pass: {of} of {of} limits hold"
    if not n:
        return f"{verdict.outcome}: {'; '.join(verdict.notes)}"
    if verdict.outcome == "fail":
        return f"fail: {n} of {of} limits {'is' if n == 1 else 'are'} {word}"
    return f"inconclusive: {n} of {of} limits {word}"


def found_text(one: LimitJudged) -> str:
    """What was found for a limit: ``0.91 (0.88 to 0.94), judged at 0.88``."""
    if one.found is None:
        return f"not known: {shown(one.reason)}"
    found, more = one.found, f"; {shown(one.reason)}" if one.reason else ""
    if found.low == found.high:
        return f"{_number(found.value)}{more}"
    ends = f"{_number(found.value)} ({_number(found.low)} to {_number(found.high)})"
    return f"{ends}{f', judged at {_number(one.judged)}' if one.judged is not None else ''}{more}"


def _number(value: float) -> str:
    return count(value) if value == int(value) and abs(value) >= 1 else f"{value:.3g}"


def counted(run: RunView, verdict: GateVerdict) -> list[str]:
    """How many findings are new, known and fixed, and what is to be said of accepted ones, a sentence each."""
    told, states = [], Counter[str]()
    if (verdict.against or verdict.accepted) and run.findings is not None:
        states.update(verdict.states[own] for own in run.findings["fingerprint"] if own in verdict.states)
    if verdict.against:
        counts = f"{count(states['new'])} new, {count(states['known'])} known, {count(len(verdict.fixed))} gone"
        told.append(f"Against {shown(verdict.against)}: {counts}; only what is new counts")
    if verdict.accepted:
        n = states["ignored"]
        told.append(f"{count(n)} finding{'' if n == 1 else 's'} accepted")
    if verdict.expired:
        told.append(f"Expired, and counting again: {_named(verdict.expired)}")
    if verdict.stale:
        told.append(f"Accepted, and gone from the data: {_named(verdict.stale)}; dsaudit accept --prune drops them")
    return [*told, *(shown(note) for note in verdict.notes)]


def _named(accepted: tuple[Accepted, ...], most: int = 3) -> str:
    told = [f"{one.code} {shown(one.subject)}".strip() for one in accepted[:most]]
    rest = len(accepted) - most
    return ", ".join(told) + (f" and {count(rest)} more" if rest > 0 else "")
