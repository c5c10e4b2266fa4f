"""What to do first: the findings as sentences. Errors first, then by what acting on them is worth.

An error (unreadable, silent, leaked, contradicting copies) makes every other figure wrong, so it is never below a
warning, whatever the numbers. Among the rest, worth is counted in items. An item that cannot be used counts 1. An item
flagged by a rule counts what the rule is seen to cost: the wrong predictions among its items beyond what the rate of
the other items explains, plus the worth the rule declares (a test set shares the faults of its training set and hides
part of their price), a third of it where its items are seen to be predicted no worse than the rest. Sets count by their
superfluous members, label-error candidates by how many are expected to be wrong (where that cannot be known, by what
the rule declares), a confused pair 1/4 of its confusions. The order is what matters, not the sum, and every list of
findings follows it. The sentences are the rules' own, from the run's ``rules.json``.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dsaudit.analysis.model.confusion import by_chance
from dsaudit.report.say.causes import culprit_text
from dsaudit.report.say.cut import StatedCut, cut_of
from dsaudit.report.say.words import count, hash_link, interval, percent, sentence, shown, wilson
from dsaudit.report.view import SETTLED, SEVERITY_ORDER, RunView, by_id, doubtful, finding_rows, mistaken
from dsaudit.types import EXCHANGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsaudit.kind import Nouns
    from dsaudit.store.schema.metrics import BaselineFigures
    from dsaudit.store.schema.run import RuleRecord
    from dsaudit.types import Finding

CANDIDATES = "LBL001"
"""The rule whose findings are the cut."""
ORDER = "Errors first: they make every other figure wrong. Then whatever puts most items right."
"""The order in one line."""
N_EXAMPLES = 3
_MOSTLY = 0.5
"""Share of a rule's findings that a group with a fault of its own must bring to explain them."""
_ONE_DECISION = 3.0
"""What an item of such a group is worth: one decision settles them all."""
N_PREFIX = 8
"""Characters of a fingerprint that name a finding on the command line."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One thing to do, said in a sentence.

    Attributes
    ----------
    text : str
        The sentence, with its figure, without a full stop.
    detail : str
        What it costs or how sure it is, with the interval; may be empty.
    link : str
        State of the report page that shows the evidence.
    severity : str
    worth : float
        In items, see the module's docstring.
    code : str
        Rule behind it; empty where it comes from the baseline's figures.
    n : int
        The figure: how many items, sets or confusions.
    item_ids : tuple of str
        Up to three examples.
    asks : (str, str) or None
        What confines a review to it, an option of ``dsaudit relabel`` and its value; None where there is nothing to
        review.
    finding : str
        Fingerprint of the one finding behind it where ``dsaudit remap`` puts it right at once; else empty.
    """

    text: str
    detail: str
    link: str
    severity: str
    worth: float
    code: str
    n: int
    item_ids: tuple[str, ...] = ()
    asks: tuple[str, str] | None = None
    finding: str = ""

    def command(self, run: str) -> str:
        """What to type: ``dsaudit relabel RUN --rule AUD004``.

        Parameters
        ----------
        run : str
            How the run is named.
        """
        if self.finding:
            return f"dsaudit remap {shlex.quote(run)} {self.finding[:N_PREFIX]}"
        if self.asks is None:
            return f"dsaudit rule {self.code}"
        option, value = self.asks
        return f"dsaudit relabel {shlex.quote(run)} --{option} {shlex.quote(value)}"


def headlines(run: RunView, rows: Sequence[Finding] | None = None) -> list[Headline]:
    """Every open finding of the run as sentences, in order. Empty when nothing is wrong.

    Parameters
    ----------
    run : RunView
    rows : sequence of Finding, optional
        ``finding_rows(run)``, where the caller has it at hand.
    """
    nouns = run.kind.nouns
    rules = {r.code: r for r in run.rules}
    wrong = _Wrong.in_run(run)
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for row in finding_rows(run) if rows is None else rows:
        if row.state not in SETTLED:
            by_rule[row.code].append(row)
    found = []
    for code, own in by_rule.items():
        for some in [[row] for row in own] if code == EXCHANGED else [own]:
            found.append(_for_rule(some, rules[code], run.meta.n_items, nouns, wrong))
    cut = cut_of(run.metrics)
    if cut is not None and (cut.n or not cut.known):
        found = [_with_cut(h, cut, run) if h.code == CANDIDATES else h for h in found]
    baseline = run.metrics.baseline
    if baseline is not None:
        # sets of predictions are confused pairs, which the baseline's own table says better
        paired = [
            i for i, h in enumerate(found) if by_rule[h.code][0].scope == "set" and "pred_probs" in rules[h.code].needs
        ]
        pairs = list(_for_pairs(baseline, nouns, found[paired[0]].code if paired else ""))
        for i in reversed(paired if pairs else []):
            del found[i]
        found += pairs
    found += _for_culprits(run, found, by_rule)
    return sorted(
        found,
        key=lambda h: (h.severity != "error", -h.worth, SEVERITY_ORDER.get(h.severity, 9), h.code, h.text),
    )


