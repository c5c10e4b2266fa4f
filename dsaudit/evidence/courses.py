"""What of the course of its class each item lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.media.courses import courses_of
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.evidence.context import Context


def courses(context: Context) -> pd.DataFrame:
    """Items of classes that have a course in time, see ``missing_parts``; none where items or classes have none."""
    seed, read = context.settings.seed, context.measurements["status"].eq("ok").to_numpy()
    items = context.items[read & context.items["label"].notna().to_numpy()]

    def compute() -> pd.DataFrame:
        from dsaudit.analysis.course import missing_parts

        known = courses_of(context.cache, context.media, items["content_hash"].tolist())
        some = items[items["content_hash"].isin(list(known))]
        groups = some["group"].where(some["group"].notna(), some["content_hash"])
        found = missing_parts(
            [known[h] for h in some["content_hash"]], some["label"].tolist(), groups.tolist(), seed=seed
        )
        return found.set_axis(some.index[found.index.to_numpy(dtype=int)])

    with context.stage("courses of the classes", 0):
        told = digest_frame(items[["label", "group", "content_hash"]].fillna(""))
        return context.kept("courses", compute, context.media.modality, context.media.measure_version, told, seed)
