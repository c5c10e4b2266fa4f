"""How texts are fine-tuned: from MiniLM, or a small network from nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dsaudit.errors import MissingExtraError
from dsaudit.media.text.recipe import TextRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.media.text.network.bert import Bert
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.tunable import Start


@dataclass(frozen=True, slots=True)
class TextTuning:
    """Fine-tunes texts; see ``dsaudit.model.tunable.Tunable``."""

    items: str = "texts"
    encoders: tuple[str, ...] = ("minilm", "static", "tfidf")
    recipe: type[Recipe] = TextRecipe

    def start(self, encoder: str, n_classes: int, *, seed: int = 0) -> Start:
        """MiniLM, whichever encoder the texts are compared by.

        Where its weights are not installed a small network starts from nothing, and the notes say so.
        """
        from dsaudit.media.text.network.bert import load_minilm, small_bert

        try:
            return _started(load_minilm(), n_classes)
        except MissingExtraError as error:
            note = f"{error.message}; a small network was trained from nothing instead, which is much weaker"
            return _started(small_bert(seed=seed), n_classes, note)

    def restore(self, shape: Mapping[str, Any], n_classes: int) -> Start:
        """The start that has this shape, with weights of any value."""
        from dsaudit.media.text.network.bert import Bert

        return _started(Bert.of(shape), n_classes)


def _started(body: Bert, n_classes: int, *notes: str) -> Start:
    from dsaudit.media.text.network.tokens import tokens_of
    from dsaudit.model.network import Network
    from dsaudit.model.tunable import Start

    return Start(Network(body, n_classes), tokens_of, body.shape, notes)


TUNING = TextTuning()