def in_order(rows: Iterable[Finding], first: Sequence[Headline]) -> list[Finding]:
    """Findings in the order of their headlines, each rule's worst first; what is settled comes last."""
    rank: dict[str, int] = {}
    for k, headline in enumerate(first):
        rank.setdefault(headline.code, k)
    last = len(first)
    return sorted(
        rows, key=lambda r: (r.state in SETTLED, rank.get(r.code, last), SEVERITY_ORDER[r.severity], r.code, r.score)
    )


@dataclass(frozen=True, slots=True)
class _Wrong:
    """Item id to whether the prediction differs from the given label, and to the label where that could not be
    learned."""

    of: Mapping[str, bool]
    unlearned: Mapping[str, str]

    @classmethod
    def in_run(cls, run: RunView) -> _Wrong:
        wrong, unlearned = mistaken(run)
        if wrong is None or unlearned is None:
            return cls({}, {})
        return cls(
            dict(zip(map(str, wrong.index), wrong.tolist(), strict=True)),
            dict(zip(map(str, unlearned.index), unlearned.tolist(), strict=True)),
        )


def _for_rule(rows: list[Finding], rule: RuleRecord, n_items: int, nouns: Nouns, wrong: _Wrong) -> Headline:
    first, n = rows[0], len(rows)
    ids = {i for r in rows for i in r.item_ids}
    total = max(n_items, n)
    worth = rule.worth
    fields = {
        "n": count(n),
        "flagged": f"{count(n)} of {nouns.some(total)}",
        "members": nouns.some(len(ids)),
        "copies": count(len(ids) - n),
        "things": nouns.many,
    }
    detail = sentence(rule.cost.format(**fields))
    if first.scope == "item":
        cost, seen = (0.0, "") if rule.uses_label else _cost(ids, wrong)
        if rule.uses_label:
            # such rules read the model's errors: to count those errors against them again would prove nothing
            seen = f"{percent(n / total)} of {nouns.some(total)} ({interval(*wilson(n, total))}), the worst first"
        elif seen and not cost and first.severity != "error":
            worth /= 3
        gain, detail = cost + worth * n, detail or seen
    elif first.scope == "set":
        gain = worth * max(n, len(ids) - n)
        if first.subject not in first.item_ids:  # a name of its own, not that of its first item
            detail = detail or _subjects(rows)
    else:
        gain = worth * max(n, min(len(ids), 20 * n))
        detail = detail or (_subjects(rows) if first.scope != "dataset" else "")
    examples = tuple(dict.fromkeys(i for r in rows for i in r.item_ids[: 1 if first.scope == "item" else 2]))
    return Headline(
        _text(rows, rule, fields),
        detail,
        hash_link(rule=first.code),
        first.severity,
        gain,
        first.code,
        n,
        examples[:N_EXAMPLES],
        ("rule", first.code) if examples and (first.scope in ("item", "set") or rule.uses_label) else None,
        first.fingerprint if first.code == EXCHANGED else "",
    )


def _subjects(rows: Sequence[Finding]) -> str:
    named = ", ".join(f"`{shown(r.subject)}`" for r in rows[:5])
    return f"{named} and {count(len(rows) - 5)} more" if len(rows) > 5 else named


def _with_cut(candidates: Headline, cut: StatedCut, run: RunView) -> Headline:
    """The candidates' headline with what is expected of them: a label expected to be wrong counts 1."""
    listed = doubtful(run)
    examples = tuple(str(i) for i in listed.index[:N_EXAMPLES]) if listed is not None else candidates.item_ids
    said = replace(candidates, link=hash_link(list="cut"), item_ids=examples)
    if cut.known:
        return replace(said, text=cut.statement, detail=cut.sure, worth=cut.expected)
    labels = "label is" if candidates.n == 1 else "labels are"
    text = f"{count(candidates.n)} {labels} doubted, with no telling how many are wrong"
    return replace(said, text=text, detail=cut.refusal)


