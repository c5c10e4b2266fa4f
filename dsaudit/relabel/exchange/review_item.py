"""Items of a run on their way to another tool."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import addresses, is_inline
from dsaudit.media import media_for
from dsaudit.relabel.correction import known_hashes
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.queue.filters import ALL, Filters
from dsaudit.relabel.queue.queue import AMBIGUOUS, UNPROVED, build_queue, todo
from dsaudit.relabel.queue.words import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from dsaudit.media.base import Media
    from dsaudit.store.run import Run
    from dsaudit.types import Decision


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One item and the finding that brings it up.

    Attributes
    ----------
    item_id, uri, content_hash : str
        The hash is empty where the bytes cannot be read.
    label : str or None
        In force in the run.
    split, group : str or None
    suggestion : str
        Empty for none.
    why, rule, cause : str
        What the finding says, its rule, its fingerprint; empty where nothing was found.
    score : float or None
    consensus : str
        What several people who labelled it say together; empty where they did not.
    p_consensus : float or None
        Probability that it is right.
    text : str or None
        What people are shown of an item that is no file, as on the screen; None where it is one.
    """

    item_id: str
    uri: str
    content_hash: str
    label: str | None
    split: str | None = None
    group: str | None = None
    suggestion: str = ""
    why: str = ""
    rule: str = ""
    cause: str = ""
    score: float | None = None
    consensus: str = ""
    p_consensus: float | None = None
    text: str | None = None


def review_items(
    run: Run,
    decisions: Iterable[Decision] = (),
    filters: Filters = ALL,
    *,
    everything: bool = False,
    budget: int | None = None,
) -> list[ReviewItem]:
    """Items of a run that are worth hearing and that nobody has decided, in the order of the queue.

    Parameters
    ----------
    run : Run
    decisions : iterable of Decision
        The ledger so far.
    filters : Filters
    everything : bool
        All items, decided or not: those of the queue first, then the others.
    budget : int, optional
        The first so many of the queue.
    """
    items = run.items
    memory = Memory(decisions)
    opinions = memory.opinions(dict(zip(map(str, texts(items.index)), texts(known_hashes(items)), strict=True)))
    by_place = {k: own for k, item_id in enumerate(items.index) if (own := opinions.get(str(item_id)))}
    queue = build_queue(run, filters, opinions=by_place).head(len(items) if budget is None else budget)
    if not everything:
        queue = todo(queue, memory, items)
    messages = run.findings["message"].tolist()
    rows, media = _rows(run, items), media_for(run.meta.modality)
    found = {}
    for row in queue.to_dict("records"):
        number, rule = int(row["finding"]), str(row["rule"])
        found[str(row["item_id"])] = _review_item(
            media,
            rows,
            str(row["item_id"]),
            suggestion=row["suggestion"] or "",
            why=messages[number] if number >= 0 else UNPROVED[row["name"]],
            rule="" if rule == AMBIGUOUS else rule,
            cause=row["cause"] or "",
            score=float(row["score"]) if row["score"] == row["score"] else None,
        )
    if everything and budget is None and not filters.narrow:
        found |= {item_id: _review_item(media, rows, item_id) for item_id in items.index if item_id not in found}
    return list(found.values())


def items_by_id(run: Run, ids: Sequence[str]) -> list[ReviewItem]:
    """These items of a run, in this order, whatever was found of them."""
    rows, media = _rows(run, run.items.loc[list(ids)]), media_for(run.meta.modality)
    return [_review_item(media, rows, item_id) for item_id in ids]


def _rows(run: Run, items: pd.DataFrame) -> dict[Any, dict[Any, Any]]:
    said = run.consensus.reindex(items.index)[["label", "probability"]]
    said = said.rename(columns={"label": "consensus", "probability": "p_consensus"})
    return items.assign(uri=addresses(items)).join(said).to_dict("index")


def _review_item(media: Media, rows: dict[Any, dict[Any, Any]], item_id: str, **more: Any) -> ReviewItem:
    row = rows[item_id]
    known = {c: v if isinstance(v := row[c], str) else None for c in ("content_hash", "label", "split", "group")}
    content_hash, label, split, group = known.values()
    if isinstance(row["consensus"], str):
        more |= {"consensus": row["consensus"], "p_consensus": float(row["p_consensus"])}
    if is_inline(uri := str(row["uri"])):
        more["text"] = media.preview(Path(uri)).data.decode("utf-8")
    return ReviewItem(item_id, uri, content_hash or "", label, split, group, **more)


def by_item(run: Run) -> dict[str, ReviewItem]:
    """Every item of a run by id."""
    return {item.item_id: item for item in review_items(run, everything=True)}


def probabilities(run: Run) -> dict[str, tuple[str, float]]:
    """Predicted label and its probability by item id; empty where the run has no predictions."""
    table = run.predictions
    columns = {c: table[c].to_numpy() for c in table.columns if str(c).startswith("p:")}
    return {
        str(item_id): (str(predicted), float(columns[f"p:{predicted}"][k]))
        for k, (item_id, predicted) in enumerate(zip(table.index, table["predicted"], strict=True))
    }
