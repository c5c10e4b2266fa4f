"""The baseline of a kind that has heads of its own: all of them are held against each other, the best is kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.errors import InconclusiveError
from dsaudit.evidence.context import versioned
from dsaudit.evidence.predictions import predictions_kept
from dsaudit.kind import named
from dsaudit.store.cache import KeptParts
from dsaudit.store.files import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.tables import Evidence
    from dsaudit.model.folds import Folds
    from dsaudit.model.head import Head
    from dsaudit.types import Predictions

MOST_HELD, SOME_HELD, SOME_FOLDS = 20_000, 8_000, 2
"""Labelled items up to which every head is trained on all of them, fold by fold; of more, the best is told by so many,
so many of whose folds are held out."""
_TOGETHER = "mean of the best three"


@dataclass(frozen=True, slots=True)
class Contest:
    """Trains the heads of a kind, see ``dsaudit.model.contender.Contenders``, fold by fold.

    Attributes
    ----------
    key : str
        Identity of everything the result depends on.
    tuning : dict
        Empty: what a head is not told it chooses while it is trained.
    """

    context: Context
    embedded: Embedded
    evidence: Evidence
    key: str
    tuning: dict[str, Any] = field(default_factory=dict)

    def predictions(self) -> pd.DataFrame:
        """Out-of-sample predictions of the best, as the cache keeps them."""
        from dsaudit.model.contender import standing

        folds: Folds = self.evidence.get("held_out")
        inputs, heads = self._entered(folds)
        few = _some(folds, self.context.settings.seed)
        some, judged = folds, range(folds.n_folds)
        in_part = len(few) < len(folds.fold) and len(heads) > 1
        again = in_part or (len(heads) > 1 and len(folds.unlabelled) > len(folds.fold))
        if again:  # what judging all unlabelled items takes is spent on those alone that will be believed
            some = replace(folds, fold=few if in_part else folds.fold, unlabelled=folds.unlabelled[:0])
        if in_part:
            judged = range(SOME_FOLDS)
        with self.context.stage(
            "baseline", len(heads) * len(judged) + (again and (1 if in_part else 3)) * folds.n_folds
        ) as tick:
            made = {
                name: self._judged(inputs, some, head, tick, f"{name} some", judged) for name, head in heads.items()
            }
            table, members = standing(made), {name: [name] for name in made}
            if len(table) > 2:
                best = [row["head"] for row in sorted(table, key=lambda row: row["log_loss"])[:3]]
                made[_TOGETHER], members[_TOGETHER] = _mean([made[name] for name in best], best), best
                table = standing(made)
            name = _plainest(table, heads) if in_part else table[0]["head"]
            chosen = made[name]
            if again:
                own = [self._judged(inputs, folds, heads[member], tick, member) for member in members[name]]
                chosen = own[0] if name in heads else _mean(own, members[name])
        card = {**chosen.model_card, "contest": table, "members": members[name]}
        where = f" (heads learned from parts of {len(few):,}, {name} from all)" if in_part else ""
        return predictions_kept(replace(chosen, model_card=card), [*folds.notes, *self._told(name, table, where)])

    def _entered(self, folds: Folds) -> tuple[pd.DataFrame, Mapping[str, Head]]:
        context, there = self.context, self.embedded.table.index
        ids = folds.fold.index.intersection(there).sort_values()
        items = [context.media.read(Path(str(uri))) for uri in context.items["uri"].reindex(ids)]
        encode, heads, _ = named(context.kind.heads).enter(items)
        others = folds.unlabelled.index.intersection(there).sort_values()
        items += [context.media.read(Path(str(uri))) for uri in context.items["uri"].reindex(others)]
        if context.settings.sources.get("head"):
            asked = {n: head for n, head in heads.items() if n.split()[0] == context.settings.head}
            heads = asked or heads
        inputs = encode(items)
        if not inputs.shape[1]:
            raise InconclusiveError(f"{context.kind.nouns.many} hold nothing that a label could be told from")
        return pd.DataFrame(inputs, index=ids.append(others)), heads

    def _judged(
        self,
        inputs: pd.DataFrame,
        folds: Folds,
        head: Head,
        tick: Any,
        what: str,
        judged: Collection[int] | None = None,
    ) -> Predictions:
        from dsaudit.model.head import cross_validated_pred_probs

        return cross_validated_pred_probs(
            inputs,
            self.context.items["label"].reindex(inputs.index),
            folds,
            head=head,
            encoder="the items themselves",
            device="cpu",
            seed=self.context.settings.seed,
            judged=judged,
            keep=KeptParts(self.context.cache, "fold", f"{self.key}-{digest(what)}"),
            on_fold=lambda fold, accuracy, counts: tick(1),
        )

    def _told(self, name: str, table: list[dict[str, Any]], where: str) -> list[str]:
        if len(table) < 2:
            return []
        rows = ", ".join(f"{row['head']} {row['accuracy']:.1%}" for row in table)
        n = table[0]["n"]
        return [f"labels are judged by {name}; of {n:,} held out{where} the share that got their label: {rows}"]

    def settle(self) -> None:
        """Drop what it took to get there."""
        self.context.cache.drop_parts("fold", self.key)

    def save_model(self, folder: Path) -> str:
        """Write which heads it is the mean of; returns what the reader should know."""
        from dsaudit.model.archive import save_values

        members = self.evidence.get("baseline").predictions.model_card["members"]
        save_values(folder, {"head": "contest", "members": members}, device="cpu", seed=self.context.settings.seed)
        return "the model is kept as its settings; dsaudit.predict fits it again from this run, the same"


def contest(context: Context, embedded: Embedded, evidence: Evidence, *, data: str) -> Contest:
    """How the heads of the kind are held against each other; ``data`` is the identity of what they are trained on."""
    from dsaudit.model.backend import package_version

    version = named(context.kind.heads).version
    asked = context.settings.head if context.settings.sources.get("head") else ""
    key = versioned(data, package_version("scikit-learn"), version, asked, SOME_HELD, SOME_FOLDS)
    if context.settings.tune:
        some = context.kind.nouns.many
        context.notes.append(f"nothing was searched: heads of {some} choose their values while they are trained")
    return Contest(context, embedded, evidence, key)


def _mean(made: Sequence[Predictions], names: Sequence[str]) -> Predictions:
    """The mean of what heads say."""
    others = [told for one in made if (told := one.unlabelled) is not None]
    agree = [own for one in made if (own := one.agreement) is not None]
    return replace(
        made[0],
        pred_probs=np.mean([one.pred_probs for one in made], axis=0).astype(np.float32),
        unlabelled=(sum(others[1:], others[0]) / len(others)).astype(np.float32) if others else None,
        agreement=np.mean(agree, axis=0) if agree else None,
        model_card={**made[0].model_card, "head": f"{_TOGETHER}: {', '.join(names)}", "chosen": {}},
    )


def _plainest(table: Sequence[Mapping[str, Any]], heads: Collection[str]) -> str:
    """The first of the heads that are alike by ``standing``: the parts tell no more, and it is the quickest.

    >>> _plainest([{"head": "a", "accuracy": 0.85, "n": 900}, {"head": "b", "accuracy": 0.88, "n": 900}], ["a", "b"])
    'b'
    """
    right = {str(row["head"]): float(row["accuracy"]) for row in table if row["head"] in heads}
    best = max(right.values())
    error = 0.5 * (best * (1.0 - best) / max(1, int(table[0]["n"]))) ** 0.5
    return next(name for name in heads if right[name] >= best - error)


def _some(folds: Folds, seed: int) -> pd.Series:
    """The folds of all items, or of ``SOME_HELD`` of more than ``MOST_HELD``."""
    fold = folds.fold
    if len(fold) <= MOST_HELD:
        return fold
    return fold.iloc[np.sort(np.random.default_rng(seed).choice(len(fold), SOME_HELD, replace=False))]
