"""Where a function is mapped over batches of items: chosen once, for all that is mapped inside of ``engine``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol, TypeVar

from dsaudit.engine import local
from dsaudit.engine.local import Crashed, Tasks
from dsaudit.errors import UsageError

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Does what ``dsaudit.engine.local`` does, which is one."""

    def map_batches(
        self,
        fn: Callable[[Sequence[T]], R],
        batches: Iterable[Sequence[T]],
        *,
        jobs: int | None,
        trusted: bool,
        then: Callable[[R], R] | None,
    ) -> Iterator[R | Crashed[T]]:
        """Results in the order of ``batches``."""
        ...

    def map_tasks(self, tasks: Tasks[S, T, R]) -> list[R]:
        """Results in the order of the tasks."""
        ...

    def accelerated(self, fn: Callable[[], R]) -> R | None:
        """What ``fn`` gives where ``then`` and tasks have a GPU; None where they have none of their own."""
        ...


_CHOSEN: ContextVar[Engine] = ContextVar("engine", default=local)


@contextmanager
def engine(name: str, *, jobs: int | None = None, gpus: bool = True) -> Iterator[None]:
    """Map on the engine of that name inside the block.

    Parameters
    ----------
    name : str
        ``local``: processes of this machine. ``ray``: a Ray cluster that is started here and ends with the block;
        ``auto``: the one that this machine is part of; ``ray://HOST:10001``: the one there.
    jobs : int, optional
        Processes of a cluster that is started here.
    gpus : bool
        Whether GPUs of a cluster are used.

    Raises
    ------
    UsageError
        There is no such engine.
    MissingExtraError
        Ray is not installed.

    Examples
    --------
    >>> with engine("local"):
    ...     list(map_items(abs, [-1, 2]))
    [1, 2]
    """
    if name == "local":
        yield
        return
    if name not in ("ray", "auto") and not name.startswith("ray://"):
        raise UsageError(f"--engine {name!r} is not known", hint="choose from: local, ray, auto, ray://HOST:10001")
    from dsaudit.engine.ray import Cluster

    with Cluster(name, jobs=jobs, gpus=gpus) as cluster:
        before = _CHOSEN.set(cluster)
        try:
            yield
        finally:
            _CHOSEN.reset(before)


def carry(get: Callable[[], Any], put: Callable[[Any], None]) -> None:
    """Whatever ``get`` says here is ``put`` where items are mapped, if it is anything; both can be pickled."""
    _CARRIED.append((get, put))


_CARRIED: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []


def is_far() -> bool:
    """Whether results may come from other machines, so that little should be sent."""
    return _CHOSEN.get() is not local


def map_batches(
    fn: Callable[[Sequence[T]], R],
    batches: Iterable[Sequence[T]],
    *,
    jobs: int | None = None,
    trusted: bool = False,
    then: Callable[[R], R] | None = None,
) -> Iterator[R | Crashed[T]]:
    """Apply ``fn`` to batches of items on the chosen engine, see ``dsaudit.engine.local.map_batches``."""
    if state := [(put, value) for get, put in _CARRIED if (value := get())]:
        fn = partial(_within, state, fn)
    return _CHOSEN.get().map_batches(fn, batches, jobs=jobs, trusted=trusted, then=then)


def map_tasks(tasks: Tasks[S, T, R], *, here: bool = False) -> list[R]:
    """Results of a few long tasks, in their order, on the chosen engine or ``here``."""
    return (local if here else _CHOSEN.get()).map_tasks(tasks)


def accelerated(fn: Callable[[], R]) -> R | None:
    """What ``fn`` gives where the chosen engine has GPUs of its own, None where it has none; see ``Engine``."""
    return _CHOSEN.get().accelerated(fn)


def map_items(
    fn: Callable[[T], R],
    items: Sequence[T],
    *,
    jobs: int | None = None,
    batch_size: int = 32,
    trusted: bool = False,
) -> Iterator[R | Crashed[T]]:
    """Apply ``fn`` to every item in batches, see ``map_batches``: one result per item, in order."""
    batches = (items[i : i + batch_size] for i in range(0, len(items), batch_size))
    for results in map_batches(partial(_apply, fn), batches, jobs=jobs, trusted=trusted):
        if isinstance(results, Crashed):
            yield results
        else:
            yield from results


def _within(
    state: Sequence[tuple[Callable[[Any], None], Any]], fn: Callable[[Sequence[T]], R], batch: Sequence[T]
) -> R:
    for put, value in state:
        put(value)
    return fn(batch)


def _apply(fn: Callable[[T], R], batch: Sequence[T]) -> list[R]:
    return [fn(item) for item in batch]
