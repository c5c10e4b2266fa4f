"""Map a function over batches of items on a Ray cluster.

A batch is a task of Ray; inside of it a worker process as on one machine applies the function, so that an item that
kills its decoder is named as there, and Ray tries again only what failed with a worker of its own or a whole machine.
Where there are GPUs, what was read goes from such a task straight to one that has a GPU, past whoever waits for it. No
task is cancelled: Ray 2.60 may end this very process where a task comes to its end just then.
Ray Data would do it otherwise: it cuts blocks of its own and holds back by their bytes, wants the same columns of all,
and an item that kills an actor either ends its job or takes its block along unnamed.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import socket
import threading
import time
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from importlib.util import find_spec
from itertools import chain, islice
from typing import Any, TypeVar

from dsaudit import __version__
from dsaudit.engine.local import Crashed, Crew, Tasks, both, may_have_gpu, n_jobs
from dsaudit.errors import DsauditError, MissingExtraError
from dsaudit.settings import shown

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

_RETRIES = 3
"""How often a batch or a task is tried again whose worker or machine is gone; then its items are tried one by one."""
_AHEAD = 3
"""Batches under way for each processor."""
_STORE_BYTES = 512 * 2**20
"""Of shared memory for results under way in a cluster that is started here; more goes to its disk."""
_LOOK_S, _ANSWER_S, _BETWEEN_S = 5.0, 10.0, 0.5
_GONE_S = 120.0
"""How long a cluster may be without any GPU that tasks wait for; machines come and go."""
_PORT = 10001
"""Of a cluster's server for drivers elsewhere, where an address has none."""


