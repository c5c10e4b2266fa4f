"""Text files meant for git that hold one record a line, as JSON, sorted.

A line stands by itself, so that two branches that add some merge into one file; ``merge=union`` in the file of git's
attributes beside it has git do so without asking. Order and repetitions mean nothing to the reader.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from dsaudit.errors import ConfigError, UsageError
from dsaudit.store.files import write_atomic, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")

_MARKERS = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |$)")


def read_records(
    path: Path, record: type[R], *, check: Callable[[R], object], noun: str, hint: str, missing: str
) -> Iterator[R]:
    """The records of a file, line by line; none where there is no file. Lines that start with ``#`` are words.

    Parameters
    ----------
    path : Path
    record : type of a dataclass, all of whose fields are text
    check : callable
        Raises ValueError or UsageError for what is none of them.
    noun : str
        What a line should be, as in ``is no accepted finding``.
    hint : str
        Such a line.
    missing : str
        What to do where the file cannot be read.

    Raises
    ------
    ConfigError
        It cannot be read, a merge was left half-done, or a line is none of its lines.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint=missing) from error
    names = tuple(record.__dataclass_fields__)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if _MARKERS.match(line):
            raise ConfigError(
                f"{path}, line {number}: a merge was left half-done",
                hint="keep the lines of both sides and delete the markers: order and repetitions do not matter",
            )
        try:
            told: Any = json.loads(line)
            one = record(**{name: told[name] for name in names if name in told})
            if not all(isinstance(getattr(one, name), str) for name in names):
                raise ValueError
            check(one)
        except (ValueError, TypeError, RecursionError, UsageError):
            raise ConfigError(f"{path}, line {number} is no {noun}", hint=hint) from None
        yield one


def write_records(path: Path, records: Iterable[DataclassInstance]) -> None:
    """Write them, a line each, in the order given; a field that is empty is left out.

    Raises
    ------
    StoreError
        That is not possible.
    """
    lines = [json.dumps({k: v for k, v in asdict(one).items() if v}, ensure_ascii=False) for one in records]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, lambda partial: partial.write_bytes(text))
