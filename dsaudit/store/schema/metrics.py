"""What was found out about the dataset and its model: metrics.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dsaudit.types import Estimate

FIRST_VERDICTS = 20
"""So many tell where the estimated number of wrong labels may be off by ``UNSURE`` either way."""
UNSURE = 3.0
"""High end of the interval over its low end from which on that is so."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Which class was taken for which."""

    classes: tuple[str, ...]
    """Names of rows and columns."""
    counts: tuple[tuple[int, ...], ...]
    """Items: rows given labels, columns predicted labels."""
    order: tuple[int, ...]
    """Numbers of the classes, those side by side that are taken for each other."""


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """How well a class is predicted."""

    label: str
    """Its name."""
    n: int
    """Items given this label."""
    precision: Estimate
    """Share of what was called so that is so, 0 to 1."""
    recall: Estimate
    """Share of the class that was found, 0 to 1."""
    f1: Estimate
    """Harmonic mean of the two, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Items given one class and predicted as another."""

    given: str
    """The label in the data."""
    predicted: str
    """What the model says."""
    count: int
    """Items."""
    share_of_given: float
    """Of the items given this label, 0 to 1."""
    item_ids: tuple[str, ...]
    """The surest mistakes first."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Items predicted with like confidence."""

    low: float
    """From this confidence, 0 to 1."""
    high: float
    """To this confidence, 0 to 1."""
    n: int
    """Items."""
    confidence: float
    """Mean, 0 to 1."""
    accuracy: float
    """Share that is right, 0 to 1."""


@dataclass(frozen=True, slots=True)
class GroupErrors:
    """A group, such as a speaker, with its errors."""

    group: str
    """Its name."""
    n: int
    """Items."""
    n_wrong: int
    """Of them predicted as another class than given."""
    error_rate: Estimate
    """0 to 1, drawn towards that of all groups."""


@dataclass(frozen=True, slots=True)
class BandErrors:
    """A band of a measurement in which the model is wrong more often than elsewhere."""

    measurement: str
    """Column of the measurements."""
    band: str
    """Where it lies: low or high, or in words."""
    low: float
    """Smallest value in it, in the measurement's unit."""
    high: float
    """Largest value in it."""
    n: int
    """Items."""
    n_wrong: int
    """Of them predicted as another class than given."""
    error_rate: Estimate
    """In the band, 0 to 1."""
    rest_rate: float
    """Elsewhere, 0 to 1."""
    ratio: float
    """The first over the second."""
    ratio_low: float
    """Lower end of its 95 % interval."""
    ratio_high: float
    """Upper end."""