def _text(rows: list[Finding], rule: RuleRecord, fields: Mapping[str, str]) -> str:
    first, n = rows[0], len(rows)
    one, many = rule.headline
    if template := one if n == 1 else many:
        return sentence(template.format(**fields))
    summary = _lower(rule.summary.rstrip("."))
    if first.scope == "item":
        return f"{fields['flagged']} flagged: {summary}"
    return sentence(shown(first.message)) if n == 1 else f"{fields['n']} {_plural(first.scope, n)}: {summary}"


def _cost(ids: set[str], seen: _Wrong) -> tuple[float, str]:
    """Wrong predictions beyond the expected among ``ids``, and the sentence that says so."""
    wrong = seen.of
    inside = [wrong[i] for i in ids if i in wrong]
    rest_n = len(wrong) - len(inside)
    if len(inside) < 5 or rest_n < 5:
        return 0.0, ""
    k = sum(inside)
    rate, rest = k / len(inside), (sum(wrong.values()) - k) / rest_n
    low, high = wilson(k, len(inside))
    detail = f"The model is wrong on {percent(rate)} of them ({interval(low, high)}), on {percent(rest)} of the rest"
    if out := {seen.unlearned[i] for i in ids if i in seen.unlearned}:
        named = f"{count(len(out))} classes that could" if len(out) > 1 else f"`{shown(out.pop())}`, which could"
        detail += f"; without {named} not be learned"
    return max(0.0, (rate - rest) * len(inside)), detail


def _for_pairs(baseline: BaselineFigures, nouns: Nouns, code: str) -> Iterable[Headline]:
    sizes = {c.label: c.n for c in baseline.per_class}
    place, chance = {c: k for k, c in enumerate(baseline.confusion.classes)}, by_chance(baseline.confusion.counts)
    for pair in baseline.confused_pairs[:3]:
        n, given, predicted = pair.count, pair.given, pair.predicted
        if n < 3 or chance[place[given], place[predicted]]:
            continue
        total = max(sizes.get(given, 0), n)
        low, high = wilson(n, total)
        detail = f"{percent(n / total)} of its {nouns.some(total)} ({interval(low, high)})"
        text = f"`{shown(given)}` is {nouns.taken} `{shown(predicted)}` {count(n)} times"
        link, examples = hash_link(cell=(given, predicted)), pair.item_ids[:N_EXAMPLES]
        yield Headline(text, detail, link, "info", 0.25 * n, code, n, examples, ("pair", f"{given}:{predicted}"))


def _for_culprits(run: RunView, found: Sequence[Headline], by_rule: Mapping[str, list[Finding]]) -> list[Headline]:
    """Groups with a fault of their own, before the findings that are mostly theirs: the one explains the other."""
    items, rules = by_id(run.items), {r.code: r.headline[1] for r in run.rules}
    told: list[Headline] = []
    if items is None:
        return told
    for k, one in enumerate(run.metrics.culprits):
        own = set(items.index[items["group"] == one.group])
        theirs = [h for h in found if _share_within(own, by_rule.get(h.code, ())) >= _MOSTLY]
        text, detail = culprit_text(
            one, kind=run.kind, headlines=rules, group_source=run.meta.group_source, stats=run.metrics.measurements
        )
        worse = one.n_wrong - (one.rest_wrong or 0.0) * one.n_judged
        fault = one.faults[0]
        told.append(
            Headline(
                text,
                detail,
                hash_link(list=f"culprit:{k}"),
                min((h.severity for h in theirs), key=SEVERITY_ORDER.__getitem__, default="warning"),
                max(_ONE_DECISION * max(worse, fault.n - fault.rest * one.n), *(h.worth + 1.0 for h in theirs), 0.0),
                fault.cause.code or "",
                fault.n,
                tuple(sorted(own))[:N_EXAMPLES],
                ("group", one.group),
            )
        )
    return told


def _share_within(own: set[str], rows: Sequence[Finding]) -> float:
    """Share of findings of which at least half of the items are among ``own``."""
    inside = [2 * sum(i in own for i in r.item_ids) >= len(r.item_ids) > 0 for r in rows]
    return sum(inside) / len(inside) if inside else 0.0


def _plural(word: str, n: int) -> str:
    return word if n == 1 else {"class": "classes", "dataset": "facts about the dataset"}.get(word, word + "s")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
