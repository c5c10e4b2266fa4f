"""Prelabels: what a model says of items without a label, for people to look at. They are nobody's decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.dataset.segment import file_of
from dsaudit.errors import InconclusiveError, UsageError
from dsaudit.relabel.apply.manifest import quoted
from dsaudit.relabel.cells import defused
from dsaudit.relabel.exchange.review_item import by_item
from dsaudit.relabel.memory import Memory, key
from dsaudit.store.files import digest
from dsaudit.types import MODEL, Decision, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsaudit.relabel.exchange.review_item import ReviewItem
    from dsaudit.store.run import Run

BLIND_SHARE = 10
"""One prelabel in so many is not shown to people, to tell what seeing the others does to their answers."""
_COLUMNS = (
    *("item_id", "path", "label", "prelabel", "prelabel_p", "prelabel_p_low"),
    *("blind", "left_out", "split", "group", "content_hash"),
)


@dataclass(frozen=True, slots=True)
class Prelabels:
    """Items without a label, and what a model says of them.

    Attributes
    ----------
    table : DataFrame by ``item_id``
        ``prelabel`` (str or None where the item gets none), ``prelabel_p`` (calibrated probability that it is right),
        ``prelabel_p_low`` (lower end of its 95 % interval; NaN in a run that does not tell it), ``blind`` (not to be
        shown to people with it) and ``left_out`` (why it gets none). The likeliest first.
    least : float
        Probability from which an item gets one.
    n_decided : int
        Items without a label in the run that people have decided since; they are not in the table.
    bias : Estimate or None
        By how much more often people took the prelabel where they saw it than where they did not, -1 to 1; None while
        they have not decided items of both sorts.
    """

    table: pd.DataFrame
    least: float
    n_decided: int
    bias: Estimate | None

    @property
    def n(self) -> int:
        """Items that get one."""
        return int(self.table["prelabel"].notna().sum())


def prelabels(run: Run, decisions: Iterable[Decision] = (), *, least: float = 0.0) -> Prelabels:
    """Prelabels of a run, for items that nobody has decided.

    Parameters
    ----------
    run : Run
    decisions : iterable of Decision
        The ledger so far.
    least : float
        Probability of being right from which an item gets one, 0 to 1.

    Raises
    ------
    UsageError
        ``least`` is no probability.
    InconclusiveError
        The run has no item without a label, or none was predicted.
    """
    if not 0.0 <= least <= 1.0:
        raise UsageError(f"{least:g} is no probability", hint="give one from 0 to 1, such as 0.95")
    found, waiting = run.unlabelled, run.items["label"].isna()
    if not waiting.any():
        hint = "add a pool with: dsaudit audit DATASET --unlabelled DIR"
        raise InconclusiveError("every item has a label", hint=hint)
    if not len(found):
        reason = next((s.reason for s in run.meta.skipped if s.what == "baseline"), "no model was trained")
        raise InconclusiveError(f"items without a label were not predicted: {reason}", hint="label a few, and audit")
    hashes = run.items["content_hash"].reindex(found.index)
    said = Memory(decisions).resolve({str(i): h if isinstance(h, str) else None for i, h in hashes.items()})
    blind = np.array([_is_blind(str(i), h) for i, h in hashes.items()], dtype=bool)
    given = (found["left_out"] == "") & (found["p_right"] >= least)
    table = found[["left_out"]].assign(
        prelabel=found["predicted"].astype(object).where(given, None),
        prelabel_p=found["p_right"],
        prelabel_p_low=found.get("p_low", np.nan),
        blind=blind & given,
    )
    decided = found.index.isin(list(said))
    taken = [(bool(b), said[str(i)].label == p) for i, b, p in zip(found.index, blind, found["predicted"], strict=True)
             if str(i) in said and said[str(i)].outcome == "label"]  # fmt: skip
    table = table[~decided].sort_values("prelabel_p", ascending=False, kind="stable")
    return Prelabels(table, least, int(decided.sum()), _bias(taken))


def shown_probs(run: Run) -> pd.DataFrame:
    """Probabilities ``p:<class>`` of the items without a label whose prelabel people may see, that of the predicted
    class being the calibrated one."""
    found = run.unlabelled
    if not len(found):
        return found
    hashes = run.items["content_hash"].reindex(found.index)
    hidden = np.array([_is_blind(str(i), h) for i, h in hashes.items()], dtype=bool)
    table = found[(found["left_out"] == "").to_numpy(dtype=bool) & ~hidden]
    probs = table[[c for c in table.columns if str(c).startswith("p:")]].astype(np.float64)
    sure, said = table["p_right"].to_numpy(dtype=np.float64), table["confidence"].to_numpy(dtype=np.float64)
    others = (1.0 - sure) / np.maximum(1.0 - said, 1e-9)
    best = probs.columns.get_indexer("p:" + table["predicted"].astype(str))
    told = probs.to_numpy() * others[:, None]
    told[np.arange(len(told)), best] = sure
    return pd.DataFrame(told, index=probs.index, columns=probs.columns)


def _is_blind(item_id: str, content_hash: object) -> bool:
    """The same for the same bytes, whichever run asks."""
    about = key(item_id, content_hash if isinstance(content_hash, str) else None)
    return int(digest("blind", about)[:8], 16) % BLIND_SHARE == 0


def _bias(taken: Sequence[tuple[bool, bool]]) -> Estimate | None:
    rates, variance = [], 0.0
    for hidden in (False, True):
        own = [agreed for blind, agreed in taken if blind is hidden]
        if not own:
            return None
        rates.append(sum(own) / len(own))
        fair = (sum(own) + 1.0) / (len(own) + 2.0)  # no rate of 0 or 1 is certain
        variance += fair * (1.0 - fair) / len(own)
    value, reach = rates[0] - rates[1], 1.96 * variance**0.5
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach))


def as_csv(run: Run, made: Prelabels) -> str:
    """A manifest of the items: ``label`` is empty, the model's is in the columns ``prelabel…``."""
    lines = [",".join(_COLUMNS)]
    about = by_item(run)
    for row in made.table.reset_index().to_dict("records"):
        item = about[str(row["item_id"])]
        given = row["prelabel"] is not None
        cells = {
            "item_id": item.item_id,
            "path": file_of(item.uri) if item.text is None else item.text,
            "prelabel": row["prelabel"],
            "prelabel_p": _number(row["prelabel_p"]) if given else "",
            "prelabel_p_low": _number(row["prelabel_p_low"]) if given else "",
            "blind": str(bool(row["blind"])).lower(),
            "left_out": row["left_out"],
            "split": item.split,
            "group": item.group,
            "content_hash": item.content_hash,
        }
        lines.append(",".join(quoted(defused(str(cells.get(c) or "")), ",") for c in _COLUMNS))
    return "".join(f"{line}\n" for line in lines)