@dataclass(frozen=True, slots=True)
class BaselineFigures:
    """What the model behind the predictions achieves, over the items whose class it learned."""

    accuracy: Estimate
    """Share of items predicted as given, 0 to 1."""
    balanced_accuracy: Estimate
    """Mean recall of the classes, 0 to 1."""
    macro_f1: Estimate
    """Mean F1 of the classes, 0 to 1."""
    interval: str
    """How the intervals were made."""
    ece: float
    """Expected calibration error, 0 (calibrated) to 1."""
    n: int
    """Items predicted."""
    n_folds: int
    """Models trained, each judged on what it did not see; 0 for predictions that were brought along."""
    model_card: Mapping[str, Any]
    """What was trained on what; ``supplied`` names the file that predictions came from."""
    confusion: Confusion
    """Classes taken for each other."""
    per_class: tuple[ClassFigures, ...]
    """In the order of ``confusion``."""
    confused_pairs: tuple[ConfusedPair, ...]
    """The most frequent first, at most 200."""
    reliability: tuple[ReliabilityBin, ...]
    """Bins of confidence that hold any item, rising."""
    groups: tuple[GroupErrors, ...]
    """Those with the most errors first, at most 50; empty without groups."""
    bands: tuple[BandErrors, ...]
    """The largest ratio first."""
    hardest: tuple[str, ...]
    """Ids of the items whose given label is least probable, at most 50."""
    overconfident: tuple[str, ...]
    """Ids of the surest mistakes, at most 50."""
    cost: Estimate | None = None
    """Mean cost of an item, 0 or more; None where errors were given no costs."""

    @property
    def external(self) -> str:
        """Name of the file that the predictions came from; empty where a model was trained here."""
        return str(self.model_card.get("supplied", ""))

    @property
    def in_sample(self) -> bool:
        """Whether the predictions were brought along, of a model that saw the labels by their owner's word."""
        return str(self.model_card.get("out_of_sample")).startswith("no")


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """One epoch of training one model, judged on its validation part."""

    fold: int
    """Which model, from 0."""
    epoch: int
    """From 0."""
    n_epochs: int
    """Planned; early stopping may end before."""
    loss: float
    """Mean cross-entropy in nats, as trained."""
    validation_loss: float
    """Mean cross-entropy in nats."""
    accuracy: float
    """0 to 1."""
    learning_rate: float
    """Of the head, at the end of the epoch."""
    confusion: tuple[tuple[int, ...], ...] = ()
    """Rows given labels, columns predicted ones; of very many classes ``right`` and ``of`` are kept instead."""
    right: tuple[int, ...] = ()
    """By class, how many were right."""
    of: tuple[int, ...] = ()
    """By class, of how many."""


@dataclass(frozen=True, slots=True)
class TrainingHistory:
    """How fine-tuning went."""

    quality: str
    """What was asked for: standard or best."""
    classes: tuple[str, ...]
    """Names of the classes of every epoch."""
    n_folds: int
    """Models trained."""
    epochs: tuple[EpochFigures, ...]
    """Model by model."""
    recipe: Mapping[str, Any]
    """Hyper-parameters."""
    learned: Mapping[str, float | None]
    """By class the epoch, from 1, from which its recall stays at half of where it ends; null where none is found."""


@dataclass(frozen=True, slots=True)
class CutFigures:
    """How many labels are worth a review, the likeliest errors first, and what to expect of them."""

    by: Literal["f1", "precision", "budget"]
    """What the cut was chosen by: highest expected F1, a share of wrong labels, a number of reviews."""
    asked: float | None
    """The share, 0 to 1, or the number that was asked for; null where none was."""
    reached: bool
    """Whether what was asked for can be had."""
    n: int
    """Labels above the cut."""
    expected: Estimate | None
    """How many of them are wrong; null where it cannot be known."""
    precision: Estimate | None
    """The same as a share, 0 to 1."""
    f1: float | None
    """Expected, 0 to 1."""
    p_wrong_least: float | None
    """Probability of being wrong of the last one above the cut, 0 to 1."""


@dataclass(frozen=True, slots=True)
class MislabelledPair:
    """Labels given as one class that are estimated to be another."""

    given: str
    """The label in the data."""
    right: str
    """The class they rather are of."""
    n: Estimate
    """Items."""
    share_of_given: float
    """Of the items given this label, 0 to 1."""
    advice: Literal["merge", "split", "guide", ""]
    """What to do beside reviewing: merge the classes, split one, rewrite the guide; empty for nothing."""
    text: str
    """The advice as a sentence; empty without."""
    item_ids: tuple[str, ...]
    """The likeliest errors first."""


