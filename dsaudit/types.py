"""The frozen values that pass between the layers. Tables are DataFrames with the schema named here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Severity = Literal["error", "warning", "info"]
"""error: the item or set cannot be used as it is; warning: it costs accuracy; info: worth knowing."""

Scope = Literal["item", "set", "class", "dataset"]
"""What a finding is about. A set is several items taken together: copies, a confused pair."""

Action = Literal["confirm", "relabel", "exclude", "unsure", "skip", "apart", "correct", "keep", "revert"]
"""What a person can say of an item; ``apart`` says only that it is no copy of others, ``correct`` and ``keep`` speak of
its fields, and ``revert`` takes an earlier row of the ledger back, or a revert of it."""

OF_FIELDS = frozenset({"correct", "keep"})
"""Actions that speak of the named fields of an item, as the cells of a row are, not of its label."""

NO_OPINION = frozenset({"skip", "apart"}) | OF_FIELDS
"""Actions that say nothing of the item's label or use."""

MODEL = "model"
"""The actor of what a model says. It is recorded in the ledger, and no decision of a person."""

EXCHANGED = "LBL005"
"""The rule of whole classes that stand for others. What is decided of its findings is said of all items at once, and of
none of them alone."""

SARIF_FINGERPRINT = "dsaudit/v1"
"""Name of a finding's fingerprint among those of a SARIF result."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval, low ≤ value ≤ high; NaN where nothing was counted."""

    value: float
    """The figure."""
    low: float
    """Lower end of its 95 % interval."""
    high: float
    """Upper end."""


