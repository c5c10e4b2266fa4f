"""Tables: each row is an item, measured beside all others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.inline import inline_text, is_inline
from dsaudit.dataset.record import record_of
from dsaudit.errors import UnreadableItemError, UsageError
from dsaudit.media.base import ExpectationFile, Preview, Reading
from dsaudit.media.file import identify
from dsaudit.media.table.row import places, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from dsaudit.media.base import Measured
    from dsaudit.rule import Measure
    from dsaudit.store.run import Run
    from dsaudit.types import Dataset

_LOOKED_AT, _NAMED = 20_000, 6


@dataclass(frozen=True, slots=True)
class TableMedia:
    """Rows of a table, see ``dsaudit.media.base.Media``."""

    modality: str = "table"
    measure_version: str = "3"
    read_version: str = "1"
    survey_version: str = "8"
    fits: bool = True
    tools: tuple[str, ...] = ("pandera", "great-expectations")

    def read_batch(
        self, paths: Sequence[Path], extra: tuple[Measure, ...] = (), *, taken: bool, preview: bool
    ) -> list[Reading | Exception]:
        """What is measured of every row of the table, see ``measure.measured``."""
        from dsaudit.media.table.measure import measured

        found: list[Reading | Exception] = []
        rows: list[dict[str, Any]] = []
        identities: list[Measured] = []
        for path in paths:
            try:
                identities.append(identify(path))
                rows.append(self.read(path))
                found.append(Reading(identities[-1]))
            except Exception as error:  # one broken row never stops a run
                found.append(error)
        told = iter(measured(rows))
        for one, row in zip([one for one in found if isinstance(one, Reading)], rows, strict=True):
            one.measured |= next(told)
            for measure in extra:
                try:
                    one.measured[measure.name] = float(measure.fn(row))
                except Exception:  # a plug-in's measure must not lose the item
                    one.measured[measure.name] = float("nan")
        return found

    def read(self, path: Path) -> dict[str, Any]:
        """The cells of the row by name of column."""
        text = inline_text(path)
        if text is None:
            raise UnreadableItemError(f"{path.name} is a file, not a row of a table")
        return record_of(text)

    def proposed(self, measurements: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Pairs of rows that are one thing entered twice, see ``near_copy.near_copies``."""
        from dsaudit.media.table.measure import pairs_of

        return pairs_of(measurements["near_rows"].fillna("").tolist())

    def explained(self, dataset: Dataset) -> Dataset:
        """What each column holds, by a part of the rows."""
        from dsaudit.media.table.row import columns_of, frame_of

        uris = dataset.items["uri"].iloc[:: -(-len(dataset.items) // _LOOKED_AT) or 1]
        rows = [self.read(Path(uri)) for uri in uris if is_inline(uri)]
        columns = columns_of(frame_of(rows))
        held = {column.name: f"{column.type}{', as told' * column.told}" for column in columns}
        understood = dataset.understood
        told = tuple(
            replace(column, why="; ".join(filter(None, (held.get(column.name, ""), column.why))))
            if column.role == "cell"
            else column
            for column in understood.columns
        )
        words = []
        for of_type in dict.fromkeys(column.type for column in columns):
            if names := [column.name for column in columns if column.type == of_type]:
                some = f"{', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}"
                words.append(f"{of_type}: {some}")
        note = f"columns are read as {'; '.join(words)} (--column-type NAME=TYPE says otherwise)"
        return replace(dataset, understood=replace(understood, columns=told), notes=(*dataset.notes, note))

    def survey(self, taken: Sequence[dict[str, Any]], items: pd.DataFrame) -> pd.DataFrame:
        """Cells that are probably wrong, and what is wrong with columns, see ``survey.survey``."""
        from dsaudit.media.table.survey import survey

        return survey(taken, items)

    def expected(self, run: Run, *, to: str, margin: float) -> ExpectationFile:
        """A schema of pandera, or a suite of Great Expectations, see ``expectation.held``."""
        from dsaudit.media.table.expectation import LOOKS_AT_CELLS, held
        from dsaudit.media.table.schema_file import schema_file
        from dsaudit.media.table.suite_file import suite_file

        ran = {rule.name for rule in run.rules if rule.outcome == "ran"}
        if missing := sorted(LOOKS_AT_CELLS - ran):
            raise UsageError(
                f"this run did not look at every cell: {', '.join(missing)} did not run",
                hint=f"dsaudit audit {run.meta.source_path or 'DATASET'}, without --select or --ignore",
            )
        found, aside = held(run.items, run.findings, parts=run.meta.columns, margin=margin)
        name = run.meta.name if run.meta.source_path else "a DataFrame"
        cells = f"aside     {aside:,} cells that were named as wrong"
        if to == "pandera":
            how = ("check     python {} NEW_TABLE", 'needs     pip install "pandera[pandas]>=0.24"')
            return ExpectationFile(
                schema_file(found, name=name, n_rows=run.meta.n_items), ".py", found.n, (cells, *how)
            )
        how = ("check     ExpectationSuite(**json.load(open('{}')))", "needs     pip install great_expectations")
        return ExpectationFile(suite_file(found, name=name, n_rows=run.meta.n_items), ".json", found.n, (cells, *how))

    def overview(self, items: pd.DataFrame, findings: pd.DataFrame) -> dict[str, Any]:
        """The columns and what they tell of one another, see ``overview.overview``."""
        from dsaudit.media.table.overview import overview

        return overview(items, findings)

    def fields(self, path: Path) -> list[tuple[str, int, int]]:
        """The lines of the columns in a row as it is shown, see ``row.places``."""
        return places(self.read(path))

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        """The row as it is read, a line for each column."""
        return Preview(mime="text/plain", data=shown(self.read(path)).encode("utf-8", "replace"), thumbnail=b"")


MEDIA = TableMedia()
