"""What differs between two sets as a table: in words, with what it costs the model and items that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.analysis.drift.distance import binned
from dsaudit.analysis.drift.statistic import cost_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dsaudit.analysis.drift.novelty import Region
    from dsaudit.analysis.drift.statistic import Statistic, Statistics
    from dsaudit.analysis.drift.unit import Units
    from dsaudit.comparison.drift_model import Learned
    from dsaudit.comparison.measured import Measured
    from dsaudit.kind import Appearance

    Ints = npt.NDArray[np.int64]
    Told = dict[str, Any]

COLUMNS = ("aspect", "effect", "low", "high", "p", "cost", "words", "item_ids", "reference_ids")
_SHOWN = 8
_MOST_KINDS = 5
_MOST_CLASSES = 3


def told(
    made: Statistics,
    own: Measured,
    found: Units,
    rows: Sequence[Sequence[str]],
    *,
    kind: Appearance,
    model: Learned | None,
) -> pd.DataFrame:
    """The table ``drift``, see ``dsaudit.evidence.tables.DOCUMENTED``.

    Parameters
    ----------
    made : Statistics
    own : Measured
    found : Units
    rows : two sequences of str
        Ids of the items of either set, in the order of ``found``.
    """
    teller = _Teller(made, own, found, np.array([*rows[0], *rows[1]], dtype=object), kind, model)
    said = [
        *(teller.number(one) for one in made.of("number")),
        *(teller.category(one) for one in made.of("category")),
        *teller.mix(),
        *teller.unseen(),
        *teller.space(),
        *teller.kinds("new", made.new),
        *teller.kinds("missing", made.missing),
        *teller.accuracy(),
    ]
    table = pd.DataFrame(said, columns=["subject", *COLUMNS]).set_index("subject")
    return table.astype(dict.fromkeys(("effect", "low", "high", "p", "cost"), float))


class _Teller:
    """Says of each statistic what it means."""

    def __init__(
        self,
        made: Statistics,
        own: Measured,
        found: Units,
        ids: npt.NDArray[np.object_],
        kind: Appearance,
        model: Learned | None,
    ) -> None:
        self.made, self.own, self.found, self.ids, self.kind, self.model = made, own, found, ids, kind, model
        self.now = found.current
        self.confidence = None if model is None else model.confidence

    def row(
        self, subject: str, aspect: str, one: Statistic, words: str, showing: Ints, usual: Ints, cost: float
    ) -> Told:
        e = one.effect
        return {
            "subject": subject,
            "aspect": aspect,
            "effect": e.value,
            "low": e.low,
            "high": e.high,
            "p": one.p,
            "cost": cost,
            "words": words,
            "item_ids": self.ids[showing[:_SHOWN]].tolist(),
            "reference_ids": self.ids[usual[:_SHOWN]].tolist(),
        }

    def cost(self, parts: Ints) -> float:
        return float("nan") if self.confidence is None else cost_of(parts, self.found, self.confidence)

    def number(self, one: Statistic) -> Told:
        x, name = self.own.numbers[one.name], one.name
        codes = binned(x)
        known = np.isfinite(x)
        below = codes <= one.at
        shares = [below[side].mean() for side in (~self.now, self.now)]
        if one.at == 0:
            n = [(~known[side]).mean() for side in (~self.now, self.now)]
            words = f"`{name}` is missing in {n[1]:.0%}, in the reference in {n[0]:.0%}"
            return self.row(
                name, "measurement", one, words, *self.both(~known if n[1] > n[0] else known), self.cost(codes)
            )
        rises = shares[1] < shares[0]
        medians = [
            float(np.median(x[side & known])) if (side & known).any() else float("nan")
            for side in (~self.now, self.now)
        ]
        word = "higher" if rises else "lower"
        words = f"`{name}` is {word}: median {_figure(medians[0])} → {_figure(medians[1])}"
        if _figure(medians[0]) == _figure(medians[1]) or (medians[1] > medians[0]) != rises:
            edge = float(np.max(x[known & below])) if (known & below).any() else float("nan")
            parts = [100 * (1 - s) if rises else 100 * s for s in shares]
            where = f"{'above' if rises else 'up to'} {_figure(edge)}"
            words = f"`{name}` is {word} in some: {where} in {parts[0]:.0f} % → {parts[1]:.0f} %"
        moved = ~below if rises else below
        return self.row(
            name, "measurement", one, words, *self.both(moved & known, order=x if rises else -x), self.cost(codes)
        )

    def category(self, one: Statistic) -> Told:
        codes, name = self.own.categories[one.name], one.name
        n = len(self.own.values[name])
        shares = [np.bincount(codes[side], minlength=n) / side.sum() for side in (~self.now, self.now)]
        most = int((shares[1] - shares[0]).argmax())
        value = self.own.values[name][most][:40] or "nothing"
        words = f"`{name}` is {value!r} in {shares[0][most]:.0%} → {shares[1][most]:.0%}"
        return self.row(name, "measurement", one, words, *self.both(codes == most), self.cost(codes))

    def both(
        self, showing: npt.NDArray[np.bool_], *, order: npt.NDArray[np.float64] | None = None
    ) -> tuple[Ints, Ints]:
        """Current rows that show it, the plainest first, and rows of the reference that do not."""
        mine, usual = np.flatnonzero(self.now & showing), np.flatnonzero(~self.now & ~showing)
        if order is not None:
            mine = mine[np.argsort(-np.nan_to_num(order[mine], nan=-np.inf), kind="stable")]
            middle = np.abs(order[usual] - np.nanmedian(order[~self.now])) if len(usual) else order[usual]
            usual = usual[np.argsort(np.nan_to_num(middle, nan=np.inf), kind="stable")]
        return mine, usual

    def mix(self) -> list[Told]:
        """How the shares of the classes changed: by labels, or by what the model says where there are none."""
        found = self.made.of("mix")
        if not found:
            return []
        one, by_labels = found[0], self.own.classes is not None
        if by_labels:
            assert self.own.classes is not None
            names, rows = list(self.own.names), self.own.classes
            shares = [np.nanmean(rows[side], axis=0) for side in (~self.now, self.now)]
            codes = np.where(np.isnan(rows[:, 0]), -1, np.nan_to_num(rows).argmax(axis=1))
        else:
            assert self.model is not None
            told_ = self.model.model.shares
            names = [share.label for share in told_]
            shares = [np.array([s.reference for s in told_]), np.array([s.estimated.value for s in told_])]
            codes = self.model.calibrated.argmax(axis=1)
        p = min([one.p, *(each.p for each in self.made.of("class"))])
        change = shares[1] - shares[0]
        most = [int(k) for k in np.argsort(-np.abs(change), kind="stable")[:_MOST_CLASSES] if abs(change[k]) >= 0.01]
        listed = ", ".join(f"`{names[k]}` {shares[0][k]:.1%} → {shares[1][k]:.1%}" for k in most) or "none by 1 %"
        words = f"classes have other shares{'' if by_labels else ', as far as the model can tell'}: {listed}"
        grown = codes == int(change.argmax())
        row = self.row("class shares", "mix", one, words, *self.both(grown), self.cost(codes))
        effect = 0.5 * float(np.abs(change).sum())
        if not by_labels:  # what the model says without a correction is drawn towards the reference
            row |= {"effect": effect, "low": min(effect, row["low"]), "high": max(effect, row["high"])}
        return [row | {"p": p}]

    def unseen(self) -> list[Told]:
        """Classes that the reference has not."""
        rows, new = [], self.own.names[self.own.n_known :]
        n = int(self.now.sum())
        for name in new:
            mine = np.flatnonzero(self.now & (self.own.labels == name))
            if not len(mine):
                continue
            share = len(mine) / n
            as_ = ""
            if self.model is not None:
                heard = pd.Series(self.model.predicted[mine]).dropna()
                as_ = f", {self.kind.nouns.taken} `{heard.mode()[0]}` most" if len(heard) else ""
            words = f"class `{name}` is not in the reference: {self.kind.nouns.some(len(mine))} ({share:.1%}){as_}"
            usual = 1.0 if self.model is None else self.model.model.reference.value
            rows.append(
                {
                    "low": share,
                    "high": share,
                    "subject": name,
                    "aspect": "unseen",
                    "effect": share,
                    "p": 0.0,
                    "cost": share * usual,
                    "words": words,
                    "item_ids": self.ids[mine[:_SHOWN]].tolist(),
                    "reference_ids": [],
                }
            )
        return rows

    def space(self) -> list[Told]:
        """Whether a classifier tells the sets apart."""
        found, other = self.made.of("classifier"), self.made.of("discrepancy")
        if not found or self.made.score is None:
            return []
        one, score = found[0], self.made.score
        apart = f"a classifier tells the sets apart with an AUC of {one.effect.value:.2f}"
        words = f"{self.kind.nouns.many} as a whole look different: {apart}"
        mine, usual = (np.flatnonzero(side) for side in (self.now, ~self.now))
        mine, usual = mine[np.argsort(-score[mine], kind="stable")], usual[np.argsort(score[usual], kind="stable")]
        row = self.row("embedding space", "space", one, words, mine, usual, self.drop())
        return [row | {"p": min(one.p, other[0].p)}]

    def drop(self) -> float:
        """Accuracy that is expected to be lost."""
        return (
            float("nan") if self.model is None else self.model.model.reference.value - self.model.model.expected.value
        )

    def kinds(self, aspect: str, kinds: Sequence[Region]) -> list[Told]:
        """Each kind of items that one set has nearly alone."""
        found = self.made.of("new" if aspect == "new" else "missing")
        rows = []
        side = self.now if aspect == "new" else ~self.now
        for k, kind in enumerate(kinds[:_MOST_KINDS]):
            share = len(kind.own) / side.sum()
            here, there = ("CURRENT", "REFERENCE") if aspect == "new" else ("REFERENCE", "CURRENT")
            some = f"{self.kind.nouns.some(len(kind.own))} ({share:.1%}) of {here}"
            words = f"{some} lie together where {there} has {len(kind.other) or 'none'}{self.called(kind.own)}"
            cost = float("nan")
            if aspect == "new" and self.confidence is not None and self.model is not None:
                cost = share * (self.model.model.reference.value - float(np.nanmean(self.confidence[kind.own])))
            now, usual = (kind.own, kind.other) if aspect == "new" else (kind.other, kind.own)
            row = self.row(f"{aspect} kind {k + 1}", aspect, found[0], words, now, usual, cost)
            rows.append(row | {"effect": share, "low": share, "high": share})
        return rows

    def called(self, rows: Ints) -> str:
        """The label, or predicted class, that most of them have."""
        labels = pd.Series(self.own.labels[rows]).dropna()
        heard = pd.Series([] if self.model is None else self.model.predicted[rows], dtype=object).dropna()
        for names, verb in ((labels, "labelled"), (heard, self.kind.nouns.taken)):
            if len(names) >= 0.5 * len(rows):
                name = names.mode()[0]
                return f", {verb} `{name}` in {(names == name).mean():.0%}"
        return ""

    def accuracy(self) -> list[Told]:
        """What the model is expected to lose."""
        found = self.made.of("confidence")
        if not found or self.model is None or self.confidence is None:
            return []
        m = self.model.model
        now, before = f"{m.expected.value:.1%}", f"{m.reference.value:.1%}"
        words = f"the model is expected to be right about {now}, about {before} of the reference"
        if not np.isfinite(m.expected.value):
            unlike = f"{m.unlike:.0%} are like none of the reference, of which it is right about {before}"
            words = f"how often the model is right cannot be told, as {unlike}"
        if m.measured is not None:
            words += f"; by the labels there it is right about {m.measured.value:.1%}"
        low = np.flatnonzero(self.now & np.isfinite(self.confidence))
        low = low[np.argsort(self.confidence[low], kind="stable")]
        row = self.row("expected accuracy", "accuracy", found[0], words, low, low[:0], self.drop())
        drop = self.drop()
        ends = (m.reference.value - m.expected.high, m.reference.value - m.expected.low)
        return [row | {"effect": drop, "low": min(drop, *ends), "high": max(drop, *ends)}]


def _figure(value: float) -> str:
    return f"{value:,.0f}".replace("-", "−") if abs(value) >= 1e4 else f"{value:.4g}".replace("-", "−")
