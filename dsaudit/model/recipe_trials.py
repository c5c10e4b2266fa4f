"""Trials of fine-tuning recipes: one model each, trained on one part and judged on another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.analysis.model.search import Categorical, Numeric, Space, ValidationScore
from dsaudit.errors import InconclusiveError
from dsaudit.model.crossfit import fitting, parts_of
from dsaudit.model.device import one_thread_each, pick_device
from dsaudit.model.finetune import fine_tune, judged
from dsaudit.model.recipe import CHOICES
from dsaudit.model.tuning import HELD

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.model.crossfit import Material
    from dsaudit.model.folds import Folds
    from dsaudit.model.recipe import Recipe

_LEFT_ALONE = ("epochs", "batch_size", "views", "patience")
"""Numbers of a recipe that buy quality with time: the quality sets them, a search does not."""


def recipe_space(recipe: type[Recipe], fixed: Collection[str] = ()) -> Space:
    """Where the search for a recipe looks: its choices and numbers, but for ``fixed`` ones and those of time."""
    space: dict[str, Numeric | Categorical] = {name: Categorical(options) for name, options in CHOICES.items()}
    space |= {
        name: Numeric(part.low, part.high, log=part.log, whole=part.whole) for name, part in recipe.ranges.items()
    }
    return {name: part for name, part in space.items() if name not in _LEFT_ALONE and name not in fixed}


@dataclass(frozen=True, slots=True)
class RecipeTrials:
    """Scores of recipes; what is held out is seen by no trial, and what a test split holds is not looked at at all.

    Attributes
    ----------
    material : Material
    recipe : Recipe
        What a trial's values replace parts of.
    train, validation, held : int64 arrays
        Rows of the material; no group is in two of them.
    """

    material: Material
    recipe: Recipe
    train: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    held: npt.NDArray[np.int64]
    device: str = "auto"
    seed: int = 0

    @classmethod
    def of(
        cls,
        material: Material,
        folds: Folds,
        recipe: Recipe,
        *,
        splits: pd.Series | None = None,
        device: str = "auto",
        seed: int = 0,
    ) -> RecipeTrials:
        """From folds, the first of which is held out, and splits by item id.

        Raises
        ------
        InconclusiveError
            Nothing can be set aside to judge on.
        """
        ids = material.labels.index
        held = folds.fold.reindex(ids).to_numpy() == HELD
        usable = material.given >= 0
        if splits is not None:
            usable &= (splits.reindex(ids) != "test").to_numpy(dtype=bool)
        train, validation = parts_of(material, np.flatnonzero(usable & ~held), seed=seed)
        if not len(train) or np.array_equal(train, validation):
            raise InconclusiveError("too few groups to set some aside and judge recipes on them")
        return cls(material, recipe, train, validation, np.flatnonzero(usable & held), device, seed)

    def score(self, values: Mapping[str, Any]) -> ValidationScore:
        """On the validation part, of a model trained on the training part."""
        return self._score(values, self.validation)

    def held_out(self, values: Mapping[str, Any]) -> tuple[int, ValidationScore]:
        """Number of items held out of the search, and the score of the same model on them."""
        return len(self.held), self._score(values, self.held)

    def _score(self, values: Mapping[str, Any], rows: npt.NDArray[np.int64]) -> ValidationScore:
        where = pick_device(self.device)
        recipe = fitting(replace(self.recipe, **values), self.material.network)
        inputs = self.material.inputs.ahead(self.material.network, recipe, seed=self.seed, device=where).to(where)
        with one_thread_each():
            tuned = fine_tune(
                self.material.network,
                inputs,
                self.material.given,
                train=self.train,
                validation=self.validation,
                recipe=recipe,
                seed=self.seed,
                device=where,
            )
        found = judged(tuned.pred_probs[rows], self.material.given[rows])
        return ValidationScore(float(found["validation_loss"]), float(found["accuracy"]))
