"""Whether the test items that AFTER lacks were taken out on the model's own word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from dsaudit.comparison.score import Score
    from dsaudit.store.run import Run

MODEL_TABLES = frozenset(
    {"pred_probs", "folds", "label_quality", "dynamics"}
    | {"embeddings", "space", "neighbours", "projection", "subgroups"}
)
"""Evidence that comes out of the model or its encoder; a rule that needs one of them judges by the model."""
_LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Pruning:
    """Test items of BEFORE that AFTER does not hold, and what leaving them out does to a score.

    Attributes
    ----------
    n_missing, n_rest : int
        Test items that AFTER lacks, and that it holds.
    n_flagged : int
        Of the missing, those that BEFORE's findings by the model name.
    codes : mapping of rule code to int
        How many of the missing each such rule names.
    wrong_missing, wrong_rest : float
        Share that the model BEFORE gets wrong by the original labels, 0 to 1.
    by_model : bool
        The missing items were flagged, or misjudged, by the model more often than the rest: Fisher's exact
        test, one-sided, at 0.05.
    before_on_rest : float
        Accuracy of the model BEFORE on the remaining items by the original labels: what leaving items out
        does to a score by itself.
    after_on_rest : float
        Accuracy of the model AFTER on them by AFTER's labels: what a report of AFTER alone would say.
    """

    n_missing: int
    n_rest: int
    n_flagged: int
    codes: Mapping[str, int]
    wrong_missing: float
    wrong_rest: float
    by_model: bool
    before_on_rest: float
    after_on_rest: float


def model_flags(run: Run) -> dict[str, set[str]]:
    """Items that each rule which reads the model names in its findings on items and sets, by rule code."""
    needs = {r.code: r.needs for r in run.rules}
    found: dict[str, set[str]] = {}
    for row in run.findings.to_dict("records"):
        code = str(row["code"])
        if row["scope"] in ("item", "set") and MODEL_TABLES & set(needs[code]):
            found.setdefault(code, set()).update(str(i) for i in row["item_ids"])
    return found


def pruning(
    ids: tuple[str, ...], missing: Collection[str], flags: Mapping[str, set[str]], original: Score, corrected: Score
) -> Pruning | None:
    """How AFTER's test set differs from BEFORE's; None where it holds every test item.

    Parameters
    ----------
    ids : tuple of str
        Test items, in the order of the scores.
    missing : collection of str
        Items of BEFORE that AFTER lacks.
    flags : mapping
        See ``model_flags``.
    """
    out = np.array([i in missing for i in ids], dtype=bool)
    if not out.any():
        return None
    flagged = np.array([any(i in named for named in flags.values()) for i in ids], dtype=bool)
    wrong = ~original.right_before
    codes = Counter(code for i, gone in zip(ids, out, strict=True) if gone for code, s in flags.items() if i in s)
    return Pruning(
        n_missing=int(out.sum()),
        n_rest=int((~out).sum()),
        n_flagged=int(flagged[out].sum()),
        codes=dict(sorted(codes.items())),
        wrong_missing=_share(wrong[out]),
        wrong_rest=_share(wrong[~out]),
        by_model=_more_often(flagged, out) or _more_often(wrong, out),
        before_on_rest=_share(original.right_before[~out]),
        after_on_rest=_share(corrected.right_after[~out]),
    )


def _more_often(marked: np.ndarray[Any, Any], out: np.ndarray[Any, Any]) -> bool:
    from scipy.stats import fisher_exact

    table = [
        [int((marked & out).sum()), int((~marked & out).sum())],
        [int((marked & ~out).sum()), int((~marked & ~out).sum())],
    ]
    return bool(fisher_exact(table, alternative="greater").pvalue < _LEVEL)


def _share(hits: np.ndarray[Any, Any]) -> float:
    return float(hits.mean()) if len(hits) else float("nan")
