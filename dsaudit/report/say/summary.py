"""The three answers of the first screen: how bad is it, what do I do first, how sure are you."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.report.say.cut import cut_of
from dsaudit.report.say.external import held_out
from dsaudit.report.say.headline import CANDIDATES, Headline, headlines, in_order
from dsaudit.report.say.training import model_words
from dsaudit.report.say.words import count, interval, percent
from dsaudit.report.view import SETTLED, RunView, finding_rows
from dsaudit.types import SEVERITIES, Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsaudit.types import Finding


_NOT_JUDGED = "; their labels were not judged"


@dataclass(frozen=True, slots=True)
class Hero:
    """The one figure of the first screen, and what is known of it.

    Attributes
    ----------
    text : str
        The figure in a sentence, without a full stop.
    estimate : Estimate
        What the bar shows.
    of : int
        Where its scale ends at most.
    more : str
        What the bar means; one sentence.
    """

    text: str
    estimate: Estimate
    of: int
    more: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The first screen.

    Attributes
    ----------
    title : str
        The answer in one sentence.
    how_bad, how_sure : tuple of str
        Sentences with figures.
    short : tuple of str
        What a terminal says of ``how_bad``: wrong labels, and how far the model agrees.
    first : tuple of Headline
        All of them, in order.
    rows : tuple of Finding
        The findings in the same order.
    hero : Hero or None
        The one figure to draw; None where there is none.
    facts : tuple of str
        What stands beside it: one short sentence each, without intervals.
    """

    title: str
    how_bad: tuple[str, ...]
    how_sure: tuple[str, ...]
    short: tuple[str, ...]
    first: tuple[Headline, ...]
    rows: tuple[Finding, ...]
    hero: Hero | None
    facts: tuple[str, ...]


def summary(run: RunView, rows: Sequence[Finding] | None = None) -> Summary:
    """Sum the run up; ``rows`` are its ``finding_rows``, where the caller has them at hand."""
    rows = finding_rows(run) if rows is None else rows
    first = tuple(headlines(run, rows))
    meta = run.meta
    nouns = run.kind.nouns
    n_items = meta.n_items
    cut = cut_of(run.metrics)
    believed = cut is None or not cut.refusal  # else the model's doubts are no count of anything
    hit = {
        i
        for r in rows
        if (believed or r.code != CANDIDATES) and r.state not in SETTLED
        if r.scope in {"item", "set", "class"} and r.severity != "info"
        for i in r.item_ids
    }
    measured = meta.n_measured
    if n_items == 0:
        title = f"There are no {nouns.many} in this dataset"
    elif not measured and not meta.n_unread:
        title = f"None of the {nouns.some(n_items)} could be measured"
    elif hit:
        verb = "needs" if len(hit) == 1 else "need"
        title = f"{count(len(hit))} of {nouns.some(n_items)} {verb} a look"
    elif _wrong_but_unnamed(run):
        n_wrong, verb = count(_n_wrong(run)), "is" if round(_n_wrong(run)) == 1 else "are"
        told = f"About {n_wrong} of the {nouns.some(n_items)} {verb}"
        told = told if round(_n_wrong(run, "low")) else f"Some of the {nouns.some(n_items)} may be"
        title = f"{told} labelled wrong, and none is named"
    else:
        title = f"Nothing to repair was found in {nouns.some(n_items)}{_by_what(run)}"
        if not believed:
            title += "; their labels could not be judged"
        elif first:
            title += f"; {count(len(first))} thing{'s' if len(first) > 1 else ''} to know"
        if run.metrics.baseline is None and len(meta.classes) > 1:
            title += _NOT_JUDGED
    return Summary(
        title=title,
        how_bad=tuple(_how_bad(run, len(hit), n_items)),
        how_sure=tuple(_how_sure(run)),
        short=(*_labels(run), *_agreement(run)[:1]),
        first=first,
        rows=tuple(in_order(rows, first)),
        hero=_hero(run),
        facts=tuple(_facts(run, title)),
    )


def _facts(run: RunView, title: str) -> Sequence[str]:
    said = []
    if (baseline := run.metrics.baseline) is not None:
        said.append(f"{model_words(run.metrics)} agrees with {percent(baseline.accuracy.value)} of the labels")
    elif run.meta.n_items and not title.endswith(_NOT_JUDGED):
        said.append("Labels were not judged: no model was trained")
    ran = sum(r.outcome == "ran" for r in run.rules)
    if ran < len(run.rules):
        said.append(f"{len(run.rules) - ran} of {len(run.rules)} checks did not run")
    if run.meta.sampled_from:
        said.append(f"A random sample of {count(run.meta.sampled_from)}")
    return said