class Cluster:
    """A Ray cluster that is connected to when there is first something to map, see ``dsaudit.engine.mapping.engine``.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    """

    def __init__(self, name: str, *, jobs: int | None = None, gpus: bool = True) -> None:
        if find_spec("ray") is None:
            raise MissingExtraError("ray is not installed", hint="pip install 'dsaudit[ray]'")
        self._name, self._jobs, self._gpus = name, jobs, gpus
        self._ray: Any = None
        self._task: Any = None
        self._then: Any = None
        self._lost: tuple[type[Exception], ...] = ()
        self._told: dict[Callable[[], Any], Any] = {}
        self._ours = False
        self._n_processors, self._looked, self._seen = 0, 0.0, 0.0

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._ray.shutdown()

    def map_batches(
        self,
        fn: Callable[[Sequence[T]], R],
        batches: Iterable[Sequence[T]],
        *,
        jobs: int | None = None,
        trusted: bool = False,
        then: Callable[[R], R] | None = None,
    ) -> Iterator[R | Crashed[T]]:
        """As ``dsaudit.engine.local.map_batches``; ``jobs`` is how many batches are under way, or three a processor.

        Raises
        ------
        DsauditError
            The cluster cannot be reached, or cannot run this version of dsaudit.
        """
        waiting, under_way = iter(batches), deque[tuple[Sequence[T], Any]]()
        ahead = list(islice(waiting, 2))
        if trusted and len(ahead) == 1:
            yield from map(fn if then is None else partial(both, fn, then), ahead)
            return
        if not ahead:
            return
        waiting = chain(ahead, waiting)
        pool, self._seen = then is not None and bool(self._n_gpus()), time.monotonic()
        put = self._put(fn if then is None or pool else partial(both, fn, then)), self._put(then) if pool else None
        while True:  # what is under way when nobody listens any more is little, and ends by itself
            for batch in islice(waiting, max(0, self._room(jobs) - len(under_way))):
                under_way.append((batch, self._asked(put, batch)))
            if not under_way:
                return
            results = self._results(put, *under_way[0])
            under_way.popleft()
            yield from results

    def map_tasks(self, tasks: Tasks[S, T, R]) -> list[R]:
        """As ``dsaudit.engine.local.map_tasks``: each is a task of Ray, with a GPU where the cluster has some.

        One whose worker or machine is lost is begun anew, ``_RETRIES`` times at most.

        Raises
        ------
        DsauditError
            Then too it was lost; or the cluster cannot be reached, or cannot run this version of dsaudit.
        """
        ray = self._connected()
        desk = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(_Desk).remote()
        gpu, self._seen = bool(self._n_gpus()), time.monotonic()
        task = ray.remote(num_cpus=int(not gpu), num_gpus=int(gpu), max_retries=0)(_worked)
        put, lent, begun, results = self._put(tasks.fn), ray.put(tasks.shared), Counter[int](), dict[int, R]()
        under_way: dict[Any, int] = {}
        todo = list(range(tasks.n))
        try:
            while todo or under_way:
                for k in todo:
                    begun[k] += 1
                    under_way[task.remote(put, lent, pickle.dumps(tasks.own(k), protocol=5), k, desk, __version__)] = k
                ended, _ = ray.wait(list(under_way), timeout=_BETWEEN_S)
                for k, message in ray.get(desk.said.remote()):
                    tasks.told(k, pickle.loads(message))
                todo = []
                if gpu:
                    self._refuse_without_gpu()
                for answer in ended:
                    k = under_way.pop(answer)
                    try:
                        results[k] = self._taken(answer)
                    except self._lost as error:
                        if begun[k] > _RETRIES:
                            raise DsauditError(
                                f"{tasks.called} {k + 1} of {tasks.n} lost its worker on the Ray cluster "
                                f"{begun[k]} times",
                                hint="is there too little memory on its machines? ray status tells",
                            ) from error
                        todo.append(k)
        finally:
            ray.kill(desk)  # those that are at work end soon after it
        return [results[k] for k in range(tasks.n)]

    def accelerated(self, fn: Callable[[], R]) -> R | None:
        """What ``fn`` gives where the cluster has a GPU for it, asked once; None where there is none."""
        if fn not in self._told and self._n_gpus():
            self._told[fn] = self._taken(self._ray.remote(num_cpus=0, num_gpus=1)(_told_there).remote(self._put(fn)))
        return self._told.get(fn)

    def _n_gpus(self) -> int:
        if not self._gpus or (self._ray is None and self._name == "ray" and not may_have_gpu()):
            return 0  # and nothing need be started to know
        return int(self._connected().cluster_resources().get("GPU", 0))

    def _refuse_without_gpu(self) -> None:
        """Raise a DsauditError where the last GPU went long ago: what waits for one would wait for ever."""
        now = time.monotonic()
        if self._n_gpus():
            self._seen = now
        elif now - self._seen > _GONE_S:
            raise DsauditError(
                "the Ray cluster has lost its last GPU, for which work waits",
                hint="ray status shows its machines; --device cpu goes on without, behind what was kept",
            )

    def _connected(self) -> Any:
        if self._ray is not None:
            return self._ray
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody
        import ray

        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if not ray.is_initialized():
            try:
                _refuse_silent(os.environ.get("RAY_ADDRESS", "") if self._name == "auto" else self._name)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of Ray, about its own future
                    if self._name == "ray":
                        n, store = n_jobs(self._jobs), _STORE_BYTES
                        ray.init("local", num_cpus=n, include_dashboard=False, object_store_memory=store, **quiet)
                    else:
                        ray.init(self._name, **quiet)
            except (ConnectionError, RuntimeError, ValueError, OSError) as error:
                said = str(error).strip().splitlines() or [type(error).__name__]
                raise DsauditError(
                    f"no Ray cluster with --engine {shown(self._name)}: {said[0]}",
                    hint="ray status shows whether one is there; --engine ray starts one on this machine",
                ) from error
            self._ours = True
        self._ray, failures = ray, ray.exceptions
        self._lost = (
            failures.WorkerCrashedError,
            failures.NodeDiedError,
            failures.OutOfMemoryError,
            failures.ObjectLostError,
        )
        self._task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_mapped)
        # its processes stay, with their encoder, although they have a GPU
        self._then = ray.remote(num_cpus=0, num_gpus=1, max_retries=_RETRIES, max_calls=0)(_went_on)
        return ray

    def _put(self, fn: Callable[..., Any] | None) -> Any:
        return self._connected().put(pickle.dumps(fn, protocol=5))

    def _room(self, jobs: int | None) -> int:
        """Batches that may be under way; machines come and go."""
        if jobs and self._name != "ray":
            return jobs
        if not self._n_processors or time.monotonic() - self._looked > _LOOK_S:
            self._n_processors = max(1, int(self._ray.cluster_resources().get("CPU", 0)))
            self._looked = time.monotonic()
        return _AHEAD * self._n_processors

    def _asked(self, put: tuple[Any, Any], batch: Sequence[Any]) -> Any:
        function, then = put
        answer = self._task.remote(function, pickle.dumps(batch, protocol=5), __version__)
        return answer if then is None else self._then.remote(then, answer)

    def _taken(self, answer: Any, *, gpu: bool = False) -> Any:
        """What came, or what was raised."""
        while gpu and not self._ray.wait([answer], timeout=_LOOK_S)[0]:
            self._refuse_without_gpu()
        try:
            # pickled as a whole: what is read straight out of Ray's memory would keep all of a batch there
            done, found = pickle.loads(self._ray.get(answer))
        except self._lost:
            raise
        except self._ray.exceptions.RayError as error:
            raise DsauditError(
                f"a machine of the Ray cluster cannot do its part: {str(error).strip().splitlines()[-1]}",
                hint="each needs the same Python, Ray and dsaudit, with the same extras, and sees the same files",
            ) from error
        if not done:
            raise found
        return found

    def _results(self, put: tuple[Any, Any], batch: Sequence[Any], answer: Any) -> list[Any]:
        """What comes of a batch; of its items one by one where it takes its workers along again and again."""
        try:
            return list(self._taken(answer, gpu=put[1] is not None))
        except self._lost:
            if len(batch) == 1:
                return [Crashed(batch[0])]
        alone = [batch[k : k + 1] for k in range(len(batch))]
        answers = [self._asked(put, one) for one in alone]
        return [part for one, told in zip(alone, answers, strict=True) for part in self._results(put, one, told)]


