"""The cut in words: how many labels to review, what to expect of them, and how sure that is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.report.say.words import NBSP, count, percent, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.store.schema.metrics import CutFigures, LabelErrorFigures, Metrics, MislabelledPair
    from dsaudit.types import Estimate

_KINDS = {
    "wrong": ("Another label fits better", "probably wrong: relabel"),
    "ambiguous": ("Two labels fit equally well", "ambiguous: decide by the guide"),
    "off-topic": ("No label fits", "off-topic: leave it out, or find it a class"),
}
_TOO_LITTLE = "The model is sure of too little to say how many labels are wrong"
_ADVICE = {
    "merge": ("Merge", "the two, or say what tells them apart"),
    "split": ("Split", "the class: part of it is something else"),
    "guide": ("Rewrite the guide", "for this pair, then review it"),
}

_ONE_WAY = re.compile(r"only (\d+) the other way round")
_ADVISED = re.compile(r"\. (?:Merge|Split|Rewrite) [^.]*$")
"""What the advice itself says again."""


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
class StatedCut:
    """What is said of wrong labels.

    Attributes
    ----------
    known : bool
        False where no honest figure can be given; then only ``statement`` and ``pairs`` are worth reading.
    guess : bool
        Whether the model knows too little for its figures to be more than that.
    statement : str
        What to review and what to expect, or why that cannot be known; without a full stop.
    heading : str
        What stands above the page's curve; without a full stop.
    refusal : str
        Why no number of wrong labels is stated; without a full stop, empty where one is.
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
    guess: bool
    statement: str
    heading: str
    refusal: str
    total: str
    between: str
    sure: str
    chosen: str
    learned: str
    n: int
    expected: float
    kinds: tuple[tuple[str, int, str, str], ...]
    pairs: tuple[Pair, ...]


def cut_of(metrics: Metrics) -> StatedCut | None:
    """The cut of a run, from its ``metrics.json``; None where labels were not judged."""
    found = metrics.label_errors
    if found is None:
        return None
    where, known, n = found.cut, found.known, found.cut.n
    weak = known and found.guess
    said = _statement(where, n, weak=weak) if known else _unknown(found)
    return StatedCut(
        known=known,
        guess=weak,
        statement=said,
        heading=_heading(where, n, said, known=known and not weak),
        refusal=_TOO_LITTLE if weak else "" if known else _unknown(found),
        total=_total(found) if known else "",
        between=_between(where) if known and n > 1 else "",
        sure=_sure(found, n, weak=weak) if known and n else "",
        chosen=_chosen(where) if known and n else "",
        learned=_learned(found, weak=weak),
        n=n,
        expected=where.expected.value if known and where.expected else 0.0,
        kinds=tuple((kind, n, *words) for kind, words in _KINDS.items() if (n := found.kinds.get(kind, 0))),
        pairs=tuple(_pair(p) for p in found.pairs),
    )


def opening(cut: StatedCut) -> tuple[str, str]:
    """What a review opens with: the sentence, and what goes with it; sentences of the report, without a full stop."""
    if not cut.known:
        return cut.heading, cut.refusal
    return cut.statement, cut.refusal or cut.total.rstrip(".")


def give_or_take(estimate: Estimate | None, *, ends: bool = True) -> str:
    """A number with its 95 % interval: ``289 ± 24``; both ends where the interval is lopsided.

    Parameters
    ----------
    estimate : Estimate or None
    ends : bool
        Whether to add both ends of a lopsided interval, in brackets; without them the number stands alone.
    """
    if estimate is None or not math.isfinite(estimate.value):
        return "–"
    value, low, high = estimate.value, estimate.low, estimate.high
    if not math.isfinite(low + high):
        return count(value)
    half = (high - low) / 2
    if abs((high - value) - (value - low)) <= max(1.0, 0.2 * half):
        return f"{count(value)} ± {count(half)}" if round(half) else count(value)
    return f"{count(value)} (95{NBSP}% {count(low)}–{count(high)})" if ends else count(value)


def _statement(where: CutFigures, n: int, *, weak: bool) -> str:
    if not n:
        if where.by == "precision" and not where.reached:
            return f"No list of labels reaches the {percent(where.asked)} that was asked for"
        if where.by == "budget" and where.asked == 0:
            return "A budget of 0 leaves no label to review"
        return "No label is doubtful enough to be worth a review"
    if weak:
        return f"Review {f'20 of these {count(n)}' if n > 20 else f'these {count(n)}'} labels: a weak model doubts them"
    share = _share(where)
    if n == 1:
        return f"Review this label: it is wrong with a probability of {share}"
    expected = give_or_take(where.expected, ends=False)
    return f"Review these {count(n)} labels: expect {expected} to be wrong ({share})"


