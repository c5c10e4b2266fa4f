"""The cut in words: how many labels to review, what to expect of them, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from dsaudit.report.words import NBSP, count, percent, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

_KINDS = {
    "wrong": ("Another label fits better", "probably wrong: relabel"),
    "ambiguous": ("Two labels fit equally well", "ambiguous: decide by the guide"),
    "off-topic": ("No label fits", "off-topic: leave it out, or find it a class"),
}
_ADVICE = {
    "merge": ("Merge", "the two, or say what tells them apart"),
    "split": ("Split", "the class: part of it is something else"),
    "guide": ("Rewrite the guide", "for this pair, then review it"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Labels given as one class that are estimated to be another.

    Attributes
    ----------
    given, right : str
        Class names.
    n : str
        Estimated number, with its interval.
    share : str
        Of the labels given as ``given``.
    advice, why : str
        What to do about it in a word or two, and the sentence that goes on from there; both empty where
        nothing but reviewing is advised.
    """

    given: str
    right: str
    n: str
    share: str
    advice: str
    why: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What is said of wrong labels.

    Attributes
    ----------
    known : bool
        False where no honest figure can be given; then only ``statement`` and ``pairs`` are worth reading.
    statement : str
        What to review and what to expect, or why that cannot be known; without a full stop.
    total : str
        Estimated number of wrong labels with its interval, one sentence; empty where unknown.
    between, sure : str
        How few or many it may be where the statement does not say so; the same with the cut's reason in few
        words; both without a full stop, may be empty.
    chosen, learned : str
        How the cut was chosen, and what reviewers' verdicts did to the figures; sentences, may be empty.
    n : int
        Items within the cut.
    expected : float
        How many of them are wrong.
    kinds : tuple of (kind, n, what it means, what to do)
    pairs : tuple of Pair
        The most frequent first.
    """

    known: bool
    statement: str
    total: str
    between: str
    sure: str
    chosen: str
    learned: str
    n: int
    expected: float
    kinds: tuple[tuple[str, int, str, str], ...]
    pairs: tuple[Pair, ...]


def cut_of(metrics: Mapping[str, Any]) -> Cut | None:
    """The cut of a run, from its ``metrics.json``; None where labels were not judged."""
    found = metrics.get("label_errors")
    if not isinstance(found, Mapping):
        return None
    where = found.get("cut") or {}
    known = bool(found.get("known"))
    n = int(where.get("n") or 0)
    kinds = found.get("kinds") or {}
    return Cut(
        known=known,
        statement=_statement(where, n) if known else _unknown(found),
        total=_total(found) if known else "",
        between=_between(where) if known and n > 1 else "",
        sure=_sure(where, n) if known and n else "",
        chosen=_chosen(where) if known and n else "",
        learned=_learned(int(found.get("verdicts") or 0)),
        n=n,
        expected=float((where.get("expected") or {}).get("value") or 0.0) if known else 0.0,
        kinds=tuple((kind, int(kinds.get(kind) or 0), *words) for kind, words in _KINDS.items() if kinds.get(kind)),
        pairs=tuple(_pair(p) for p in found.get("pairs") or ()),
    )


def give_or_take(estimate: Mapping[str, Any] | None, *, ends: bool = True) -> str:
    """A number with its 95 % interval: ``289 ± 24``; both ends where the interval is lopsided.

    Parameters
    ----------
    estimate : mapping
        ``value``, ``low``, ``high``.
    ends : bool
        Whether to add both ends of a lopsided interval, in brackets; without them the number stands alone.
    """
    value, low, high = ((estimate or {}).get(k) for k in ("value", "low", "high"))
    if not _finite(value):
        return "–"
    if not (_finite(low) and _finite(high)):
        return count(value)
    half = (high - low) / 2
    if abs((high - value) - (value - low)) <= max(1.0, 0.5 * half):
        return f"{count(value)} ± {count(half)}" if round(half) else count(value)
    return f"{count(value)} (95{NBSP}% {count(low)}–{count(high)})" if ends else count(value)


def _statement(where: Mapping[str, Any], n: int) -> str:
    if not n:
        if where.get("by") == "precision" and not where.get("reached", True):
            return f"No list of labels reaches the {percent(where.get('asked'))} that was asked for"
        if where.get("by") == "budget" and where.get("asked") == 0:
            return "A budget of 0 leaves no label to review"
        return "No label is doubtful enough to be worth a review"
    share = percent((where.get("precision") or {}).get("value"))
    if n == 1:
        return f"Review this label: it is wrong with a probability of {share}"
    expected = give_or_take(where.get("expected"), ends=False)
    return f"Review these {count(n)} labels: expect {expected} to be wrong ({share})"


def _unknown(found: Mapping[str, Any]) -> str:
    why = str(found.get("why_unknown") or "").strip().rstrip(".")
    return "How many labels are wrong cannot be known" + (f": {why.removeprefix('because ')}" if why else "")


def _total(found: Mapping[str, Any]) -> str:
    estimate = found.get("n_estimated") or {}
    if not _finite(estimate.get("value")):
        return ""
    judged = int(found.get("n_judged") or 0)
    share = f", {percent(estimate['value'] / judged)}" if judged else ""
    return f"About {give_or_take(estimate)} of the {count(judged)} labels judged are wrong{share}."


def _between(where: Mapping[str, Any]) -> str:
    expected = where.get("expected") or {}
    low, high = expected.get("low"), expected.get("high")
    if give_or_take(expected) == give_or_take(expected, ends=False) or not (_finite(low) and _finite(high)):
        return ""  # the statement has it
    return f"It may be as few as {count(low)} or as many as {count(high)} (95{NBSP}%)"


def _sure(where: Mapping[str, Any], n: int) -> str:
    between = _between(where) if n > 1 else ""
    why = {
        "precision": f"the longest list with {percent(where.get('asked'))} wrong, as asked",
        "budget": "as many as your budget",
    }.get(str(where.get("by")), "further down the list, looking pays less")
    if not where.get("reached", True):
        why = "less than was asked for" if where.get("by") == "precision" else "less than your budget"
    return "; ".join(filter(None, (between, why if between else sentence(why))))


def _chosen(where: Mapping[str, Any]) -> str:
    by, asked, reached = where.get("by"), where.get("asked"), bool(where.get("reached", True))
    share = percent((where.get("precision") or {}).get("value"))
    if by == "precision" and _finite(asked):
        if reached:
            return f"The longest list of which {percent(asked)} can be expected to be wrong, as asked."
        return f"No list reaches the {percent(asked)} that was asked for; the surest few come to {share}."
    if by == "budget" and _finite(asked):
        if reached:
            return f"The likeliest {count(asked)}, as many as your budget of reviews."
        return f"Your budget of {count(asked)} reviews is more than there are labels to doubt."
    f1 = where.get("f1")
    figure = f" (highest expected F1, {percent(f1)})" if _finite(f1) else ""
    balance = f"this length balances both{figure}."
    return f"A longer list would find more errors, a shorter one waste fewer reviews: {balance}"


def _learned(verdicts: int) -> str:
    if verdicts:
        verb = "verdict has" if verdicts == 1 else "verdicts have"
        return f"{count(verdicts)} {verb} gone into these figures; they sharpen with every 20 more."
    return "No label has been reviewed yet: the number of wrong ones sharpens with every 20 verdicts."


def _pair(pair: Mapping[str, Any]) -> Pair:
    advice, general = _ADVICE.get(str(pair.get("advice") or ""), ("", ""))
    own = sentence(str(pair.get("text") or ""))
    return Pair(
        given=str(pair.get("given")),
        right=str(pair.get("right")),
        n=give_or_take(pair.get("n")),
        share=percent(pair.get("share_of_given")),
        advice=advice + (":" if advice and own else ""),
        why=own or general,
    )


def curve_to_show(curve: Sequence[Sequence[float]], n_cut: int) -> list[Sequence[float]]:
    """The part of the expected-yield curve around the cut: to two and a half times its length.

    Over all items of a large dataset the curve would be one flat line with the cut at its very start.
    """
    top = 2.5 * max(n_cut, 10)
    points = [p for p in curve if p[0] <= top]
    if len(points) < 2:
        return list(curve)
    beyond = next((p for p in curve if p[0] > top), None)
    if beyond is None:
        return points
    last = points[-1]
    part = (top - last[0]) / (beyond[0] - last[0])
    return [*points, [a + part * (b - a) for a, b in zip(last, beyond, strict=True)]]


def _finite(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
