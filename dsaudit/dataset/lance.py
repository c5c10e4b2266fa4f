"""Lance datasets as tables, of which any row can be read by itself.

Format: https://lance.org/format
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsaudit.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

LANCE = ".lance"


class LanceTable:
    """The newest version of a Lance dataset.

    Parameters
    ----------
    address : str
        Of its folder, here or behind an address, which Lance reads by the environment's credentials.

    Raises
    ------
    MissingExtraError
        pylance is not installed.
    OSError
        It is no Lance dataset, or cannot be read.
    """

    def __init__(self, address: str) -> None:
        try:
            import lance
        except ImportError:
            raise MissingExtraError(
                "what reads Lance datasets is not installed", hint="pip install 'dsaudit[lance]'"
            ) from None
        try:
            self._dataset: Any = lance.dataset(address)
        except ValueError as error:
            raise OSError(str(error).partition(", ")[0]) from error
        self.schema_arrow: pa.Schema = self._dataset.schema

    def __len__(self) -> int:
        n: int = self._dataset.count_rows()
        return n

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """See ``dsaudit.dataset.arrow.ArrowTable``."""
        return self._dataset.to_table(columns=None if columns is None else [*columns])

    def iter_batches(self, batch_size: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See ``dsaudit.dataset.arrow.ArrowTable``."""
        yield from self._dataset.to_batches(columns=[*columns], batch_size=batch_size)

    def rows(self, first: int, n: int, column: str) -> pa.Array:
        """Cells of a column from a row on."""
        behind = min(first + n, len(self))
        return self._dataset.take([*range(first, behind)], columns=[column]).column(0).combine_chunks()
