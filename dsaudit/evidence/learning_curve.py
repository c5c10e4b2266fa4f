"""How much more labels would help, by learning from a part of those there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.errors import InconclusiveError
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.evidence.baseline import Baseline
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.evidence.tables import Evidence
    from dsaudit.model.folds import Folds

LEAST, LEAST_PER_CLASS = 200, 10
"""Of fewer labels, in all or per class, parts tell too little."""
MOST = 50_000
"""Of more labels twice as many bring little, and learning from parts of them takes longer than the baseline."""
_VERSION = "2"


def learning_curve(context: Context, right_by_size: pd.DataFrame, evidence: Evidence) -> dict[str, Any]:
    """Fields of ``dsaudit.store.schema.metrics.LearningCurve``, of a linear head on the embeddings in any case."""
    from dsaudit.analysis.model.learning_curve import learning_curve as curve

    classes, kept, seed = evidence.get("held_out").classes, right_by_size, context.settings.seed
    sizes = [float(name) for name in kept.columns[2:]]
    rows = kept.drop(columns=["given", "unit"]).to_numpy()
    return curve(rows, sizes, kept["given"], kept["unit"], classes=classes, seed=seed)


def right_by_size(context: Context, baseline: Baseline, embedded: Embedded, evidence: Evidence) -> pd.DataFrame:
    """By ``item_id`` the column ``given`` of its class, its ``unit``, and by size how often it is predicted right, see
    ``dsaudit.model.learning_curve.right_by_size``."""
    from dsaudit.model.backend import backend

    items, settings = context.items.reindex(embedded.table.index), context.settings
    n, k = int((baseline.predictions.given >= 0).sum()), len(baseline.predictions.classes)
    if n < LEAST or n < LEAST_PER_CLASS * k:
        raise MissingEvidenceError(f"{n} labels in {k} classes are too few to learn from parts of them")
    if n > MOST:
        raise MissingEvidenceError(f"{n} labels are more than parts are learned from")
    try:
        folds: Folds = evidence.get("held_out")
    except InconclusiveError as error:
        raise MissingEvidenceError(error.message) from error

    def compute() -> Any:
        import pandas as pd

        from dsaudit.model import learning_curve as parts

        with context.stage("learning curve", folds.n_folds) as tick:
            found = parts.right_by_size(
                embedded.table,
                items["label"],
                folds,
                groups=items["group"],
                device=settings.device,
                seed=settings.seed,
                on_fold=tick,
            )
        columns = {f"{size:.6f}": column for size, column in zip(found.sizes, found.right.T, strict=True)}
        return pd.DataFrame({"given": found.given, "unit": found.units, **columns}, index=found.ids)

    facts = digest_frame(items[["label", "group"]].fillna(""))
    key = (
        _VERSION,
        embedded.key,
        facts,
        digest_frame(folds.fold.to_frame()),
        settings.seed,
        backend(settings.device),
    )
    return context.kept("learning-curve", compute, *key)
