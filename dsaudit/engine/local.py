"""Map a function over items in worker processes of this machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_IN_PROCESS = 48
"""Below this many items starting workers costs more than it saves."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Of a worker: threads of several workers' matrix products wait for each other more than they work."""


@dataclass(frozen=True, slots=True)
class Crashed(Generic[T]):
    """Stands for the result of an item that killed its worker process."""

    item: T


def n_jobs(requested: int | None) -> int:
    """Number of worker processes: as requested, else the processors this process may use."""
    if requested:
        return max(1, requested)
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)


def map_items(
    fn: Callable[[T], R], items: Sequence[T], *, jobs: int | None = None, chunk_size: int = 32
) -> Iterator[R | Crashed[T]]:
    """Apply ``fn`` to every item, in order, in up to ``jobs`` processes.

    Parameters
    ----------
    fn : callable
        Picklable; deals with the errors it expects. What it raises is raised here.
    items : sequence
        Picklable values.
    jobs : int, optional
        Worker processes; all processors by default. 1 stays in this process.
    chunk_size : int
        Items sent to a worker at a time.

    Yields
    ------
    Results in the order of ``items``. Where an item kills its worker (a crash inside a decoder), the
    item is found by bisection, ``Crashed`` is yielded for it alone and the rest goes on.
    """
    workers = min(n_jobs(jobs), -(-len(items) // chunk_size) or 1)
    if workers == 1 and (n_jobs(jobs) == 1 or len(items) < _IN_PROCESS):
        yield from map(fn, items)
        return
    chunks = [items[i : i + chunk_size] for i in range(0, len(items), chunk_size)]
    while chunks:
        delivered = 0
        try:
            for results in _parallel(fn, chunks, workers):
                yield from results
                delivered += 1
        except _broken_pool():
            # the culprit is among the chunks that were under way; the rest goes on side by side
            suspects = 3 * workers + 1
            for chunk in chunks[delivered : delivered + suspects]:
                yield from _bisect(fn, chunk)
            delivered += suspects
        chunks = chunks[delivered:]


def _parallel(fn: Callable[[T], R], chunks: Sequence[Sequence[T]], workers: int) -> Iterator[list[R]]:
    """Results chunk by chunk, in order, with a bounded number of chunks on their way."""
    # loky's workers need no `if __name__ == "__main__"` guard in the caller's script
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=workers, env=_ONE_THREAD)
    waiting = iter(chunks)
    under_way = deque(executor.submit(_apply, fn, chunk) for chunk in islice(waiting, 3 * workers))
    try:
        while under_way:
            results = under_way.popleft().result()
            under_way.extend(executor.submit(_apply, fn, chunk) for chunk in islice(waiting, 1))
            yield results
    except BaseException:  # Ctrl-C, a crashed worker, a caller who stops listening: leave no process behind
        executor.shutdown(wait=False, kill_workers=True)
        raise


def _apply(fn: Callable[[T], R], chunk: Sequence[T]) -> list[R]:
    return [fn(item) for item in chunk]


def _bisect(fn: Callable[[T], R], items: Sequence[T]) -> list[R | Crashed[T]]:
    try:
        (results,) = list(_parallel(fn, [items], 2))
    except _broken_pool():
        if len(items) == 1:
            return [Crashed(items[0])]
        half = len(items) // 2
        return [*_bisect(fn, items[:half]), *_bisect(fn, items[half:])]
    return list(results)


def _broken_pool() -> type[BaseException]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool
