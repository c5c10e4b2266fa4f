"""A question tried on several people: rounds of few items, blind, each with a ledger of its own.

What is answered to a draft is no label: it never enters the ledger of the dataset. A round is a folder
``pilot/<number>`` among the results, with ``pilot.json`` and ``ledger.sqlite``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.dataset.annotations import annotations_of
from dsaudit.errors import InconclusiveError, RunError, UsageError
from dsaudit.relabel.correction import known_hashes
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.ledger.place import LEDGER_FILE
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.next_items import units_of_run
from dsaudit.store.files import to_json, write_atomic, writing
from dsaudit.store.schema.pilot import (
    Answerer,
    Asked,
    ClassAgreement,
    KindAgreement,
    ModelParts,
    Pilot,
    PilotRound,
    RoundChange,
    RoundFigures,
    SplitItem,
    Voice,
)
from dsaudit.store.schema.shape import ShapeError, plain, read, typed
from dsaudit.types import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from dsaudit.analysis.people.agreement import Ratings
    from dsaudit.store.run import Run

FOLDER, _FILE = "pilot", "pilot.json"
_MOST_SPLITS = 50


def folder_of(run: Run, number: int) -> Path:
    """Where a round is kept."""
    return run.results / FOLDER / str(number)


def rounds_of(run: Run) -> list[PilotRound]:
    """Rounds so far, the first first.

    Raises
    ------
    RunError
        One of them is damaged.
    """
    found = []
    for path in sorted((run.results / FOLDER).glob(f"*/{_FILE}")):
        try:
            found.append(read(PilotRound, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, ShapeError) as error:
            raise RunError(f"{path} is damaged: {error}", hint="move its folder away") from error
    return sorted(found, key=lambda one: one.number)


def begin_round(
    run: Run,
    question: str,
    *,
    answers: Sequence[str] = (),
    n: int = 48,
    people: int = 2,
    fresh: bool = False,
    seed: int = 0,
) -> PilotRound:
    """The round of this question: the last one where that asks the same, else a new one.

    A later round asks about the items of the first, so that both can be compared item by item, unless it is ``fresh``.

    Raises
    ------
    UsageError
        Fewer than two answers, the same one twice, or no item to ask about.
    """
    chosen = tuple(answer.strip() for answer in answers)
    if chosen and (len(set(chosen)) < 2 or len(set(chosen)) < len(chosen) or not all(chosen)):
        raise UsageError("a question needs two answers or more, each another", hint="as in: --answers yes,no")
    if not chosen and run.items["label"].nunique() < 2:
        raise UsageError(
            "the run has fewer than two classes to choose from", hint="say what people may answer: --answers yes,no"
        )
    earlier = rounds_of(run)
    if earlier and (earlier[-1].question, earlier[-1].answers) == (question, chosen):
        return earlier[-1]
    known = set(map(str, run.items.index))
    again = tuple(one for one in (earlier[0].items if earlier else ()) if one.item_id in known)
    number = earlier[-1].number + 1 if earlier else 1
    items = again if again and not fresh else _drawn(run, n, seed + number)
    if not items:
        raise UsageError("the run has no item to ask about", hint="see: dsaudit inspect DATASET")
    made = PilotRound(number, question, chosen, people, run.id, items)
    folder = folder_of(run, number)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / _FILE, lambda path: path.write_text(to_json(plain(made)) + "\n", encoding="utf-8"))
    return made


def _drawn(run: Run, n: int, seed: int) -> tuple[Asked, ...]:
    from dsaudit.analysis.label.trial_items import trial_items
    from dsaudit.analysis.space.outliers import outlier_scores

    index = run.items.index
    ok = run.measurements["status"].reindex(index).eq("ok").to_numpy() if "status" in run.measurements else True
    at = np.flatnonzero(np.broadcast_to(ok, len(index)))
    probs = pd.concat([run.predictions.filter(regex="^p:"), run.unlabelled.filter(regex="^p:")])
    best = np.sort(probs.reindex(index).to_numpy(dtype=np.float64), axis=1) if len(probs.columns) > 1 else None
    margin = np.full(len(index), np.nan) if best is None else best[:, -1] - best[:, -2]
    odd = pd.Series(np.nan, index=index)
    if len(near := run.neighbours) and "distance" in near:
        distance, similarity = (np.stack(near[name].to_list()) for name in ("distance", "similarity"))
        labels = run.items["label"].reindex(near.index).to_numpy(dtype=object)
        odd[near.index] = outlier_scores(distance, similarity, labels=labels)["deviation"].to_numpy()
    units = units_of_run(run)
    groups = pd.factorize(run.items["group"])[0]
    _, unit = np.unique(np.where(groups >= 0, len(units) + groups, units), return_inverse=True)
    classes = pd.factorize(run.items["label"], sort=True)[0]
    if len(np.unique(unit[at])) < n:  # few groups: copies alone are held apart
        unit = units
    found = trial_items(
        classes[at], margin=margin[at], odd=odd.to_numpy()[at], units=unit[at], n=min(n, len(at)), seed=seed
    )
    return tuple(Asked(str(index[at[row]]), why) for row, why in found)


def pilot_of(run: Run) -> Pilot:
    """What every round showed.

    Raises
    ------
    InconclusiveError
        Nothing was asked yet.
    """
    rounds = rounds_of(run)
    if not rounds:
        raise InconclusiveError(
            "nothing was asked yet", hint="begin with: dsaudit pilot RUN --question 'Would this make you go there?'"
        )
    figures, kept = [], []
    for asked in rounds:
        table, unsure = _answers(run, asked)
        people = _people(run, table, asked, unsure)
        kept.append(_without_random(table, people))
        figures.append(_figures(run, asked, kept[-1], people, everybody=table))
    return Pilot(tuple(figures), tuple(_change(run, before, after) for before, after in pairwise(kept)))


def _without_random(table: pd.DataFrame, people: Sequence[Answerer]) -> pd.DataFrame:
    """Annotations without those who answer at random, where two others are left."""
    left = [person.name for person in people if not person.at_random]
    return table[table["annotator"].isin(left)] if len(left) >= 2 else table


def _answers(run: Run, asked: PilotRound) -> tuple[pd.DataFrame, pd.Series]:
    """Annotations of a round, and by person of how many items they were unsure."""
    where = folder_of(run, asked.number) / LEDGER_FILE
    rows = []
    if Ledger.exists(where):
        with Ledger.open(where, create=False, read_only=True) as ledger:
            rows = ledger.rows()
    own = [one.item_id for one in asked.items if one.item_id in run.items.index]
    hashes = known_hashes(run.items.loc[own])
    said = Memory(rows).opinions({str(i): h if isinstance(h, str) and h else None for i, h in hashes.items()})
    unsure = [d.actor for voices in said.values() for d in voices if d.action == "unsure"]
    return annotations_of(said), pd.Series(unsure, dtype=object).value_counts()


def _model_says(run: Run) -> pd.Series:
    """What a model says of items that it had not seen."""
    tables = [table["predicted"] for table in (run.predictions, run.unlabelled) if "predicted" in table]
    found: pd.Series = pd.concat(tables).astype(object) if tables else pd.Series(dtype=object)
    return found


def _figures(
    run: Run, asked: PilotRound, table: pd.DataFrame, people: tuple[Answerer, ...], *, everybody: pd.DataFrame
) -> RoundFigures:
    from dsaudit.analysis.people.agreement import agreement_by_class, krippendorff_alpha, percent_agreement, ratings
    from dsaudit.analysis.people.summary import people_summary
    from dsaudit.store.schema.metrics import AgreementFigures

    found = ratings(table)
    counts = found.counts
    shared = counts.sum(axis=1) >= 2
    why = {one.item_id: one.why for one in asked.items}
    model = _model_says(run).reindex(found.items)
    alone = (counts > 0).sum(axis=1) == 1
    together = {found.items[k]: found.classes[int(counts[k].argmax())] for k in np.flatnonzero(shared & alone).tolist()}
    kinds = []
    for kind in dict.fromkeys((*("typical", "border", "odd"), *why.values())):
        own = np.array([why.get(i) == kind for i in found.items], dtype=bool) & shared
        if own.any():
            kinds.append(KindAgreement(kind, int(own.sum()), percent_agreement(counts[own])))
    classes = agreement_by_class(found) if shared.any() else None
    whole = None if len(table) == len(everybody) else krippendorff_alpha(ratings(everybody).counts)
    return RoundFigures(
        asked=asked,
        n_answered=len(found.items),
        agreement=typed(AgreementFigures, people_summary(table)) if shared.any() else None,
        people=people,
        classes=()
        if classes is None
        else tuple(
            ClassAgreement(
                str(label), int(row["n_items"]), Estimate(*(float(row[c]) for c in ("alpha", "low", "high")))
            )
            for label, row in classes.iterrows()
            if row["n_items"]
        ),
        kinds=tuple(kinds),
        splits=_splits(found, why, model),
        parted=_parted(asked, together, model),
        consensus=tuple(Voice(item, answer) for item, answer in together.items()),
        with_all=whole and Estimate(whole.value, whole.low, whole.high),
    )


def _people(run: Run, table: pd.DataFrame, asked: PilotRound, unsure: pd.Series) -> tuple[Answerer, ...]:
    from dsaudit.analysis.people.agreement import beyond_chance, ratings

    found, beside = ratings(table), None
    if not asked.answers:  # they answer with classes, and so do the model and the data
        voices = (_model_says(run), run.items["label"])
        beside = np.stack([_columns(voice.reindex(found.items), found) for voice in voices])
    told = beyond_chance(found, beside).to_dict("index")
    n = (found.labels >= 0).sum(axis=1)
    own = {
        str(who): Answerer(
            str(who),
            int(n[k]),
            int(unsure.get(who, 0)),
            Estimate(*(float(told[who][name]) for name in ("beyond", "low", "high"))),
            bool(told[who]["at_random"]),
        )
        for k, who in enumerate(found.people)
    }
    nothing = Estimate(np.nan, np.nan, np.nan)
    own |= {str(who): Answerer(str(who), 0, int(m), nothing, False) for who, m in unsure.items() if who not in own}
    return tuple(own[who] for who in sorted(own))


def _columns(voice: pd.Series, found: Ratings) -> npt.NDArray[np.int64]:
    place = {name: k for k, name in enumerate(found.classes)}
    return np.array([place.get(label, -1) for label in voice], dtype=np.int64)


def _splits(found: Ratings, why: dict[str, str], model: pd.Series) -> tuple[SplitItem, ...]:
    told = []
    for k in np.flatnonzero((found.counts > 0).sum(axis=1) > 1).tolist():
        item, own = found.items[k], found.labels[:, k]
        said = tuple(Voice(found.people[p], found.classes[int(own[p])]) for p in np.flatnonzero(own >= 0))
        says = model.loc[item]
        told.append(SplitItem(item, why.get(item, ""), said, says if isinstance(says, str) else None))
    told.sort(key=lambda one: (-len({voice.answer for voice in one.said}), -len(one.said), one.item_id))
    return tuple(told[:_MOST_SPLITS])


def _parted(asked: PilotRound, agreed: dict[str, str], model: pd.Series) -> tuple[ModelParts, ...]:
    if asked.answers:  # the model knows other answers
        return ()
    cells: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item, label in agreed.items():
        says: Any = model.loc[item]
        if isinstance(says, str) and says != label:
            cells[label, says].append(item)
    ordered = sorted(cells.items(), key=lambda one: (-len(one[1]), one[0]))
    return tuple(ModelParts(people, says, tuple(items)) for (people, says), items in ordered)


def _change(run: Run, before: pd.DataFrame, after: pd.DataFrame) -> RoundChange:
    from dsaudit.analysis.people.agreement import alpha_change, ratings

    items = sorted({*before["item_id"], *after["item_id"]})
    counts = []
    for table in (before, after):
        found = ratings(table)
        place = {item: k for k, item in enumerate(found.items)}
        rows = np.zeros((len(items), max(1, len(found.classes))), dtype=np.int64)
        for k, item in enumerate(items):
            if item in place:
                rows[k] = found.counts[place[item]]
        counts.append(rows)
    told = alpha_change(*counts, seed=run.meta.seed)
    return RoundChange(Estimate(told.value, told.low, told.high), told.n_items)
