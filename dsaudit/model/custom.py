"""An encoder of the user's own: any function that turns a list of items into vectors, named ``module:callable``.

The callable gets a list of at most 32 items, as the modality reads them: float32 mono waveforms at 16 kHz (audio), RGB
``PIL.Image`` (image), str (text). It returns one vector per item: an array (n, d), d ≥ 2. A class is made once, without
arguments, and what it makes is called.

Vectors are kept by content and by the source of the module, or by the callable's (else its module's) ``__version__``
where there is one: change it when the vectors change for another reason than the module's own text, such as weights.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsaudit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

BATCH = 32

_FAILURES = (Exception, SystemExit)
"""Whatever a stranger's code raises, short of Ctrl-C."""


class CustomEncoder:
    """Calls the user's callable in batches of bounded size; see the module.

    Parameters
    ----------
    name : str
        ``module:callable``.

    Raises
    ------
    UsageError
        There is no such module or callable, or importing it fails.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.dim = 0
        self.notes: tuple[str, ...] = ()
        self._function, self.version = _found(name)
        self._made: Callable[[list[Any]], Any] | None = None

    def encode(self, items: Sequence[Any]) -> npt.NDArray[np.float32]:
        """Vectors, float32 (n, d); a row of NaN where the callable fails on that item alone.

        Raises
        ------
        UsageError
            The callable fails on everything that it was given, or returns something else than n vectors.
        """
        if not len(items):
            return np.zeros((0, self.dim), dtype=np.float32)
        rows: list[npt.NDArray[np.float32] | None] = []
        for begin in range(0, len(items), BATCH):
            rows += self._batch(list(items[begin : begin + BATCH]))
        missing = np.full(self.dim, np.nan, dtype=np.float32)
        return np.array([missing if row is None else row for row in rows], dtype=np.float32)

    def _batch(self, batch: list[Any]) -> list[npt.NDArray[np.float32] | None]:
        try:
            return list(self._called(batch))
        except UsageError:
            raise
        except _FAILURES as error:
            failure: BaseException = error
        rows: list[npt.NDArray[np.float32] | None] = []
        for item in batch:  # one item that it cannot take costs only itself
            try:
                rows.append(self._called([item])[0])
            except UsageError:
                raise
            except _FAILURES as error:
                failure = error
                rows.append(None)
        if not self.dim:
            raise UsageError(
                f"the encoder {self.name} failed: {type(failure).__name__}: {_line(failure)}",
                hint="it gets a list of items and returns an array with one row of numbers for each",
            ) from failure
        return rows

    def _called(self, batch: list[Any]) -> npt.NDArray[np.float32]:
        with contextlib.redirect_stdout(sys.stderr):  # what it prints is no part of a document that we write
            if self._made is None:
                self._made = self._function() if isinstance(self._function, type) else self._function
            made = self._made(batch)
        if hasattr(made, "detach"):  # a tensor, wherever it lies
            made = made.detach().cpu()
        try:
            if np.iscomplexobj(made):
                raise TypeError("complex")
            with np.errstate(over="ignore"):  # an infinity says that this item has no vector
                vectors = np.asarray(made, dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise self._refused(f"a {type(made).__name__} that is no array of numbers") from error
        if vectors.ndim != 2 or len(vectors) != len(batch) or vectors.shape[1] < 2:
            raise self._refused(f"the shape {vectors.shape} for {len(batch)} items")
        if self.dim and vectors.shape[1] != self.dim:
            raise self._refused(f"{vectors.shape[1]} numbers per item after {self.dim}")
        self.dim = vectors.shape[1]
        return vectors

    def _refused(self, what: str) -> UsageError:
        return UsageError(
            f"the encoder {self.name} returned {what}", hint="return an array (n, d): one row of d ≥ 2 numbers per item"
        )


def _found(name: str) -> tuple[Any, str]:
    """The callable of that name, and its version."""
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise UsageError(f"--encoder {name} is half a name", hint="it is module:callable, as in features:embed")
    try:
        with _working_directory(module_name.partition(".")[0]), contextlib.redirect_stdout(sys.stderr):
            module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise UsageError(
                f"there is no module {error.name!r} for the encoder {name}",
                hint=f"run dsaudit in the folder that holds {error.name.partition('.')[0]}.py, or install it",
            ) from error
        raise UsageError(f"importing {module_name} failed: {_line(error)}", hint=f"pip install {error.name}") from error
    except _FAILURES as error:
        raise UsageError(
            f"importing {module_name} failed: {type(error).__name__}: {_line(error)}",
            hint=f"try it alone: python -c 'import {module_name}'",
        ) from error
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        names = sorted(n for n, v in vars(module).items() if callable(v) and not n.startswith("_"))
        raise UsageError(
            f"{module_name} has no callable {path!r}", hint=f"it has: {', '.join(names[:8]) or 'none at all'}"
        )
    version = getattr(found, "__version__", None) or getattr(module, "__version__", None)
    return found, str(version) if version else _source_digest(module)


def _source_digest(module: Any) -> str:
    file = getattr(module, "__file__", None)
    data = Path(file).read_bytes() if file and Path(file).is_file() else module.__name__.encode()
    return hashlib.blake2b(data, digest_size=8).hexdigest()


@contextlib.contextmanager
def _working_directory(package: str) -> Iterator[None]:
    """Modules of the working directory can be imported, as ``python -m`` would have it."""
    here = str(Path.cwd())
    if here in sys.path or not any(Path(here, n).exists() for n in (f"{package}.py", package)):
        yield
        return
    sys.path.insert(0, here)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(here)


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]
