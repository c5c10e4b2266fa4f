"""What items tell only beside all others of their set."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import is_inline
from dsaudit.dataset.record import SETTLED
from dsaudit.engine.local import Ahead, Crashed
from dsaudit.engine.mapping import map_items
from dsaudit.errors import ItemError
from dsaudit.evidence.context import versioned
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.base import Surveying
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from dsaudit.evidence.context import Context
    from dsaudit.media.base import Media


AHEAD = 5_000
"""Items that are looked at in a process of its own, while all that does not ask for it is made."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey that may be under way.

    Attributes
    ----------
    key : tuple
        Everything that it depends on.
    ahead : Ahead, optional
        Its answer, where it is being made.
    """

    key: tuple[object, ...]
    ahead: Ahead[list[pd.DataFrame]] | None = None


def survey_begun(context: Context) -> Survey:
    """The survey, begun where there are many items and it takes longer to do after all else."""
    media = context.media
    if not isinstance(media, Surveying):
        raise MissingEvidenceError(f"{context.kind.nouns.many} tell what they are one by one")
    items = _asked(context)
    told = digest_frame(items.drop(columns="uri").fillna("").astype(str))
    key = (media.modality, context.media.read_version, media.survey_version, told)
    many = len(items) >= AHEAD and context.settings.jobs != 1 and all(map(is_inline, items["uri"]))
    if not many or context.cache.has_stage("survey", versioned(*key)):
        return Survey(key)
    return Survey(key, Ahead(_Surveyed(context.media), [_sent(items)]))


def survey(context: Context, survey_begun: Survey) -> pd.DataFrame:
    """What the kind of data tells of each item that can be read, see ``dsaudit.media.base.Surveying``."""

    def compute() -> pd.DataFrame:
        if survey_begun.ahead is None or survey_begun.ahead.taken:
            items = _sent(_asked(context))
            taken = _taken(context.media, items["uri"].tolist(), jobs=context.settings.jobs)
            return _told(context.media, taken, items)
        told = survey_begun.ahead.take()
        if isinstance(told, Crashed):
            raise MissingEvidenceError("its process was killed: is there too little memory?")
        return told[0]

    with context.stage("the set as a whole", 0):
        table = context.kept("survey", compute, *survey_begun.key)
    context.notes.extend(table.attrs.get("notes", ()))
    return table


def _asked(context: Context) -> pd.DataFrame:
    """Items that can be read, with all that a survey of them depends on."""
    items = context.dataset.items[context.measurements["status"].eq("ok").to_numpy()].sort_index()
    names = ("uri", "content_hash", "label", "split", "group", SETTLED)
    return items[[name for name in names if name in items]]


def _sent(items: pd.DataFrame) -> pd.DataFrame:
    return items.drop(columns="content_hash").astype(object)


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """Surveys sets of items that hold their content."""

    media: Media

    def __call__(self, batch: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [_told(self.media, [_read(self.media, Path(uri)) for uri in one["uri"]], one) for one in batch]


def _told(media: Media, taken: Sequence[Any], items: pd.DataFrame) -> pd.DataFrame:
    assert isinstance(media, Surveying)
    there = [k for k, one in enumerate(taken) if one is not None]
    return media.survey([taken[k] for k in there], items.drop(columns="uri").iloc[there])


def _taken(media: Media, uris: Sequence[str], *, jobs: int | None) -> list[Any]:
    """The items themselves; None for one that is gone since it was measured."""
    paths = [Path(uri) for uri in uris]
    if uris and all(map(is_inline, uris)):  # it takes longer to send them than to read them
        return [_read(media, path) for path in paths]
    found = map_items(partial(_read, media), paths, jobs=jobs)
    return [None if isinstance(one, Crashed) else one for one in found]


def _read(media: Media, path: Path) -> Any:
    try:
        return media.read(path)
    except (ItemError, OSError):
        return None