class _Desk:
    """Takes what tasks tell until it is asked for; while it is there, somebody waits for them."""

    def __init__(self) -> None:
        self._said: list[tuple[int, bytes]] = []

    def there(self) -> None:
        pass

    def say(self, k: int, message: bytes) -> None:
        self._said.append((k, message))

    def said(self) -> list[tuple[int, bytes]]:
        said, self._said = self._said, []
        return said


def _refuse_silent(address: str) -> None:
    """Raise an OSError where nobody answers at an address: Ray would wait for ever."""
    host, _, port = address.removeprefix("ray://").partition(":")
    if address not in ("", "ray", "auto", "local"):
        socket.create_connection((host, int(port or _PORT)), timeout=_ANSWER_S).close()


def _mapped(function: bytes, batch: bytes, version: str) -> bytes:
    """In a worker of Ray: pickled, whether it is done, and the results of a pickled batch or what was raised."""
    if (refused := _refused(version)) is not None:
        return refused
    crew = Crew(function)
    try:
        answer = pickle.dumps((True, crew.results(pickle.loads(batch))), protocol=5)
    except Exception as error:
        answer = pickle.dumps((False, error), protocol=5)
    crew.rest()
    return answer


def _went_on(function: bytes, answer: bytes) -> bytes:
    """In a worker of Ray with a GPU: the results of ``_mapped``, each as a pickled function makes it."""
    done, found = pickle.loads(answer)
    if not done:
        return answer
    try:
        then = _known(function)
        return pickle.dumps((True, [one if isinstance(one, Crashed) else then(one) for one in found]), protocol=5)
    except Exception as error:
        return pickle.dumps((False, error), protocol=5)


def _worked(function: bytes, shared: Any, own: bytes, k: int, desk: Any, version: str) -> bytes:
    """In a worker of Ray: one task of ``map_tasks``; it ends soon after its desk."""
    import ray

    if (refused := _refused(version)) is not None:
        return refused
    halt, last = threading.Event(), desk.there.remote()

    def watch() -> None:
        while not halt.wait(_LOOK_S):
            try:
                ray.get(desk.there.remote())
            except ray.exceptions.RayActorError:
                halt.set()

    def tell(message: Any) -> None:
        nonlocal last
        last = desk.say.remote(k, pickle.dumps(message, protocol=5))

    threading.Thread(target=watch, daemon=True).start()
    try:
        answer = pickle.dumps((True, pickle.loads(function)(shared, pickle.loads(own), tell, halt)), protocol=5)
    except Exception as error:
        answer = pickle.dumps((False, error), protocol=5)
    halt.set()
    with contextlib.suppress(ray.exceptions.RayError):
        ray.get(last)  # what was told is told before what came of it
    return answer


@lru_cache(maxsize=1)
def _known(function: bytes) -> Callable[[Any], Any]:
    made: Callable[[Any], Any] = pickle.loads(function)
    return made


def _told_there(function: bytes) -> bytes:
    try:
        return pickle.dumps((True, pickle.loads(function)()), protocol=5)
    except Exception as error:
        return pickle.dumps((False, error), protocol=5)


def _refused(version: str) -> bytes | None:
    """What is answered to another version; None where it is this one."""
    if version == __version__:
        return None
    error = DsauditError(
        f"a machine of the Ray cluster has dsaudit {__version__}, this one {version}",
        hint="install the same version on all of them",
    )
    return pickle.dumps((False, error), protocol=5)
