"""Named tables that rules ask for, each made on first use. What cannot be made says why."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from dsaudit.errors import DsauditError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DOCUMENTED: Mapping[str, str] = {
    "items": "by item_id: uri, label, split, group, content_hash",
    "class_sizes": "by label: n, the number of its items; missing for a sampled run, whose sizes are the sample's",
    "measurements": "by item_id: status, error, hashes, and the raw numbers of the media",
    "blank": "by item_id: whether it holds nothing, as silence does, and its label does not mean that",
    "columns": "by name of a measurement, as its kind of data declares it: rank (plain ones first), shortcut (setting,"
    " trace or empty), where (the column that must be above 0), over and under (columns that it is the quotient of)",
    "belonging": "by item_id, of labelled items that hold something: deviation (how far it lies from the core of its"
    " class, in spreads of that core; see dsaudit.analysis.space.belonging), asked (whether the queue goes by it, since"
    " labels cannot order)",
    "courses": "by item_id, of items whose class has a course in time: for its start and its end how much better it"
    " fits its class without that part (start_gain), what is usual (start_typical), and how much of the course that is"
    " (start_share, 0 to 1, and start_frames)",
    "duplicates": "by item_id: exact_set and near_set, the names of the sets of copies it is in, and scene_set, of what"
    " was taken in one go; every exact set lies inside one near set, and that inside one scene set. Of a near copy also"
    " copy_of (the item it is one of), edit (what makes it of that, in words) and place (where it lies on that, see"
    " dsaudit.media.base.Likeness), where they are known; slight where some items are too little to tell their label",
    "marks": "by class, of items that have places: what stands at one place of its items and of few others: auc (0 to"
    " 1) and its auc_error, lead over what is usual elsewhere, own_share and others_share that show it, where (left,"
    " top, right, bottom as shares, and in words), item_ids of its items that show it, and sample (how many were"
    " looked at); tint (how many times one colour is as strong over another as in other classes, all over its items),"
    " tint_lead (the same in robust standard deviations) and tint_colour",
    "survey": "by item_id: what its kind of data tells of an item beside all others of the set, see"
    " dsaudit.media.base.Surveying",
    "poses": "by item_id, of items that may lie the wrong way: pose (0 where it looks best as it is, else what it was"
    " turned by, if it was: the turn of that number of its kind), p_turned (probability that it was, out of"
    " sample), told (share of the items that look best as they are: whether the set has a right way)",
    "embeddings": "by item_id: float32 columns of the frozen encoder",
    "neighbours": "by item_id: ids (nearest first), similarity (cosine, -1 to 1) and distance (Euclidean)",
    "meanings": "by item_id, of items that say the same as another in other words: meaning_set, the name of the two"
    " together, and their cosine; see dsaudit.media.base.Meaning",
    "subgroups": "by class: the best division of its items into two groups, and how far apart they are; where items are"
    " made of parts that have names, terms of either",
    "pred_probs": "by item_id: out-of-sample predicted probability per class",
    "folds": "by item_id: fold",
    "dynamics": "by item_id: aum (mean margin over the epochs, -1 to 1), forgetting (times it was unlearned),"
    " confidence and variability (mean and standard deviation of the given label's probability), learned_at"
    " (epoch since which it is right, NaN for never); missing where nothing was fine-tuned",
    "label_quality": "by item_id: quality and the scores it is made of (0 worst to 1 healthy), p_wrong and"
    " p_suggested (probabilities that the given label is wrong, and that the suggestion is right), suggestion,"
    " candidate (worth a review) and its kind, guess (the two probabilities are no more than that); see"
    " dsaudit.analysis.label.label_errors",
    "exchanged": "by name: classes that stand for others in a part of the dataset or in all of it: kind (swap, cycle,"
    " shift or merge), moves (given label to right one, JSON), where (the part in words), n items to move of n_of, and"
    " their item_ids, seen_share (of those that the witness, path or model, names as the right class), either (the"
    " other part may be the wrong one as well)",
    "annotations": "item_id, annotator, label: what several people say of the same items, independently",
    "projection": "by item_id: x, y, cluster (-1 for none)",
    "drift": "by subject, of two sets: aspect (measurement, mix, unseen, space, new, missing or accuracy), effect with"
    " the ends low and high of its interval, p (chance that anything compared looks as different where groups are dealt"
    " at random), cost (accuracy lost to it, NaN where not known), words, item_ids that show it, reference_ids beside",
}
"""Every table a rule may name as a positional parameter."""


class MissingEvidenceError(Exception):
    """A table cannot be made; ``reason`` says why in words for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Evidence:
    """Lazy named tables.

    Parameters
    ----------
    providers : mapping of name to callable
        Each returns its table, or raises ``MissingEvidenceError``. Its parameters name what it needs: other tables,
        without which it is not called (one that defaults to None it does without), ``context``, and ``evidence``
        itself where it asks for more only now and then. It is called once; what it returned or raised is remembered.
    context
        What is no table and every provider may need.
    """

    def __init__(self, providers: Mapping[str, Callable[..., Any]], context: Any = None) -> None:
        self._providers = dict(providers)
        self._at_hand = {"context": context, "evidence": self}
        self._made: dict[str, Any] = {}
        self._missing: dict[str, str] = {}

    def get(self, name: str) -> Any:
        """The table, or whatever the provider of that name makes.

        Raises
        ------
        MissingEvidenceError
            When it cannot be made, or no provider is known for it.
        """
        if name not in self._made and name not in self._missing:
            provider = self._providers.get(name)
            try:
                if provider is None:
                    raise MissingEvidenceError(f"no such evidence: {name}")
                needs = inspect.signature(provider).parameters
                self._made[name] = provider(**{need: self._given(need, p) for need, p in needs.items()})
            except MissingEvidenceError as missing:
                # not the error itself: it would hold all that was at hand wherever it was raised
                self._missing[name] = missing.reason
            except DsauditError:
                raise
            except Exception as error:  # one table's bug must not cost the user the others
                self._missing[name] = f"it crashed: {type(error).__name__}: {error}"
        if name in self._missing:
            raise MissingEvidenceError(self._missing[name])
        return self._made[name]

    def _given(self, name: str, parameter: inspect.Parameter) -> Any:
        if name in self._at_hand:
            return self._at_hand[name]
        return self.get(name) if parameter.default is parameter.empty else self.find(name)

    def why_missing(self, name: str) -> str | None:
        """Why the table cannot be made; None when it can."""
        try:
            self.get(name)
        except MissingEvidenceError as missing:
            return missing.reason
        return None

    def find(self, name: str) -> Any:
        """The table, or None when it cannot be made."""
        try:
            return self.get(name)
        except MissingEvidenceError:
            return None