@dataclass(frozen=True, slots=True)
class LabelErrorFigures:
    """How many labels are wrong, and what reviewing brings."""

    known: bool
    """Whether figures can be given; where not, items are ranked all the same."""
    why_unknown: str
    """Why not; empty where they can."""
    n_judged: int
    """Labels with a prediction."""
    n_estimated: Estimate | None
    """Wrong labels among those still open; null where it cannot be known."""
    n_corrected: int
    """Labels that people found wrong and corrected."""
    cut: CutFigures
    """Where to stop."""
    curve: tuple[tuple[int, float, float, float], ...]
    """Expected yield: labels reviewed, wrong ones expected among them, and the ends of the 95 % interval."""
    verdicts: int
    """People's verdicts that the figures learned from."""
    kinds: Mapping[str, int]
    """Labels above the cut by kind: wrong, ambiguous, off-topic."""
    pairs: tuple[MislabelledPair, ...]
    """Those with advice first, at most 20."""
    shift: float | None = None
    """Standard deviation of what log odds of being wrong may be off by; null where nothing is known."""
    guess: bool = False
    """Whether no number of wrong labels is stated, and no probability of a single one: those here are a guess."""

    @property
    def unsure(self) -> bool:
        """Whether a number of wrong labels is stated that only verdicts can tell."""
        estimate = self.n_estimated
        if estimate is None or self.guess or self.verdicts >= FIRST_VERDICTS:
            return False
        return estimate.high > UNSURE * max(estimate.low, 0.5)


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """One of the people who labelled the same items."""

    name: str
    """As in the annotations."""
    n_items: int
    """Labelled."""
    n_shared: int
    """Of them labelled by somebody else, too."""
    agreed: Estimate
    """Share of comparisons with the others that agree, 0 to 1."""
    quality: Estimate
    """Share of labels that the consensus confirms, 0 to 1."""


@dataclass(frozen=True, slots=True)
class DisputedPair:
    """Two labels that people give the same items."""

    a: str
    """One label."""
    b: str
    """The other."""
    n_items: int
    """Items given both."""
    item_ids: tuple[str, ...]
    """At most 50 of them."""


@dataclass(frozen=True, slots=True)
class AgreementFigures:
    """How far people who labelled the same items agree."""

    n_people: int
    """Who labelled."""
    n_items: int
    """Labelled by two people or more."""
    n_disputed: int
    """Of them given more than one label."""
    percent: float
    """Share of pairs of labels of an item that agree, 0 to 1."""
    alpha: Estimate
    """Krippendorff's, up to 1; 0 is chance."""
    kappa: Estimate | None
    """Up to 1; null where neither is defined."""
    kappa_name: str
    """Whose kappa it is."""
    people: tuple[PersonFigures, ...]
    """The best first."""
    pairs: tuple[DisputedPair, ...]
    """The most disputed first, at most 20."""


@dataclass(frozen=True, slots=True)
class TypicalTerm:
    """A part that has a name, such as a word, and stands in items of one class or cluster more often than in others."""

    term: str
    """The name."""
    share: float
    """Of the items of the class or cluster that have it, 0 to 1."""
    elsewhere: float
    """Of the others, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ClusterFigures:
    """Items that are alike, found in embedding space."""

    cluster: int
    """Its number, from 0, by falling size."""
    n: int
    """Items."""
    labels: tuple[tuple[str, int], ...]
    """Given labels with their number of items, the most frequent first."""
    typical: tuple[str, ...]
    """Ids of items near its middle."""
    terms: tuple[TypicalTerm, ...] = ()
    """What sets it apart, the clearest first; empty for items whose parts have no names."""


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """One split of the dataset."""

    split: str
    """Its name."""
    n: int
    """Items."""
    n_groups: int
    """Groups; 0 without any."""
    per_class: Mapping[str, int]
    """Items by label."""


@dataclass(frozen=True, slots=True)
class ClassSize:
    """How much there is of one class."""

    label: str
    """Its name."""
    n: int
    """Items."""
    n_groups: int
    """Groups; 0 without any."""
    share: float
    """Of the labelled items, 0 to 1."""
    totals: Mapping[str, float]
    """Sum over its items of each column that is worth adding up, such as a length; without those that no item has."""
    medians: Mapping[str, float]
    """Their medians."""
    terms: tuple[TypicalTerm, ...] = ()
    """What is typical of it, the clearest first; empty for items whose parts have no names."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """From the first to the 99th percentile in equal bins; what lies outside is in the outermost."""

    edges: tuple[float, ...]
    """In the measurement's unit, one more than bins."""
    counts: tuple[int, ...]
    """Items by bin."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a measurement spreads, in its own unit."""

    min: float
    """Smallest value."""
    p5: float
    """5th percentile."""
    median: float
    """Half of the items lie below."""
    p95: float
    """95th percentile."""
    max: float
    """Largest value."""
    histogram: Histogram
    """Items by value."""