def _heading(where: CutFigures, n: int, said: str, *, known: bool) -> str:
    if not known:
        return f"{count(n)} label{' is' if n == 1 else 's are'} doubted" if n else "No label is doubted"
    if n < 2:
        return said
    if where.by == "f1":
        return f"After {count(n)} reviews, looking further pays less"
    return f"What {count(n)} reviews bring, and what more would"


def _share(where: CutFigures) -> str:
    """Of the labels above the cut, how many are wrong."""
    return percent(where.precision.value if where.precision else None)


def _unknown(found: LabelErrorFigures) -> str:
    why = found.why_unknown.strip().rstrip(".")
    return "How many labels are wrong cannot be known" + (f": {why.removeprefix('because ')}" if why else "")


def _total(found: LabelErrorFigures) -> str:
    estimate, judged = found.n_estimated, found.n_judged
    if estimate is None:
        return ""
    share = f", {percent(estimate.value / judged)}" if judged else ""
    return f"About {give_or_take(estimate)} of the {count(judged)} labels judged are wrong{share}."


def _between(where: CutFigures) -> str:
    expected = where.expected
    if expected is None or give_or_take(expected) == give_or_take(expected, ends=False):
        return ""  # the statement has it
    return f"It may be as few as {count(expected.low)} or as many as {count(expected.high)} (95{NBSP}%)"


def _sure(found: LabelErrorFigures, n: int, *, weak: bool) -> str:
    where = found.cut
    between = _between(where) if n > 1 else ""
    if weak:
        guess = f"At a guess {give_or_take(where.expected)} of them are wrong"
        return f"{guess}; 20 verdicts tell"
    why = {
        "precision": f"the longest list with {percent(where.asked)} wrong, as asked",
        "budget": "as many as your budget",
    }.get(where.by, "the first 20 verdicts tell" if found.unsure else "further down the list, looking pays less")
    if not where.reached:
        why = "less than was asked for" if where.by == "precision" else "less than your budget"
    return "; ".join(filter(None, (between, why if between else sentence(why))))


def _chosen(where: CutFigures) -> str:
    asked = where.asked
    if where.by == "precision" and asked is not None:
        if where.reached:
            return f"The longest list of which {percent(asked)} can be expected to be wrong, as asked."
        return f"No list reaches the {percent(asked)} that was asked for; the surest few come to {_share(where)}."
    if where.by == "budget" and asked is not None:
        if where.reached:
            return f"The likeliest {count(asked)}, as many as your budget of reviews."
        return f"Your budget of {count(asked)} reviews is more than there are labels to doubt."
    figure = f" (highest expected F1, {percent(where.f1)})" if where.f1 is not None else ""
    balance = f"this length balances both{figure}."
    return f"A longer list would find more errors, a shorter one waste fewer reviews: {balance}"


def _learned(found: LabelErrorFigures, *, weak: bool) -> str:
    if found.verdicts:
        verb = "verdict has" if found.verdicts == 1 else "verdicts have"
        return f"{count(found.verdicts)} {verb} gone into these figures; they sharpen with every 20 more."
    if weak:
        return "Take every figure here for a guess until 20 labels have been reviewed."
    if found.n_estimated and found.unsure:
        ends = f"between {count(found.n_estimated.low)} and {count(found.n_estimated.high)}"
        return f"No label has been reviewed yet, and the number of wrong ones is {ends}: the first 20 verdicts tell."
    return "No label has been reviewed yet: the number of wrong ones sharpens with every 20 verdicts."


def _pair(pair: MislabelledPair) -> Pair:
    advice, general = _ADVICE.get(pair.advice, ("", ""))
    own = pair.text
    if one_way := _ONE_WAY.search(own):  # how many and of what is said by the columns beside it
        back = int(one_way[1])
        own = f"the labels slip one way, hardly the other ({count(back) if back else 'none'} estimated)"
    own = _ADVISED.sub("", own)
    own = own if own.startswith(pair.given) else sentence(own)  # a class name stays as it is written
    return Pair(
        given=pair.given,
        right=pair.right,
        n=give_or_take(pair.n),
        share=percent(pair.share_of_given),
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