@dataclass(frozen=True, slots=True)
class ManifestColumn:
    """What a column of a manifest is taken for."""

    name: str
    """As the manifest writes it."""
    role: str
    """``path``, ``text``, ``label``, ``split``, ``group``, ``id`` …; empty where the column is ignored."""
    why: str
    """Of the role or of ignoring it, in words: ``by its name``, ``named with --label-column`` …"""


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that the reader took to be so without being told."""

    text: str
    """A sentence without its full stop."""
    option: str
    """What a user gives to say otherwise, such as ``--label-column NAME``; empty where nothing does."""

    @property
    def said(self) -> str:
        """The guess with the option that says otherwise.

        >>> Guess("column 'word' is read as the label", "--label-column NAME").said
        "column 'word' is read as the label; --label-column NAME says otherwise"
        """
        return f"{self.text}; {self.option} says otherwise" if self.option else self.text


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a dataset was understood.

    Examples
    --------
    >>> word, take = ManifestColumn("word", "label", "by its name"), ManifestColumn("take", "", "no part has this name")
    >>> Understanding("CSV", (word, take)).ignored
    (ManifestColumn(name='take', role='', why='no part has this name'),)
    """

    layout: str = ""
    """The layout that was recognised, in a phrase, such as ``one folder per class``."""
    columns: tuple[ManifestColumn, ...] = ()
    """Every column of a manifest: first those used, then those ignored, each in the order of the manifest."""
    guesses: tuple[Guess, ...] = ()

    @property
    def used(self) -> tuple[ManifestColumn, ...]:
        """Columns that play a part."""
        return tuple(column for column in self.columns if column.role)

    @property
    def ignored(self) -> tuple[ManifestColumn, ...]:
        """Columns that play none."""
        return tuple(column for column in self.columns if not column.role)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A labelled dataset, read but not yet decoded.

    Attributes
    ----------
    root : Path
        Folder that the items' paths are relative to.
    modality : str
        Name of the ``media`` module that reads the items, such as ``"audio"``.
    items : DataFrame, index ``item_id`` (str, unique)
        ``uri`` (str, path of the file, absolute), ``label`` (str or None: unlabelled),
        ``split`` (str or None: ``train``, ``validation``, ``test`` or the dataset's own word),
        ``group`` (str or None: what must not be torn apart between folds, such as a speaker) and,
        once measured, ``content_hash`` (hex str or None). Where people's decisions are applied, ``label``
        is the corrected label and ``given_label`` the one in the data. Sorted by ``item_id``.
    source : str
        How it was read: ``folder``, ``csv``, ``tsv``, ``jsonl``, ``parquet`` or ``dataframe``.
    group_source : str
        Where the groups come from, in words, such as ``"speaker in the file name"``; empty without groups.
    group_held : bool
        False where the groups say where an item comes from and are too few to hold one out: folds run across them.
    notes : tuple of str
        What the reader saw and passed over, one sentence each.
    sampled_from : int or None
        Number of items before ``--sample``; None when all of them are here.
    listing : Series by ``item_id``, or None
        Given label (str or None) of every item in the order of the source, also of those that ``items`` leaves out:
        what an array made from the same source is in the order of. A folder is in the order of its item ids.
    understood : Understanding
        What was recognised, used, ignored and guessed.
    """

    root: Path
    modality: str
    items: pd.DataFrame
    source: str = "folder"
    group_source: str = ""
    group_held: bool = True
    notes: tuple[str, ...] = ()
    sampled_from: int | None = None
    listing: pd.Series[Any] | None = None
    understood: Understanding = Understanding()

    @property
    def classes(self) -> tuple[str, ...]:
        """Distinct given labels, sorted."""
        return tuple(sorted(self.items["label"].dropna().unique()))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, found by one rule.

    Attributes
    ----------
    code, name : str
        The rule.
    scope : Scope
        What ``subject`` is.
    subject : str
        Item id, name of the set, class label, or ``"dataset"``.
    item_ids : tuple of str
        The items concerned, the most telling first; for scope ``item`` the subject itself.
    score : float
        0 (worst) to 1 (healthy).
    severity : Severity
    message : str
        One sentence with its figures.
    suggestion : str
        Suggested label where the rule has one, else empty.
    evidence : mapping
        The rule's columns behind the message, JSON-ready.
    fingerprint : str
        Stable across renames, row order and thresholds (see ``dsaudit.judge``).
    state : str
        ``new``, ``known``, ``ignored`` or ``fixed``.
    """

    code: str
    name: str
    scope: Scope
    subject: str
    item_ids: tuple[str, ...]
    score: float
    severity: Severity
    message: str
    suggestion: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    state: str = "new"


@dataclass(frozen=True, slots=True)
class Predictions:
    """Out-of-sample predicted probabilities for the labelled items.

    Attributes
    ----------
    item_ids : tuple of str, length n
    classes : tuple of str, length k
        Column order of ``pred_probs``.
    pred_probs : float32 array (n, k)
        Rows sum to 1; row i was predicted by a model that saw neither item i nor its group.
    given : int64 array (n,)
        Column of the given label, -1 where the label is in no column (class too small to learn).
    fold : int16 array (n,)
        Fold in which the item was held out.
    model_card : mapping
        What was trained on what: encoder, head, seed, folds, device, library versions.
    out_of_sample, calibrated : bool
    unlabelled : DataFrame float32 (m, k) by ``item_id``, or None
        The same probabilities of items without a label: the mean over the folds' models that saw neither the item nor
        its group.
    agreement : float32 array (m,), or None
        Of these the share of the models whose first class is that of the mean, 0 to 1.
    """

    item_ids: tuple[str, ...]
    classes: tuple[str, ...]
    pred_probs: npt.NDArray[np.float32]
    given: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int16]
    model_card: Mapping[str, Any] = field(default_factory=dict)
    out_of_sample: bool = True
    calibrated: bool = False
    unlabelled: pd.DataFrame | None = None
    agreement: npt.NDArray[np.float32] | None = None


