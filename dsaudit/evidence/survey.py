"""What items tell only beside all others of their set."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import is_inline
from dsaudit.dataset.record import SETTLED
from dsaudit.engine.local import Crashed, map_items
from dsaudit.errors import ItemError
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.base import Surveying
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from dsaudit.evidence.context import Context
    from dsaudit.media.base import Media


def survey(context: Context) -> pd.DataFrame:
    """What the kind of data tells of each item that can be read, see ``dsaudit.media.base.Surveying``."""
    media = context.media
    if not isinstance(media, Surveying):
        raise MissingEvidenceError(f"{context.kind.nouns.many} tell what they are one by one")
    read = context.measurements["status"].eq("ok").to_numpy()
    items = context.dataset.items[read].sort_index()
    columns = ["label", "split", "group", *(name for name in (SETTLED,) if name in items)]

    def compute() -> pd.DataFrame:
        taken = _taken(context.media, items["uri"].tolist(), jobs=context.settings.jobs)
        there = [k for k, one in enumerate(taken) if one is not None]
        some = items.iloc[there]
        return media.survey([taken[k] for k in there], some[columns].astype(object))

    with context.stage("the set as a whole", 0):
        told = digest_frame(items[["content_hash", *columns]].fillna("").astype(str))
        key = (media.modality, context.media.read_version, media.survey_version, told)
        table = context.kept("survey", compute, *key)
    context.notes.extend(table.attrs.get("notes", ()))
    return table


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