def _number(p: float) -> str:
    return "" if np.isnan(p) else f"{p:.4f}"


def to_show(run: Run, made: Prelabels) -> tuple[list[ReviewItem], dict[str, tuple[str, float]]]:
    """Items that get a prelabel, and by id the prelabel and its probability of those that are shown with it."""
    about = by_item(run)
    table = made.table[made.table["prelabel"].notna()]
    shown = table[~table["blind"]]
    said = {str(i): (str(label), float(p)) for i, label, p in zip(shown.index, shown["prelabel"], shown["prelabel_p"],
                                                                 strict=True)}  # fmt: skip
    return [about[str(i)] for i in table.index], said


def model_decisions(run: Run, decisions: Iterable[Decision], *, least: float) -> list[Decision]:
    """Prelabels as rows of a ledger by the model itself, which no person's answer is ever made of.

    Of items that are so likely right at the lower end of the interval: nobody will look at them.
    """
    hashes = run.items["content_hash"]
    made = prelabels(run, decisions, least=least).table
    if made["prelabel_p_low"].isna().all() and len(made):
        raise UsageError("the run does not tell how sure its prelabels are", hint="run the audit again")
    rows = made[made["prelabel"].notna() & (made["prelabel_p_low"] >= least)]
    return [
        Decision(
            MODEL,
            "relabel",
            str(item_id),
            h if isinstance(h := hashes[item_id], str) else "",
            new_label=str(label),
            score=float(p),
            run_id=run.id,
            request_id=digest("prelabel", run.id, str(item_id)),
        )
        for item_id, label, p in zip(rows.index, rows["prelabel"], rows["prelabel_p"], strict=True)
    ]