def _hero(run: RunView) -> Hero | None:
    """How many labels are wrong; where that cannot be said, why, beside how far the model agrees with them."""
    found, baseline = run.metrics.label_errors, run.metrics.baseline
    cut = cut_of(run.metrics)
    if found is not None and cut is not None and cut.known and not cut.guess and found.n_estimated is not None:
        n = round(found.n_estimated.value)
        text = f"About {count(n)} of {count(found.n_judged)} labels {'is' if n == 1 else 'are'} wrong"
        return Hero(text, found.n_estimated, found.n_judged, "The bar: where the number lies in 95 of 100 cases.")
    if cut is not None and baseline is not None and math.isfinite(baseline.accuracy.value):
        a, n = baseline.accuracy, baseline.n
        agrees = Estimate(a.value * n, a.low * n, a.high * n)
        return Hero(cut.refusal, agrees, n, f"The bar: how many of {count(n)} labels the model agrees with.")
    return None


def _by_what(run: RunView) -> str:
    """What makes good news smaller: checks that were not asked for, or could not run."""
    ran = sum(r.outcome == "ran" for r in run.rules)
    chosen = any(run.meta.settings[name].value for name in ("select", "ignore"))
    if chosen:
        return " by the checks that were chosen"
    return f" by the {ran} of {len(run.rules)} checks that ran" if ran < len(run.rules) else ""


def _how_bad(run: RunView, n_hit: int, n_items: int) -> Sequence[str]:
    nouns = run.kind.nouns
    said = []
    said += [*_labels(run), *_agreement(run)]
    counts = run.meta.counts
    if any(counts.values()):
        parts = [
            f"{count(counts[s])} {s}{'' if counts[s] == 1 or s == 'info' else 's'}" for s in SEVERITIES if counts.get(s)
        ]
        share = f" on {percent(n_hit / n_items)} of the {nouns.many}" if n_hit else ""
        said.append(f"Findings{share}, by severity: " + ", ".join(parts) + ".")
    return said


def _labels(run: RunView) -> Sequence[str]:
    """How many labels are wrong, or why that cannot be known."""
    found = cut_of(run.metrics)
    if found is None:
        return []
    if not found.known or _wrong_but_unnamed(run):
        return [*filter(None, (found.total,)), f"{found.statement}."]
    if found.guess:
        return [f"{found.refusal}."]
    return [found.total] if found.total else []


def _n_wrong(run: RunView, end: str = "value") -> float:
    """Estimated number of wrong labels, or an end of its interval; 0 where it is not known."""
    found = run.metrics.label_errors
    estimate = found.n_estimated if found else None
    return float(getattr(estimate, end)) if estimate else 0.0


def _wrong_but_unnamed(run: RunView) -> bool:
    """Whether labels are wrong, and the cut that was asked for names none of them."""
    found = cut_of(run.metrics)
    return found is not None and found.known and not found.n and round(_n_wrong(run)) > 0


def _agreement(run: RunView) -> Sequence[str]:
    """How far the model agrees with the labels, and its weakest class."""
    baseline = run.metrics.baseline
    if baseline is None:
        return []
    value, ends = baseline.accuracy.value, interval(baseline.accuracy.low, baseline.accuracy.high)
    said = [f"{model_words(run.metrics)} agrees with {percent(value)} of the labels ({ends})."]
    known = [c for c in baseline.per_class if math.isfinite(c.recall.value)]
    if known:
        worst = min(known, key=lambda c: c.recall.value)
        value, ends = worst.recall.value, interval(worst.recall.low, worst.recall.high)
        said.append(f"Its weakest class is `{worst.label}`: {percent(value)} of it found ({ends}).")
    return said


def _how_sure(run: RunView) -> Sequence[str]:
    meta, rules = run.meta, run.rules
    nouns = run.kind.nouns
    n_items, measured = meta.n_items, meta.n_measured
    said = []
    if n_items:
        every = "All" if measured >= n_items else f"{count(measured)} of" if measured else "None of"
        enough = ": predictions were brought along, and nothing that was asked for needs more" if meta.n_unread else ""
        said.append(f"{every} {nouns.some(n_items)} were read and measured{enough}.")
    if meta.sampled_from:
        said.append(f"They are a random sample of {count(meta.sampled_from)}.")
    outcomes = Counter(r.outcome for r in rules)
    ran, crashed, skipped = (outcomes[name] for name in ("ran", "crashed", "skipped"))
    if rules:
        rest = [f"{n} {word}" for n, word in ((skipped, "skipped"), (crashed, "crashed")) if n]
        said.append(f"{ran} of {len(rules)} checks ran" + (f"; not looked at: {' and '.join(rest)}." if rest else "."))
    cut = cut_of(run.metrics)
    if cut is not None and cut.known and cut.learned:
        said.append(cut.learned)
    baseline = run.metrics.baseline
    if baseline is not None:
        group = meta.group_source
        torn = (
            f", never tearing a group apart ({group})" if group else "; no groups known, so figures may be flattering"
        )
        torn = "" if baseline.external else torn
        said.append(f"Each of {nouns.some(baseline.n)} was predicted {held_out(baseline)}{torn}.")
        if math.isfinite(baseline.ece):
            said.append(f"The model's confidence is off by {100 * baseline.ece:.1f} points on average.")
    else:
        said.append("No model was trained: labels were not judged against predictions.")
    return said
