"""Items whose bytes lie in a table, as Hugging Face writes them: read where they lie, see ``dsaudit.dataset.member``.

Those of a table that is no file are put into files once, beside the results.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from typing import TYPE_CHECKING, Any

from dsaudit.dataset.arrow import HeldTable, n_rows
from dsaudit.dataset.member import Member
from dsaudit.dataset.names import made_unique, safe_text, shown
from dsaudit.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from dsaudit.dataset.arrow import ArrowTable

EMBEDDED = ".dsaudit/embedded/"
"""Where the files are, from the folder of their table."""
_BATCH, _FEW = 256, 32
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 80
_BEGINNINGS = (
    (b"RIFF", ".wav"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
    (b"ID3", ".mp3"),
    (b"\xff\xfb", ".mp3"),
    (b"\xff\xf3", ".mp3"),
    (b"\x89PNG", ".png"),
    (b"\xff\xd8", ".jpg"),
    (b"GIF8", ".gif"),
)


def holds_bytes(schema: pa.Schema, column: str) -> bool:
    """Whether the cells of a column are files: bytes, alone or as ``bytes`` with the ``path`` they came from."""
    import pyarrow as pa

    kind = schema.field(column).type
    return (
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or (pa.types.is_struct(kind) and "bytes" in {kind.field(k).name for k in range(kind.num_fields)})
    )


def named_in(table: ArrowTable, column: str) -> list[str | None]:
    """The paths that the cells of a column of files came from, None where none is told; their bytes are not read."""
    import pyarrow as pa

    kind = table.schema_arrow.field(column).type
    if not pa.types.is_struct(kind) or "path" not in {kind.field(k).name for k in range(kind.num_fields)}:
        return [None] * n_rows(table)
    leaf = column if isinstance(table, HeldTable) else f"{column}.path"
    found = table.read(columns=[leaf]).column(0)
    names = [part.field("path") if pa.types.is_struct(part.type) else part for part in found.chunks]
    return [None if name is None else str(name) for part in names for name in part.to_pylist()]


def places_in(table: ArrowTable, column: str, where: str) -> tuple[list[str | None], list[str]]:
    """Where the files in ``column`` of a table lie in it.

    Parameters
    ----------
    where : str
        Name of the table's own file.

    Returns
    -------
    paths : list of (str or None)
        ``TABLE/row=17+2/clip.wav``, from the folder of the table; where no cell holds bytes the paths in the cells.
    names : list of str
        What the items are called: the path in the cell, or ``row-00017``; unique.
    """
    told = named_in(table, column)
    names = [safe_text(name) if name else f"row-{place:05d}" for place, name in enumerate(told, start=1)]
    first = _first_cells(table, column)
    if any(told) and not any(first):
        return list(told), made_unique(names)[0]
    endings = {_ending("", data) for data in first if data}
    ending = endings.pop() if len(endings) == 1 else ""
    k = table.schema_arrow.names.index(column)
    paths: list[str | None] = []
    for row, name in enumerate(told):
        own = posixpath.basename((name or "").replace("\\", "/").rstrip("/"))
        own = own if own not in ("", ".", "..") and "\0" not in own else f"row-{row + 1:05d}{ending}"
        paths.append(Member(where, "row", row, k, own).address)
    return paths, made_unique(names)[0]


def _first_cells(table: ArrowTable, column: str) -> list[bytes | None]:
    """The bytes in the first cells of a column; one empty one where they are damaged, as their items will tell."""
    import pyarrow as pa

    try:
        for batch in table.iter_batches(batch_size=_FEW, columns=[column]):
            cells = batch.column(0).to_pylist()
            return [cell.get("bytes") if isinstance(cell, dict) else cell for cell in cells]
    except (pa.ArrowException, OSError):
        return [b"?"]
    return []


def put_into_files(table: ArrowTable, column: str, folder: Path, where: str) -> tuple[list[str | None], list[str]]:
    """Write the bytes in ``column`` of a table into files in ``folder``, where they are not there yet.

    Parameters
    ----------
    where : str
        What the table is called, for messages.

    Returns
    -------
    paths : list of (str or None)
        Of the files, as ``.dsaudit/embedded/NAME/FILE``, or the path that a cell without bytes names.
    names : list of str
        What the items are called: the path in the cell, or ``row-00017``; unique.

    Raises
    ------
    DatasetError
        The files cannot be written.
    """
    start = f"{EMBEDDED}{folder.name}"
    paths: list[str | None] = []
    names: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for batch in table.iter_batches(batch_size=_BATCH, columns=[column]):
            for cell in batch.column(0).to_pylist():
                place, data, named = len(paths) + 1, (cell or {}).get("bytes"), (cell or {}).get("path")
                names.append(safe_text(str(named)) if named else f"row-{place:05d}")
                if data is None:
                    paths.append(None if named is None else str(named))
                    continue
                name = f"{place:06d}{_ending(str(named or ''), data)}"
                if not (file := folder / name).is_file() or file.stat().st_size != len(data):
                    file.write_bytes(data)
                paths.append(f"{start}/{name}")
    except OSError as error:
        raise DatasetError(
            f"cannot write the files in {shown(where)} to {shown(folder)}: {error.strerror}",
            hint="their bytes are put into files beside the table once; move it to where that is possible",
        ) from error
    return paths, made_unique(names)[0]


def _ending(named: str, data: bytes) -> str:
    """``-clip.wav`` of a path, or the suffix that the first bytes tell."""
    name = _UNSAFE.sub("_", os.path.basename(named.replace("\\", "/")))[-_LONGEST:]  # noqa: PTH119
    return f"-{name}" if name else next((suffix for start, suffix in _BEGINNINGS if data.startswith(start)), "")


def class_names(schema: pa.Schema, column: str) -> list[str] | None:
    """The names behind a column's numbers, as Hugging Face's ``ClassLabel`` keeps them in the schema; else None.

    Examples
    --------
    >>> import pyarrow as pa
    >>> features = '{"info": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}'
    >>> schema = pa.schema([("label", pa.int64())], metadata={"huggingface": features})
    >>> class_names(schema, "label")
    ['no', 'yes']
    """
    try:
        told: Any = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names = told["info"]["features"][column]["names"]
    except (ValueError, KeyError, TypeError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def named_classes(cells: Iterable[object], classes: Sequence[str]) -> list[object]:
    """The names behind numbers; -1 stands for no label.

    Examples
    --------
    >>> named_classes([1, -1, 0, 7], ["no", "yes"])
    ['yes', None, 'no', 7]
    """
    return [
        cell
        if not isinstance(cell, int)
        else None
        if cell == -1
        else classes[cell]
        if 0 <= cell < len(classes)
        else cell
        for cell in cells
    ]
