"""The search for better hyper-parameters before a dataset's baseline is trained; each trial is kept in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit import __version__
from dsaudit.errors import InconclusiveError
from dsaudit.store.files import digest, digest_frame

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Mapping

    import pandas as pd

    from dsaudit.analysis.model.search import Space
    from dsaudit.evidence.finetuning import FineTuning
    from dsaudit.model.folds import Folds
    from dsaudit.model.recipe_trials import RecipeTrials
    from dsaudit.model.tuning import Found, HeadTrials
    from dsaudit.settings import Settings
    from dsaudit.store.cache import Cache

    Stage = Callable[[str, int], contextlib.AbstractContextManager[Callable[[int], None]]]


def search_head(
    embeddings: pd.DataFrame,
    items: pd.DataFrame,
    *,
    folds: Folds,
    settings: Settings,
    cache: Cache,
    stage: Stage,
    key: str,
) -> Found | str:
    """Better values of the head, and the head where none is named; or why nothing was searched.

    ``items`` are those with an embedding, by ``item_id``: label, split; ``key`` is the identity of all that.
    """
    from dsaudit.model.tuning import HeadTrials, head_space

    try:
        trials = HeadTrials.of(
            embeddings, items["label"], folds, splits=items["split"], device=settings.device, seed=settings.seed
        )
    except InconclusiveError as error:
        return error.message
    space = head_space(settings.head if "head" in settings.sources else None)
    key = digest(key, digest_frame(items[["split"]].fillna("")))
    return _searched(
        trials, space, defaults={"head": settings.head}, settings=settings, cache=cache, stage=stage, key=key
    )


def search_recipe(tuning: FineTuning, *, key: str) -> Found | str:
    """Better hyper-parameters of fine-tuning than those not given; or why nothing was searched."""
    from dsaudit.model.recipe import Recipe
    from dsaudit.model.recipe_trials import RecipeTrials, recipe_space

    settings = tuning.settings
    recipe = Recipe.of(settings.quality, settings.training)
    splits = tuning.items["split"]
    try:
        trials = RecipeTrials.of(
            tuning.material(), tuning.folds, recipe, splits=splits, device=settings.device, seed=settings.seed
        )
    except InconclusiveError as error:
        return error.message
    idle = () if trials.material.network.pretrained else ("layers", "layer_decay", "unfreeze_epochs")
    space = recipe_space([*idle, *(str(name).replace("-", "_") for name in settings.training)])
    defaults = {name: value for name, value in recipe.described().items() if name in space}
    key = digest(key, recipe.described(), digest_frame(splits.fillna("").to_frame()))
    return _searched(
        trials, space, defaults=defaults, settings=settings, cache=tuning.cache, stage=tuning.stage, key=key
    )


def _searched(
    trials: HeadTrials | RecipeTrials,
    space: Space,
    *,
    defaults: Mapping[str, Any],
    settings: Settings,
    cache: Cache,
    stage: Stage,
    key: str,
) -> Found:
    import pandas as pd

    from dsaudit.model.tuning import tune

    def remember(values: Mapping[str, Any], compute: Callable[[], Mapping[str, float]]) -> Mapping[str, float]:
        name = digest(__version__, key, dict(values))
        return dict(cache.stage("trial", name, lambda: pd.DataFrame([compute()])).iloc[0])

    n_trials = settings.tune or 0
    with stage("searching", n_trials) as tick:
        return tune(
            space,
            trials.score,
            defaults=defaults,
            held_out=trials.held_out,
            n_trials=n_trials,
            seed=settings.seed,
            remember=remember,
            on_trial=lambda trial: tick(1),
        )
