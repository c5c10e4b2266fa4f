"""Map a function over batches of items in worker processes of this machine."""

from __future__ import annotations

import atexit
import os
import pickle
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Generic, TypeVar

from dsaudit.engine.process import DiedError, Worker, keep, started

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

Task = Callable[[S, T, Callable[[Any], None], threading.Event], R]
"""From what all tasks share and what is one's own to its result; it tells how far it is, and ends once the event is
set."""


@dataclass(frozen=True, slots=True)
class Tasks(Generic[S, T, R]):
    """A few long tasks that share what they work on, for whichever engine runs them.

    Attributes
    ----------
    fn : callable
    shared : object
        Not changed by any.
    n : int
        Tasks, at least one.
    own : callable
        From the number of a task to what is its own; asked again where the task is begun anew.
    told : callable
        Given the number of a task and what it tells, by several threads.
    at_once : int
        Threads, where they run in this process.
    called : str
        What a task is, for messages.
    """

    fn: Task[S, T, R]
    shared: S
    n: int
    own: Callable[[int], T]
    told: Callable[[int, Any], None]
    at_once: int
    called: str


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


_ACCELERATORS = ("nvidia*", "nvhost*", "kfd", "dxg", "accel*")
"""Names below ``/dev`` of which Linux has one where there is a GPU to be driven."""


def may_have_gpu(devices: Path = Path("/dev")) -> bool:
    """Whether this machine may have a GPU, told without PyTorch."""
    return sys.platform != "linux" or any(next(devices.glob(name), None) for name in _ACCELERATORS)


def map_batches(
    fn: Callable[[Sequence[T]], R],
    batches: Iterable[Sequence[T]],
    *,
    jobs: int | None = None,
    trusted: bool = False,
    then: Callable[[R], R] | None = None,
) -> Iterator[R | Crashed[T]]:
    """Apply ``fn`` to batches of items, in order, in up to ``jobs`` processes, never in this one: what a file can do to
    its decoder must not end a run.

    Parameters
    ----------
    fn : callable
        Picklable, from a batch to its results, such as an Arrow table that says which row is which item's; deals with
        the errors it expects. What it raises is raised here. Of an empty batch nothing must come but imports.
    batches : iterable of sequences
        Picklable values. A bounded number of batches is under way: results wait for whoever takes them, and batches
        are taken as there is room for them.
    jobs : int, optional
        Worker processes; all processors by default.
    trusted : bool
        Whether no item can kill its process, such as a text: a single batch is then not worth one.
    then : callable, optional
        Picklable; applied to each result where there is a GPU for it, else in the same process.

    Yields
    ------
    Results in the order of ``batches``. Where an item kills its worker (a crash inside a decoder), ``Crashed`` is
    yielded for it alone, and for the rest of its batch the result of each item by itself.
    """
    if then is not None:
        fn = partial(both, fn, then)
    waiting = iter(batches)
    ahead = list(islice(waiting, max(2, n_jobs(jobs))))
    if trusted and len(ahead) == 1:
        yield from map(fn, ahead)
        return
    workers = min(n_jobs(jobs), len(ahead))
    if not workers:
        return
    crew, waiting = Crew(pickle.dumps(fn, protocol=5)), chain(ahead, waiting)
    with ThreadPoolExecutor(workers, thread_name_prefix="dsaudit-worker") as threads:
        under_way = deque(threads.submit(crew.results, batch) for batch in islice(waiting, 3 * workers))
        try:
            while under_way:
                results = under_way.popleft().result()
                under_way.extend(threads.submit(crew.results, batch) for batch in islice(waiting, 1))
                yield from results
        except BaseException:  # Ctrl-C, an error, a caller who stops listening: leave nothing at work
            threads.shutdown(wait=False, cancel_futures=True)
            crew.end()
            raise
    crew.rest()


def map_tasks(tasks: Tasks[S, T, R]) -> list[R]:
    """Results of long tasks side by side, in threads of this process. The first failure, or Ctrl-C, ends all."""
    halt = threading.Event()
    with ThreadPoolExecutor(tasks.at_once) as pool:
        running = [
            pool.submit(tasks.fn, tasks.shared, tasks.own(k), partial(tasks.told, k), halt) for k in range(tasks.n)
        ]
        try:
            ended = wait(running, return_when=FIRST_EXCEPTION).done
            return [future.result() for future in running if future in ended]
        except BaseException:
            halt.set()  # what was kept until then stays
            pool.shutdown(cancel_futures=True)
            raise


def accelerated(fn: Callable[[], R]) -> R | None:
    """None: here the caller decides what a GPU does."""
    return None


def both(fn: Callable[[T], R], then: Callable[[R], R], batch: T) -> R:
    """One after the other."""
    return then(fn(batch))


class Ahead(Generic[R]):
    """What comes of a batch in a worker process of its own, see ``map_batches``, while this process goes on."""

    def __init__(self, fn: Callable[[Sequence[T]], R], batch: Sequence[T]) -> None:
        self._crew = Crew(pickle.dumps(fn, protocol=5))
        self._answer: Future[R | Crashed[T]] | None = Future()
        atexit.register(self._crew.end)
        threading.Thread(target=self._asked, args=(batch, self._answer), name="dsaudit-ahead", daemon=True).start()

    def _asked(self, batch: Sequence[Any], answer: Future[R | Crashed[T]]) -> None:
        try:
            answer.set_result(self._crew.results(batch)[0])
        except BaseException as error:  # raised where the answer is asked for
            answer.set_exception(error)
        atexit.unregister(self._crew.end)
        self._crew.rest()

    @property
    def taken(self) -> bool:
        """Whether the answer was given away."""
        return self._answer is None

    def take(self) -> R | Crashed[Any]:
        """Waits for it, and holds it no longer; what the function raised is raised.

        Raises
        ------
        ValueError
            It was taken before.
        """
        answer, self._answer = self._answer, None
        if answer is None:
            raise ValueError("the answer was taken before")
        return answer.result()


class Crew:
    """The worker processes of one map, which is a pickled function."""

    def __init__(self, function: bytes) -> None:
        self._function = function
        self._free: list[Worker] = []
        self._busy: set[Worker] = set()
        self._ended = False

    def results(self, batch: Sequence[T]) -> list[Any]:
        """What comes of a batch; in parts where one of its items kills a worker."""
        try:
            return [self._ask(batch)]
        except DiedError:
            if self._ended or len(batch) == 1:
                return [Crashed(batch[0])]
        return [part for k in range(len(batch)) for part in self.results(batch[k : k + 1])]

    def _ask(self, batch: Sequence[Any]) -> Any:
        worker = self._free.pop() if self._free else started(self._function)
        self._busy.add(worker)
        if self._ended:
            worker.end()
        try:
            result = worker.ask(pickle.dumps((self._function, batch), protocol=5))
        except DiedError:
            self._busy.discard(worker)
            worker.end()
            raise
        except BaseException:  # what the function raised
            self._rested(worker)
            raise
        self._rested(worker)
        return result

    def _rested(self, worker: Worker) -> None:
        self._busy.discard(worker)
        self._free.append(worker)

    def rest(self) -> None:
        """Keep the workers for the next map."""
        while self._free:
            keep(self._free.pop())

    def end(self) -> None:
        """End them, whatever they are doing."""
        self._ended = True
        for worker in [*self._busy, *self._free]:
            worker.end()