@dataclass(frozen=True, slots=True)
class ErrorsMeant:
    """Which errors of the model are meant."""

    kind: Literal["pair", "given", "class", "all"]
    """One cell of the confusion matrix, a class that is not found, one wrongly named, or all."""
    given: str | None
    """Their given label; null for any."""
    predicted: str | None
    """What the model says; null for any."""


@dataclass(frozen=True, slots=True)
class ErrorFact:
    """Something that holds for items."""

    kind: Literal["finding", "value", "group", "split", "band"]
    """A rule flags them, a measurement has a value, they are of a group or a split, or lie in a band."""
    name: str
    """Of the rule or the measurement."""
    value: str | None
    """The value, the group, the split, or where the band lies; null for a finding."""
    code: str | None
    """Of the rule; null for anything else."""
    low: float | None
    """Where a band begins, itself inside it; null at an open end and for anything else."""
    high: float | None
    """Where a band ends."""


@dataclass(frozen=True, slots=True)
class FurtherFact:
    """Something else that goes along with much the same errors."""

    cause: ErrorFact
    """What holds for them."""
    n: int
    """Errors that both speak of."""


@dataclass(frozen=True, slots=True)
class ErrorCause:
    """Something that goes along with errors of the model more than chance would have it."""

    errors: ErrorsMeant
    """Which errors."""
    cause: ErrorFact
    """What holds for them."""
    n: int
    """Errors for which it holds."""
    of: int
    """Errors there are."""
    rate_rest: float
    """Share of the comparable items for which it holds, 0 to 1."""
    lift: Estimate
    """How many times as often it holds for the errors."""
    excess: float
    """Errors beyond those that comparable items make expect."""
    p_value: float
    """Family-wise over everything that was tested, 0 to 1."""
    also: tuple[FurtherFact, ...]
    """What covers much the same errors, at most 3."""
    item_ids: tuple[str, ...]
    """The surest mistakes first, at most 50."""
    text: str = ""
    """As a sentence."""


