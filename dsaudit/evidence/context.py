"""What evidence is made from, and how: all that a provider knows beside the tables it asks for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsaudit import __version__
from dsaudit.dataset.external import External
from dsaudit.media import kind_for
from dsaudit.store.files import digest

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.kind import Kind
    from dsaudit.media.base import Media
    from dsaudit.settings import Settings
    from dsaudit.store.cache import Cache
    from dsaudit.types import Dataset, Epoch

Stage = Callable[[str, int], contextlib.AbstractContextManager[Callable[[int], None]]]
"""Shows a stage by its name and number of steps while it runs; what it gives is told how many more are done."""

MIN_ITEMS = 12
"""Fewer embedded items have no neighbourhoods, clusters or folds to speak of."""


@dataclass(frozen=True, slots=True)
class Context:
    """A measured dataset, and everything that decides what is made of it.

    Attributes
    ----------
    measurements : DataFrame by ``item_id``
        Of the same items as the dataset.
    external : External
        Takes the place of what would be made.
    annotations : DataFrame, optional
        Labels of several people (``item_id``, ``annotator``, ``label``), of any items.
    verdicts : DataFrame, optional
        What reviewers found of given labels, see ``dsaudit.relabel.review.verdicts_of``.
    on_epoch : callable
        Told of every epoch of training.
    apart : sequence of (str, str)
        Pairs of items that people decided to be no copies of one another.
    notes : list of str
        What the reader of a report should know, one sentence each; providers add to it.
    """

    dataset: Dataset
    measurements: pd.DataFrame
    media: Media
    settings: Settings
    cache: Cache
    stage: Stage
    external: External = field(default_factory=External)
    annotations: pd.DataFrame | None = None
    verdicts: pd.DataFrame | None = None
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    apart: Sequence[tuple[str, str]] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def items(self) -> pd.DataFrame:
        """Items of the dataset by ``item_id``; ``group`` only where groups are kept in one fold."""
        items = self.dataset.items
        return items if self.dataset.group_held else items.assign(group=None)

    @property
    def groups(self) -> pd.Series:
        """Where each item comes from, whether groups are kept in one fold or not."""
        return self.dataset.items["group"]

    @property
    def kind(self) -> Kind:
        """The kind of data."""
        return kind_for(self.dataset.modality)

    def kept(self, name: str, compute: Callable[[], pd.DataFrame], *key: object) -> pd.DataFrame:
        """The table from the cache, or computed now; ``key`` names everything that it depends on."""
        return self.with_own_ids(self.cache.stage(name, versioned(*key), compute))

    def with_own_ids(self, table: pd.DataFrame) -> pd.DataFrame:
        """The same table; where its rows are items, their ids are the dataset's, held once for all tables."""
        own = self.dataset.items.index
        if table.index.equals(own):
            table.index = own.rename(table.index.name)
        elif len(table) and (places := own.get_indexer(table.index)).min() >= 0:
            table.index = own[places].rename(table.index.name)
        return table


def versioned(*parts: object) -> str:
    """Identity of a result: everything that it depends on, and this version."""
    return digest(__version__, *parts)
