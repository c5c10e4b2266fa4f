"""Writing files whole or not at all, JSON and digests that are the same for the same values."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
from json.encoder import encode_basestring
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's refusals to write below ``path`` into one clear ``StoreError``.

    Examples
    --------
    >>> from pathlib import Path
    >>> with writing(Path("results")):
    ...     raise PermissionError(13, "Permission denied")
    Traceback (most recent call last):
        ...
    dsaudit.errors.StoreError: cannot write results to results: permission denied
    """
    try:
        yield
    except OSError as error:
        reason = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EROFS: "the file system is read-only",
            errno.EACCES: "permission denied",
            errno.EPERM: "permission denied",
            errno.ENOTDIR: "a part of the path is a file, not a folder",
            errno.EEXIST: "a file is in the way",
        }.get(error.errno or 0, error.strerror or str(error))
        raise StoreError(
            f"cannot write results to {path}: {reason}", hint="choose another place with --out DIR"
        ) from error


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Have ``write`` fill a temporary file beside ``path``, then rename it over ``path``.

    Examples
    --------
    >>> from pathlib import Path
    >>> path = Path("words.txt")
    >>> write_atomic(path, lambda partial: partial.write_text("yes"))
    >>> path.read_text(), sorted(p.name for p in Path().iterdir())
    ('yes', ['words.txt'])
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with writing(path.parent):
            write(partial)
            partial.replace(path)
    finally:
        with contextlib.suppress(OSError):  # on a read-only file system not even what is not there can be taken away
            partial.unlink(missing_ok=True)


def write_new(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file that is not there yet, or is to be replaced.

    Raises
    ------
    StoreError
        There is one, or it cannot be written.

    Examples
    --------
    >>> from pathlib import Path
    >>> write_new(Path("words.txt"), b"yes", force=False)
    >>> write_new(Path("words.txt"), b"no", force=False)
    Traceback (most recent call last):
        ...
    dsaudit.errors.StoreError: words.txt exists
    """
    if path.is_dir():
        raise StoreError(f"{path} is a folder", hint="name a file")
    if path.exists() and not force:
        raise StoreError(f"{path} exists", hint="choose another --output, or replace it with --force")
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, lambda p: p.write_bytes(data))


def to_json(value: object, *, indent: int | None = 1) -> str:
    """Deterministic JSON: sorted keys, NaN and infinities as null, numpy numbers as numbers.

    Examples
    --------
    >>> to_json({"b": float("nan"), "a": 1.5}, indent=None)
    '{"a": 1.5, "b": null}'
    """
    return json.dumps(_plain(value), indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(v) for v in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return _plain(value.tolist())
    if hasattr(value, "items"):
        return _plain(dict(value))
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


def digest(*parts: object) -> str:
    """32 hex digits that identify ``parts`` (strings, bytes, numbers, JSON-ready values).

    Examples
    --------
    >>> len(digest("a", 1)), digest("ab", "c") == digest("a", "bc")
    (32, False)
    """
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part if isinstance(part, bytes) else _text(part).encode("utf-8", "surrogatepass")
        h.update(len(data).to_bytes(8, "little"))
        h.update(data)
    return h.hexdigest()


def _text(part: object) -> str:
    """What ``to_json`` makes of it; of what most parts are, at a tenth of the price."""
    if type(part) is int:
        return str(part)
    return encode_basestring(part) if type(part) is str else to_json(part, indent=None)


def digest_file(path: Path) -> str:
    """Digest of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def digest_frame(frame: pd.DataFrame) -> str:
    """Digest of a table's index, columns and values, in their order.

    Examples
    --------
    >>> import pandas as pd
    >>> digest_frame(pd.DataFrame({"a": [1, 2]})) == digest_frame(pd.DataFrame({"a": [2, 1]}))
    False
    """
    import pandas as pd

    rows = pd.util.hash_pandas_object(frame, index=True).to_numpy()
    return digest([str(c) for c in frame.columns], rows.tobytes())


def frame_to_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write atomically, with the index."""
    write_atomic(path, lambda p: frame.to_parquet(p, engine="pyarrow", compression="zstd", write_page_checksum=True))


def read_parquet(path: Path) -> pd.DataFrame | None:
    """The table, or None where the file is damaged.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> frame_to_parquet(pd.DataFrame({"a": [1, 2]}), Path("whole.parquet"))
    >>> _ = Path("damaged.parquet").write_bytes(Path("whole.parquet").read_bytes()[:-9])
    >>> read_parquet(Path("whole.parquet"))["a"].tolist(), read_parquet(Path("damaged.parquet"))
    ([1, 2], None)
    """
    import pandas as pd

    try:
        return pd.read_parquet(path, engine="pyarrow", page_checksum_verification=True)
    except Exception:  # damage shows in many ways
        return None
