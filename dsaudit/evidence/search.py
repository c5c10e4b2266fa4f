"""The search for better hyper-parameters before a dataset's baseline is trained; each trial is kept in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.errors import InconclusiveError
from dsaudit.evidence.context import versioned
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dsaudit.analysis.model.search import Space
    from dsaudit.evidence.context import Context
    from dsaudit.evidence.embeddings import Embedded
    from dsaudit.model.crossfit import Material
    from dsaudit.model.folds import Folds
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.recipe_trials import RecipeTrials
    from dsaudit.model.tuning import Found, HeadTrials


def search_head(context: Context, embedded: Embedded, folds: Folds, *, key: str) -> Found | None:
    """Better values of the head, and the head where none is named; None where nothing was searched.

    ``key`` is the identity of what is trained on. What came of it is noted.
    """
    from dsaudit.model.tuning import HeadTrials, head_space

    settings, items = context.settings, context.items.reindex(embedded.table.index)
    try:
        trials = HeadTrials.of(
            embedded.table, items["label"], folds, splits=items["split"], device=settings.device, seed=settings.seed
        )
    except InconclusiveError as error:
        context.notes.append(f"nothing was searched: {error.message}")
        return None
    space = head_space(settings.head if "head" in settings.sources else None)
    key = versioned(key, digest_frame(items[["split"]].fillna("")))
    return _searched(context, trials, space, defaults={"head": settings.head}, key=key)


def search_recipe(context: Context, material: Material, folds: Folds, recipe: Recipe, *, key: str) -> Found | None:
    """Better hyper-parameters of fine-tuning than those not given; None where nothing was searched.

    ``key`` is the identity of what is trained on. What came of it is noted.
    """
    from dsaudit.model.recipe_trials import RecipeTrials, recipe_space

    settings, splits = context.settings, context.items["split"].reindex(folds.fold.index)
    try:
        trials = RecipeTrials.of(material, folds, recipe, splits=splits, device=settings.device, seed=settings.seed)
    except InconclusiveError as error:
        context.notes.append(f"nothing was searched: {error.message}")
        return None
    idle = () if material.network.pretrained else ("layers", "layer_decay", "unfreeze_epochs")
    space = recipe_space(type(recipe), [*idle, *(str(name).replace("-", "_") for name in settings.training)])
    defaults = {name: value for name, value in recipe.described().items() if name in space}
    key = versioned(key, recipe.described(), digest_frame(splits.fillna("").to_frame()))
    return _searched(context, trials, space, defaults=defaults, key=key)


def _searched(
    context: Context, trials: HeadTrials | RecipeTrials, space: Space, *, defaults: Mapping[str, Any], key: str
) -> Found:
    import pandas as pd

    from dsaudit.model.tuning import told, tune

    def remember(values: Mapping[str, Any], compute: Callable[[], Mapping[str, float]]) -> Mapping[str, float]:
        return dict(context.kept("trial", lambda: pd.DataFrame([compute()]), key, dict(values)).iloc[0])

    n_trials = context.settings.tune or 0
    with context.stage("searching", n_trials) as tick:
        found = tune(
            space,
            trials.score,
            defaults=defaults,
            held_out=trials.held_out,
            n_trials=n_trials,
            seed=context.settings.seed,
            remember=remember,
            on_trial=lambda trial: tick(1),
        )
    context.notes.append(told(found, things=context.kind.nouns.some))
    return found
