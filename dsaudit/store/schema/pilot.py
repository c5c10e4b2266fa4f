"""A question that is tried on several people before anything is labelled: its rounds, and what each showed."""

from __future__ import annotations

from dataclasses import dataclass

from dsaudit.store.schema.metrics import AgreementFigures
from dsaudit.types import Estimate


@dataclass(frozen=True, slots=True)
class Asked:
    """One item that people are asked about."""

    item_id: str
    """Which."""
    why: str
    """typical, border, odd or at random."""


@dataclass(frozen=True, slots=True)
class PilotRound:
    """pilot.json: one wording of the question, and what it is asked about."""

    number: int
    """From 1."""
    question: str
    """As people read it; empty: What is it?"""
    answers: tuple[str, ...]
    """What they choose from; empty: the classes."""
    people: int
    """How many are to answer each item."""
    run_id: str
    """The run it was drawn from."""
    items: tuple[Asked, ...]
    """In the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class ClassAgreement:
    """How far people agree on one answer, against all others."""

    label: str
    """The answer."""
    n_items: int
    """Answered by two people or more, one of whom gave it."""
    alpha: Estimate
    """Krippendorff's; 1 complete, 0 chance."""


@dataclass(frozen=True, slots=True)
class KindAgreement:
    """How far people agree on items of one kind."""

    why: str
    """typical, border, odd or at random."""
    n_items: int
    """Answered by two people or more."""
    percent: float
    """Share of pairs of answers that agree, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What one person said of an item."""

    who: str
    """Their name."""
    answer: str
    """Their answer."""


@dataclass(frozen=True, slots=True)
class SplitItem:
    """An item of which people say different things."""

    item_id: str
    """Which."""
    why: str
    """Why it was asked about."""
    said: tuple[Voice, ...]
    """By name."""
    model: str | None
    """What a model says that had not seen it; null for none."""


@dataclass(frozen=True, slots=True)
class ModelParts:
    """People say one thing together, and a model another."""

    people: str
    """What all who answered say."""
    model: str
    """What the model says."""
    item_ids: tuple[str, ...]
    """Of which."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """One of the people, held against all others, the model and what is given."""

    name: str
    """Their name."""
    n_items: int
    """Answered, without those they were unsure of."""
    n_unsure: int
    """Those they were unsure of."""
    beyond: Estimate
    """Agreement beyond chance, up to 1; NaN where there is nobody to agree with."""
    at_random: bool
    """Whether their answers have nothing to do with the items, as far as can be told, and the others' have."""


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """What one round showed."""

    asked: PilotRound
    """The round."""
    n_answered: int
    """Items that anybody answered."""
    agreement: AgreementFigures | None
    """Among the people; null where no item has two answers."""
    people: tuple[Answerer, ...]
    """By name."""
    classes: tuple[ClassAgreement, ...]
    """Those that are least agreed on first."""
    kinds: tuple[KindAgreement, ...]
    """Typical, border, odd, at random, as far as they were asked about."""
    splits: tuple[SplitItem, ...]
    """Items that split people, the most answers first."""
    parted: tuple[ModelParts, ...]
    """Where people and model part, the most items first."""
    consensus: tuple[Voice, ...]
    """Where two people or more all say the same, what that is; ``who`` is the item."""
    with_all: Estimate | None = None
    """Krippendorff's alpha with those who answer at random, who are left out of all else; null where nobody is."""


@dataclass(frozen=True, slots=True)
class RoundChange:
    """A round against the one before."""

    alpha: Estimate
    """How much higher Krippendorff's alpha is, -2 to 2; NaN where one has none."""
    n_same: int
    """Items that two people or more answered in both, which are compared with themselves."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """All rounds of a question."""

    rounds: tuple[RoundFigures, ...]
    """The first first."""
    changes: tuple[RoundChange, ...]
    """One fewer."""