@dataclass(frozen=True, slots=True)
class GroupFault:
    """Something that holds for the items of one group far more often than for comparable ones."""

    cause: ErrorFact
    """What holds for them."""
    n: int
    """Items of the group for which it holds."""
    rest: float
    """Share of the other items of the same classes for which it does, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Culprit:
    """A group whose items are faulty."""

    group: str
    """Its name."""
    n: int
    """Its items."""
    faults: tuple[GroupFault, ...]
    """What is wrong with them, the clearest first; one or two."""
    n_wrong: int
    """Of them predicted as another class than given."""
    n_judged: int
    """Of them predicted at all."""
    rest_wrong: float | None
    """Share of the other items of the same classes predicted as another class than given, 0 to 1; null without."""


@dataclass(frozen=True, slots=True)
class PrelabelList:
    """Unlabelled items whose predicted label is at least so likely right."""

    least: float
    """Probability from which an item is listed, 0 to 1."""
    n: int
    """Items of the list."""
    precision: Estimate
    """Share of them whose predicted label is right, 0 to 1."""


@dataclass(frozen=True, slots=True)
class NewGroup:
    """Unlabelled items that are alike, and like no class."""

    n: int
    """Items of the group."""
    nearest: str
    """The class that a model takes most of them for."""
    item_ids: tuple[str, ...]
    """Those farthest from all labelled items first."""


@dataclass(frozen=True, slots=True)
class UnlabelledFigures:
    """Items without a label, and what a model that learned from the others says of them."""

    n: int
    """Items without a label."""
    n_judged: int
    """Of them those that were predicted."""
    left_out: Mapping[str, int]
    """Of these by reason how many get no prelabel."""
    precision: Estimate | None
    """Share of all the others whose predicted label is right, 0 to 1; null where there are none."""
    lists: tuple[PrelabelList, ...]
    """By rising probability."""
    classes: tuple[tuple[str, int], ...]
    """Predicted label and number of items, the most frequent first; those left out are not counted."""
    groups: tuple[NewGroup, ...]
    """Groups that are like no class, the largest first."""


@dataclass(frozen=True, slots=True)
class ClassGrowth:
    """What is expected of a class when all classes have twice as many labels."""

    label: str
    """Its name."""
    n: int
    """Its labels."""
    recall: Estimate
    """Share of the class that is found, 0 to 1."""
    doubled: Estimate
    """The same with twice as many labels."""


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """How right a linear head on the embeddings is with a part of the labels, and with twice as many."""

    points: tuple[tuple[int, float], ...]
    """Labels learned from, and share of the held-out items that is then predicted right, 0 to 1; the last is all."""
    now: Estimate
    """That share with all labels."""
    doubled: Estimate
    """What is expected with twice as many."""
    last: float
    """What the last doubling brought, -1 to 1."""
    trusted: bool
    """Whether the last doubling brought so little that the next can be told."""
    classes: tuple[ClassGrowth, ...]
    """Classes with 20 labels or more, those first that gain most."""
    sure: bool = True
    """Whether so many items were held out that what is expected should be within 1.5 points in four of five cases."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something that the next hour can be spent on."""

    action: Literal["review", "label", "collect", "drop"]
    """Reviewing the labels most in doubt; labelling more items as these were drawn; collecting items of ``classes``;
    leaving out the items that checks call faulty, which takes no hour."""
    n: int
    """Items."""
    classes: tuple[str, ...]
    """What is collected; empty for other steps."""
    gain: Estimate | None
    """By how much the share of new items that is predicted right is expected to rise, -1 to 1; null where unknown."""
    why_not: str
    """Why it is unknown; else empty."""


@dataclass(frozen=True, slots=True)
class NextHour:
    """What the next hour of work is expected to bring, for a linear head on the embeddings."""

    per_hour: int
    """Items that one person gets through in an hour."""
    source: Literal["option", "decisions", "assumed"]
    """Where that comes from: the settings, the times of people's decisions, or nowhere."""
    steps: tuple[NextStep, ...]
    """Those first that bring most."""


@dataclass(frozen=True, slots=True)
class LearnerFigures:
    """One of the ways to learn that were held against each other, on items that it had not seen."""

    head: str
    """Its name; ``labels alone`` learns from nothing else."""
    accuracy: float
    """Share of items that got their label, 0 to 1."""
    log_loss: float
    """In nats."""
    n: int
    """Items."""
    ahead: Estimate | None
    """Its accuracy less that of labels alone, -1 to 1; null for these."""


@dataclass(frozen=True, slots=True)
class SemiSupervisedFigures:
    """Learning from items without a label against labels alone."""

    best: str
    """What the predictions come from."""
    n: int
    """Items without a label that were learned from."""
    transductive: bool
    """Whether items of test and held-out groups were among them."""
    rows: tuple[LearnerFigures, ...]
    """The best first."""


@dataclass(frozen=True, slots=True)
class AxisNumber:
    """A measurement that goes along with an axis."""

    name: str
    """Its column."""
    coefficient: Estimate
    """Spearman's rank correlation, -1 to 1; above 0 where it rises towards the high end."""


