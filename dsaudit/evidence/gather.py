"""Evidence of a measured dataset: which provider makes which table."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

from dsaudit.evidence.annotation import consensus, independent_annotations
from dsaudit.evidence.axes import axes
from dsaudit.evidence.baseline import baseline, external_baseline, fold_table, held_out
from dsaudit.evidence.belonging import belonging
from dsaudit.evidence.blank import blank
from dsaudit.evidence.category_axes import category_axes
from dsaudit.evidence.columns import columns
from dsaudit.evidence.courses import courses
from dsaudit.evidence.duplicates import duplicates
from dsaudit.evidence.dynamics import dynamics
from dsaudit.evidence.embeddings import embedded, external_embedded
from dsaudit.evidence.exchanged import exchanged
from dsaudit.evidence.fine_tuning import material
from dsaudit.evidence.label_quality import label_errors
from dsaudit.evidence.learning_curve import learning_curve, right_by_size
from dsaudit.evidence.marks import marks
from dsaudit.evidence.meanings import meanings
from dsaudit.evidence.neighbours import neighbours
from dsaudit.evidence.poses import poses
from dsaudit.evidence.projection import projection, projection_begun
from dsaudit.evidence.space import space
from dsaudit.evidence.subgroups import subgroups
from dsaudit.evidence.survey import survey, survey_begun
from dsaudit.evidence.tables import Evidence, MissingEvidenceError
from dsaudit.evidence.terms import arguments, terms
from dsaudit.evidence.unlabelled import unlabelled

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    import pandas as pd

    from dsaudit.dataset.external import External
    from dsaudit.evidence.context import Context


def class_sizes(context: Context) -> pd.DataFrame:
    """Number of items of each class."""
    if context.dataset.sampled_from:
        raise MissingEvidenceError("the run is a sample, drawn class by class")
    counts = context.items["label"].dropna().value_counts().sort_index()
    return counts.rename("n").rename_axis("label").to_frame()


PROVIDERS: Mapping[str, Callable[..., Any]] = {
    "items": lambda context: context.items,
    "class_sizes": class_sizes,
    "measurements": lambda context: context.measurements,
    "blank": blank,
    "columns": columns,
    "courses": courses,
    "duplicates": duplicates,
    "marks": marks,
    "survey_begun": survey_begun,
    "survey": survey,
    "embedded": embedded,
    "embeddings": lambda embedded: embedded.table,
    "poses": poses,
    "space": space,
    "neighbours": neighbours,
    "meanings": meanings,
    "belonging": belonging,
    "projection_begun": projection_begun,
    "projection": projection,
    "axes": axes,
    "category_axes": category_axes,
    "held_out": held_out,
    "folds": fold_table,
    "annotations": independent_annotations,
    "consensus": consensus,
    "material": material,
    "baseline": baseline,
    "pred_probs": lambda baseline: baseline.pred_probs,
    "dynamics": dynamics,
    "exchanged": exchanged,
    "label_errors": label_errors,
    "label_quality": lambda label_errors: label_errors.table,
    "subgroups": subgroups,
    "terms": terms,
    "arguments": arguments,
    "unlabelled": unlabelled,
    "right_by_size": right_by_size,
    "learning_curve": learning_curve,
}
"""What rules may ask for (``dsaudit.evidence.tables.DOCUMENTED``), and what that is made from."""

_OF_ITEMS = {
    "measurements",
    "blank",
    "columns",
    "courses",
    "duplicates",
    "marks",
    "survey",
    "embedded",
    "embeddings",
    "poses",
    "space",
    "neighbours",
    "meanings",
    "belonging",
    "projection",
}
"""Tables that items are read for. A rule that asks for others of the kind beside predictions does without."""

_STEPS = {
    "embeddings": "embedding",
    "neighbours": "nearest neighbours",
    "projection": "map and clusters",
    "pred_probs": "baseline",
    "subgroups": "classes that are two things",
    "learning_curve": "learning curve",
}


def gather(context: Context, *, needs: Collection[str] | None = None, read: bool = True) -> Evidence:
    """Evidence of a dataset. Nothing is computed before a table is asked for.

    Parameters
    ----------
    needs : collection of str, optional
        Tables that the selected rules ask for: items are embedded, and a model is trained, for these only.
    read : bool
        Whether items may be read to be embedded, see ``reads``.
    """
    providers = dict(PROVIDERS)
    if context.external.embeddings is not None:
        providers["embedded"] = external_embedded
    elif not read:
        providers["embedded"] = _unread
    if not read:
        providers["terms"] = _unread
    if context.external.pred_probs is not None:
        providers["baseline"] = external_baseline
    providers |= {name: _unasked for name in ("embedded", "baseline") if not asked_for(name, needs)}
    return Evidence(providers, context)


def asked_for(name: str, needs: Collection[str] | None, *, given: Collection[str] = ()) -> bool:
    """Whether a table is one of those, or needed to make one of them; None: all are asked for. Those that are
    ``given`` need nothing."""
    if needs is None:
        return True
    waiting, seen = list(needs), set[str]()
    while waiting:
        one = waiting.pop()
        if one not in seen and one in PROVIDERS:
            seen.add(one)
            if one in given:
                continue
            parameters = signature(PROVIDERS[one]).parameters.values()
            waiting += [p.name for p in parameters if p.default is p.empty]
    return name in seen


def reads(needs: Sequence[Collection[str]], external: External) -> bool:
    """Whether items must be read for rules that need these tables: not where predictions that were brought along are
    enough for some of them, and none asks for the items themselves."""
    if external.pred_probs is None or any(_OF_ITEMS & set(own) for own in needs):
        return True
    given = {"baseline"}
    return not any(asked_for("baseline", own) and not asked_for("embedded", own, given=given) for own in needs)


def _unasked() -> None:
    raise MissingEvidenceError("no check that was selected asks for it")


def _unread() -> None:
    raise MissingEvidenceError("predictions were brought along, and nothing was read, as --select does not need it")


def skipped(evidence: Evidence) -> dict[str, str]:
    """Steps that were not done, and why."""
    reasons = {step: evidence.why_missing(name) for name, step in _STEPS.items()}
    return {step: reason for step, reason in reasons.items() if reason}