MOST_CONFUSIONS = 60
"""Classes up to which an epoch of training keeps its whole confusion matrix, which grows with their square."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch of training, judged on the validation part.

    Attributes
    ----------
    fold, n_folds : int
        Which of the models, 0 … ``n_folds`` - 1.
    epoch, n_epochs : int
        0 … ``n_epochs`` - 1; early stopping may end before.
    loss, validation_loss : float
        Mean cross-entropy in nats; the first as trained, with whatever regularises it.
    accuracy : float
        On the validation part, 0 to 1.
    learning_rate : float
        Of the head, at the end of the epoch.
    items_per_s : float
        Items trained on per second.
    seconds_left : float
        Until the last fold is done, as far as can be told.
    classes : tuple of str, length k
    confusion : tuple of k tuples of k int
        Validation part: rows given labels, columns predicted labels; empty where it was not kept.
    shown : tuple of int
        Numbers of the classes that ``confusion`` is of, the most confused ones; empty where it is of all, as it is up
        to ``MOST_CONFUSIONS``.
    right, of : tuple of k int
        By class, how many of the validation part were right, and of how many; empty where ``confusion`` is of all.
    """

    fold: int
    n_folds: int
    epoch: int
    n_epochs: int
    loss: float
    validation_loss: float
    accuracy: float
    learning_rate: float
    items_per_s: float
    seconds_left: float
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    shown: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    of: tuple[int, ...] = ()

    @property
    def found(self) -> tuple[tuple[int, int], ...]:
        """By class: how many of the validation part were right, and of how many."""
        if self.of:
            return tuple(zip(self.right, self.of, strict=True))
        return tuple((row[k], sum(row)) for k, row in enumerate(self.confusion))


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of the ledger: what one person said of one item. Rows are never changed or deleted.

    Attributes
    ----------
    actor : str
        Who decided.
    action : Action
        ``confirm``: the label seen is right and the item is fit for use; ``relabel``: ``new_label`` is right;
        ``exclude``: the item is not to be used; ``unsure``: looked at, cannot tell; ``skip``: not looked at properly,
        decides nothing; ``apart``: it is no copy of the items of the rows decided together with it (``request_id``);
        ``correct``: in ``field``, ``new_label`` belongs where ``old_label`` stands; ``keep``: ``field`` is right as it
        is, or without one every field of the item that nobody corrected;
        ``revert``: undoes (or redoes) the row ``reverts``.
    item_id, content_hash : str
        Which item; the hash is empty where its bytes could not be read.
    old_label : str or None
        Label in force that the decision was about; of a field its value in the data, None where it has none.
    new_label : str or None
        Label that is right by this decision: ``old_label`` for ``confirm``, None where none is said. Of a field the
        right value, None for none.
    note : str
        The person's own words.
    cause, rule : str
        Fingerprint and rule code of the finding that brought the item up; empty where it was looked up by hand.
    score : float or None
        Score of that finding, 0 (worst) to 1 (healthy).
    suggestion : str
        Label that was suggested; empty for none.
    run_id, tool_version : str
        The run it was decided on, and the version of dsaudit.
    reverts : int or None
        ``seq`` of the row that a ``revert`` takes back.
    settles : bool
        Made with sight of what others decided: it ends their disagreement.
    blind : bool
        Label and suggestions were hidden.
    field : str
        Name of the field that it speaks of; empty: of the item as a whole.
    request_id : str
        Unique where not empty: the same request said twice is stored once. Rows decided together share the
        part before ``/`` and are undone together.
    seq : int
        Place in the ledger, 1, 2, 3 … without gaps; 0 before it is stored.
    at : str
        When, UTC, ISO 8601 with microseconds; empty before it is stored.
    prev_hash, hash : str
        Digest of the row before, and of this row with it: a chain that shows any later change.
    """

    actor: str
    action: Action
    item_id: str
    content_hash: str
    old_label: str | None = None
    new_label: str | None = None
    note: str = ""
    cause: str = ""
    rule: str = ""
    score: float | None = None
    suggestion: str = ""
    run_id: str = ""
    tool_version: str = ""
    reverts: int | None = None
    settles: bool = False
    blind: bool = False
    field: str = ""
    request_id: str = ""
    seq: int = 0
    at: str = ""
    prev_hash: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A finding that somebody lets be as it is.

    Attributes
    ----------
    code : str
        Rule that made the finding.
    fingerprint : str
        Of the finding: it is known again when files are renamed, rows are sorted or thresholds moved.
    reason : str
        Why, in somebody's own words.
    by : str
        Who accepted it.
    at : str
        When, as ``2026-11-28``.
    expires : str
        Last day on which it is accepted; empty: it does not expire.
    subject : str
        What the finding was about, for people to read.
    """

    code: str
    fingerprint: str
    reason: str
    by: str = ""
    at: str = ""
    expires: str = ""
    subject: str = ""