@dataclass(frozen=True, slots=True)
class AxisWord:
    """A word, class or value that goes along with an axis."""

    column: str
    """Where it stands: label, or a column; empty for a word of a text."""
    word: str
    """What stands there."""
    end: Literal["low", "high"]
    """The end at which it is frequent."""
    share: float
    """Share of the outermost tenth of that end that has it, 0 to 1."""
    elsewhere: float
    """Share of all others that has it."""
    coefficient: Estimate
    """Rank-biserial correlation, -1 to 1; above 0 where it is frequent at the high end."""


@dataclass(frozen=True, slots=True)
class EmbeddingAxis:
    """One principal axis of the embeddings, which comes back in other items."""

    number: int
    """From 1, by variance."""
    share: float
    """Of the variance of all standardised columns, 0 to 1."""
    same: float
    """Correlation of places along it as one half of the items and the other have it, the least of several; 0 to 1."""
    low: tuple[str, ...]
    """Items that stand for its low end, the clearest first."""
    high: tuple[str, ...]
    """The same of its high end."""
    numbers: tuple[AxisNumber, ...]
    """Those that go along with it most first."""
    words: tuple[AxisWord, ...]
    """Those of the low end first, each by how much more frequent it is there."""


@dataclass(frozen=True, slots=True)
class EmbeddingAxes:
    """Axes of the embeddings that carry at least 5 % of the variance, at most 6."""

    n: int
    """Items."""
    n_lost: int
    """Axes that carry as much and do not come back in other items."""
    axes: tuple[EmbeddingAxis, ...]
    """By falling variance."""


@dataclass(frozen=True, slots=True)
class CategoryAxis:
    """One principal axis of the vectors that a network learned for the values of a column; both halves learn it."""

    column: str
    """Its name."""
    n_values: int
    """Values that are often enough in both halves."""
    share: float
    """Of the variance of their vectors, 0 to 1."""
    same: float
    """Correlation of the places of values along it as either half learned it, 0 to 1."""
    low: tuple[str, ...]
    """Values at its low end in both halves, the outermost first."""
    high: tuple[str, ...]
    """The same of its high end."""
    label: str | None
    """Class whose share rises towards the high end most; null where none does."""
    label_coefficient: float | None
    """Spearman's rank correlation of places in one half and that share in the other, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """metrics.json: classes, splits, measurements, and what a model says of them. What does not exist is null."""

    baseline: BaselineFigures | None
    """The model behind the predictions; null without one."""
    training: TrainingHistory | None
    """How fine-tuning went; null where nothing was fine-tuned."""
    label_errors: LabelErrorFigures | None
    """Wrong labels; null where labels were not judged."""
    agreement: AgreementFigures | None
    """People who labelled the same items; null where there are none."""
    clusters: tuple[ClusterFigures, ...]
    """The largest first; empty without an embedding."""
    splits: tuple[SplitFigures, ...]
    """By name."""
    classes: tuple[ClassSize, ...]
    """The largest first."""
    measurements: Mapping[str, Distribution]
    """By column of the measurements; columns that do not vary are left out."""
    causes: tuple[ErrorCause, ...]
    """What goes along with the model's errors: groups with a fault of their own, then the most errors explained."""
    culprits: tuple[Culprit, ...] = ()
    """Groups with a fault of their own, those that spoil most first; at most 5."""
    unlabelled: UnlabelledFigures | None = None
    """Items without a label; null where there are none, or none could be predicted."""
    semi_supervised: SemiSupervisedFigures | None = None
    """What learning from them brings; null where that was not asked for or nothing was there to learn from."""
    learning_curve: LearningCurve | None = None
    """What more labels are expected to bring; null where there are too few."""
    axes: EmbeddingAxes | None = None
    """What the embeddings tell apart most; null without an embedding."""
    category_axes: tuple[CategoryAxis, ...] = ()
    """What the vectors mean that were learned for categories, by column; empty where none are learned."""
    next_hour: NextHour | None = None
    """What the next hour of work is expected to bring; null without a learning curve."""
