"""Map a function over batches of items in worker processes of this machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
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


def map_batches(
    fn: Callable[[Sequence[T]], R], batches: Sequence[Sequence[T]], *, jobs: int | None = None
) -> Iterator[R | Crashed[T]]:
    """Apply ``fn`` to batches of items, in order, in up to ``jobs`` processes.

    Parameters
    ----------
    fn : callable
        Picklable, from a batch to its results, such as an Arrow table that says which row is which item's; deals with
        the errors it expects. What it raises is raised here.
    batches : sequence of sequences
        Picklable values. A bounded number of batches is under way: results wait for whoever takes them.
    jobs : int, optional
        Worker processes; all processors by default. 1 stays in this process.

    Yields
    ------
    Results in the order of ``batches``. Where an item kills its worker (a crash inside a decoder), the item is found by
    bisection, ``Crashed`` is yielded for it alone, and for the rest of its batch the results of its parts.
    """
    workers = min(n_jobs(jobs), len(batches) or 1)
    if workers == 1 and (n_jobs(jobs) == 1 or sum(map(len, batches)) < _IN_PROCESS):
        yield from map(fn, batches)
        return
    while batches:
        delivered = 0
        try:
            for result in _parallel(fn, batches, workers):
                yield result
                delivered += 1
        except _broken_pool():
            # the culprit is among the batches that were under way; the rest goes on side by side
            suspects = 3 * workers + 1
            for batch in batches[delivered : delivered + suspects]:
                yield from _bisect(fn, batch)
            delivered += suspects
        batches = batches[delivered:]


def map_items(
    fn: Callable[[T], R], items: Sequence[T], *, jobs: int | None = None, batch_size: int = 32
) -> Iterator[R | Crashed[T]]:
    """Apply ``fn`` to every item in batches, see ``map_batches``: one result per item, in order."""
    batches = [items[i : i + batch_size] for i in range(0, len(items), batch_size)]
    for results in map_batches(partial(_apply, fn), batches, jobs=jobs):
        if isinstance(results, Crashed):
            yield results
        else:
            yield from results


def _apply(fn: Callable[[T], R], batch: Sequence[T]) -> list[R]:
    return [fn(item) for item in batch]


def _parallel(fn: Callable[[Sequence[T]], R], batches: Sequence[Sequence[T]], workers: int) -> Iterator[R]:
    """Results batch by batch, in order, with a bounded number of batches on their way."""
    # loky's workers need no `if __name__ == "__main__"` guard in the caller's script
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=workers, env=_ONE_THREAD)
    waiting = iter(batches)
    under_way = deque(executor.submit(fn, batch) for batch in islice(waiting, 3 * workers))
    try:
        while under_way:
            result = under_way.popleft().result()
            under_way.extend(executor.submit(fn, batch) for batch in islice(waiting, 1))
            yield result
    except BaseException:  # Ctrl-C, a crashed worker, a caller who stops listening: leave no process behind
        executor.shutdown(wait=False, kill_workers=True)
        raise


def _bisect(fn: Callable[[Sequence[T]], R], batch: Sequence[T]) -> list[R | Crashed[T]]:
    try:
        return list(_parallel(fn, [batch], 2))
    except _broken_pool():
        if len(batch) == 1:
            return [Crashed(batch[0])]
        half = len(batch) // 2
        return [*_bisect(fn, batch[:half]), *_bisect(fn, batch[half:])]


def _broken_pool() -> type[BaseException]:
    from concurrent.futures.process import BrokenProcessPool

    return BrokenProcessPool