GateOutcome = Literal["pass", "fail", "inconclusive"]
EXIT_CODES: dict[GateOutcome, int] = {"pass": 0, "fail": 1, "inconclusive": 3}
"""Of what is judged."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """An item of a gallery: one that a model must not get wrong again.

    Attributes
    ----------
    content_hash : str
        Of the item's bytes, 32 hex digits; what it is known by.
    must : str
        What a model must say of it: ``is: LABEL`` or ``not: LABEL``.
    reason : str
        Why, in somebody's own words.
    kind : str
        Kind of data, such as ``text``.
    subject : str
        What the item was called where it came from, for people to read.
    was : str
        What the model said when it was added; empty: not known.
    file : str
        The copy that is kept, relative to the gallery, with the part of it that is meant; empty: none.
    text : str
        The item itself where it is no file; empty: its hash alone is kept.
    by, at : str
        Who added it, and when, as ``2026-11-28``.
    """

    content_hash: str
    must: str
    reason: str = ""
    kind: str = ""
    subject: str = ""
    was: str = ""
    file: str = ""
    text: str = ""
    by: str = ""
    at: str = ""


RememberedState = Literal["broken", "still wrong", "wrong", "not judged", "fixed", "right"]
"""Of a remembered item, as a model says against the model before it, the worst first; ``wrong`` and ``right`` where
nothing is known of the one before."""


@dataclass(frozen=True, slots=True)
class RememberedJudged:
    """A remembered item, and what models say of it.

    Attributes
    ----------
    item : Remembered
    said : tuple of (str or None)
        Predicted label by each model; None: it was not asked, or could not read the item.
    states : tuple of RememberedState
    """

    item: Remembered
    said: tuple[str | None, ...]
    states: tuple[RememberedState, ...]


@dataclass(frozen=True, slots=True)
class GalleryVerdict:
    """What models say of a gallery.

    Attributes
    ----------
    outcome : GateOutcome
        Of the last model: ``fail`` where it says of an item what it must not; else ``inconclusive`` where it was not
        asked about one, or there is none; else ``pass``.
    models : tuple of str
        Their names, in the order they were given.
    items : tuple of RememberedJudged
        The worst state of the last model first.
    """

    outcome: GateOutcome
    models: tuple[str, ...]
    items: tuple[RememberedJudged, ...]

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive."""
        return EXIT_CODES[self.outcome]

    @property
    def counts(self) -> dict[str, int]:
        """Items by their state with the last model, the worst first; states of none are left out."""
        found = Counter(one.states[-1] for one in self.items)
        return {state: found[state] for state in get_args(RememberedState) if found[state]}


@dataclass(frozen=True, slots=True)
class LimitJudged:
    """One limit of a policy, and what was found.

    Attributes
    ----------
    name : str
        Rule, prefix of rule codes, severity or figure.
    limit : str
        As ``<= 0.03``.
    source : str
        Where the limit comes from: a settings file, ``flag``, ``default``.
    outcome : GateOutcome
    found : Estimate or None
        With its interval where it has one, else three times the same; None where nothing was found out.
    judged : float or None
        The end of the interval that was compared with the limit.
    reason : str
        Why nothing could be said, or what was left out; empty where there is nothing to add.
    """

    name: str
    limit: str
    source: str
    outcome: GateOutcome
    found: Estimate | None = None
    judged: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What a policy says of a run.

    Attributes
    ----------
    outcome : GateOutcome
        ``fail`` where a limit is broken; else ``inconclusive`` where a limit could not be judged; else ``pass``.
    limits : tuple of LimitJudged
        Those that fail first, then those that could not be judged.
    states : mapping of str to str
        Fingerprint of every finding of the run to its state: ``new``, ``known`` (the reference has it, too) or
        ``ignored`` (accepted).
    accepted : tuple of Accepted
        Those in force, by fingerprint of a finding of the run.
    expired, stale : tuple of Accepted
        Those whose day is over and whose finding counts again, and those whose finding is gone.
    against : str
        What the run was compared with; empty: with nothing.
    fixed : tuple of (str, str)
        Code and subject of the reference's findings that are gone, though their rule looked.
    notes : tuple of str
        What else there is to know, a sentence each.
    """

    outcome: GateOutcome
    limits: tuple[LimitJudged, ...]
    states: Mapping[str, str]
    accepted: tuple[Accepted, ...] = ()
    expired: tuple[Accepted, ...] = ()
    stale: tuple[Accepted, ...] = ()
    against: str = ""
    fixed: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 3 inconclusive."""
        return EXIT_CODES[self.outcome]

    @property
    def reasons(self) -> tuple[LimitJudged, ...]:
        """The limits that decided: those broken, else those that could not be judged; none where all hold."""
        return tuple(one for one in self.limits if one.outcome == self.outcome != "pass")
