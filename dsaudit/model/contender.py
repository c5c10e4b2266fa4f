"""Ways to learn labels that compete: a kind of data that has its own is told by the best of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dsaudit.model.probe import log_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.analysis.space.category_axes import Vectors
    from dsaudit.model.head import Head
    from dsaudit.types import Predictions

    Encode = Callable[[Sequence[Any]], npt.NDArray[np.float32]]


class Contenders(Protocol):
    """What a kind of data names as ``Kind.heads``: heads that learn from its items themselves."""

    version: str
    """Changes whenever another head or input would be made."""

    def enter(self, items: Sequence[Any]) -> tuple[Encode, Mapping[str, Head], Sequence[str]]:
        """What turns items, as the kind reads them, into what heads are given, (n, d); heads by name; and the fields of
        items that the d columns are made of.

        The first is learned from these items without labels; it takes others, too, each by itself. The plainest head
        comes first; the first word of a name is one of the setting ``head``.
        """
        ...

    def category_vectors(
        self, items: Sequence[Any], y: npt.NDArray[np.int64], *, seed: int, least: tuple[int, int]
    ) -> Mapping[str, Vectors]:
        """Vectors that are learned for the values of fields, beside classes (n,), by field.

        Of fields of which ``least`` values come in ``least`` items; empty where none is so, or none is learned.
        """
        ...


def standing(made: Mapping[str, Predictions]) -> list[dict[str, Any]]:
    """How contenders did on items that they had not seen, the best first.

    Parameters
    ----------
    made : mapping of str to Predictions
        Out of sample, of the same items.

    Returns
    -------
    list of dict
        ``head``, ``accuracy`` (share of items of learned classes that got their label, 0 to 1), ``log_loss`` (nats)
        and ``n``; by accuracy, and where that is within its standard error of the best by log loss.
    """
    table: list[dict[str, Any]] = []
    for name, one in made.items():
        known = one.given >= 0
        probs, given = one.pred_probs[known], one.given[known]
        right = float((probs.argmax(axis=1) == given).mean())
        table.append({"head": name, "accuracy": right, "log_loss": log_loss(probs, given), "n": len(given)})
    best = max(float(row["accuracy"]) for row in table)
    error = 0.5 * float(np.sqrt(best * (1.0 - best) / max(1, table[0]["n"])))
    alike = [row for row in table if row["accuracy"] >= best - error]
    alike.sort(key=lambda row: row["log_loss"])
    rest = sorted((row for row in table if row not in alike), key=lambda row: -row["accuracy"])
    return [*alike, *rest]
