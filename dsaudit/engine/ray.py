"""Map a function over batches of items on a Ray cluster.

A batch is a task of Ray; inside of it a worker process as on one machine applies the function, so that an item that
kills its decoder is named as there, and Ray tries again only what failed with a worker of its own or a whole machine.
Ray Data would do it otherwise: it cuts blocks of its own and holds back by their bytes, wants the same columns of all,
and an item that kills an actor either ends its job or takes its block along unnamed.
"""

from __future__ import annotations

import os
import pickle
import socket
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import Any, TypeVar

from dsaudit.engine.local import Crashed, Crew, n_jobs
from dsaudit.errors import DsauditError, MissingExtraError
from dsaudit.settings import shown

T = TypeVar("T")
R = TypeVar("R")

_RETRIES = 3
"""How often Ray tries a batch again whose worker or machine is gone; then its items are tried one by one."""
_AHEAD = 3
"""Batches under way for each processor."""
_STORE_BYTES = 512 * 2**20
"""Of shared memory for results under way in a cluster that is started here; more goes to its disk."""
_LOOK_S, _ANSWER_S = 5.0, 10.0
_PORT = 10001
"""Of a cluster's server for drivers elsewhere, where an address has none."""


class Cluster:
    """A Ray cluster that is connected to when there is first something to map, see ``dsaudit.engine.mapping.engine``.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    """

    def __init__(self, name: str, *, jobs: int | None = None) -> None:
        if find_spec("ray") is None:
            raise MissingExtraError("ray is not installed", hint="pip install 'dsaudit[ray]'")
        self._name, self._jobs = name, jobs
        self._ray: Any = None
        self._task: Any = None
        self._ours = False
        self._n_processors, self._looked = 0, 0.0

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ours:
            self._ray.shutdown()

    def map_batches(
        self,
        fn: Callable[[Sequence[T]], R],
        batches: Sequence[Sequence[T]],
        *,
        jobs: int | None = None,
        trusted: bool = False,
    ) -> Iterator[R | Crashed[T]]:
        """As ``dsaudit.engine.local.map_batches``; ``jobs`` is how many batches are under way, or three a processor.

        Raises
        ------
        DsauditError
            The cluster cannot be reached, or cannot run this version of dsaudit.
        """
        if trusted and len(batches) == 1:
            yield from map(fn, batches)
            return
        if not batches:
            return
        self._connect()
        function = self._ray.put(pickle.dumps(fn, protocol=5))
        waiting, under_way = iter(batches), deque[tuple[Sequence[T], Any]]()
        try:
            while True:
                for batch in islice(waiting, max(0, self._room(jobs) - len(under_way))):
                    under_way.append((batch, self._asked(function, batch)))
                if not under_way:
                    return
                results = self._results(function, *under_way[0])
                under_way.popleft()
                yield from results
        except BaseException:  # Ctrl-C, an error, a caller who stops listening: leave nothing at work
            for _, answer in under_way:
                self._ray.cancel(answer)
            raise

    def _connect(self) -> None:
        if self._ray is not None:
            return
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
        self._ray = ray
        self._task = ray.remote(num_cpus=1, max_retries=_RETRIES)(_mapped)

    def _room(self, jobs: int | None) -> int:
        """Batches that may be under way; machines come and go."""
        if jobs and self._name != "ray":
            return jobs
        if not self._n_processors or time.monotonic() - self._looked > _LOOK_S:
            self._n_processors = max(1, int(self._ray.cluster_resources().get("CPU", 0)))
            self._looked = time.monotonic()
        return _AHEAD * self._n_processors

    def _asked(self, function: Any, batch: Sequence[Any]) -> Any:
        from dsaudit import __version__

        return self._task.remote(function, pickle.dumps(batch, protocol=5), __version__)

    def _results(self, function: Any, batch: Sequence[Any], answer: Any) -> list[Any]:
        """What comes of a batch; of its items one by one where it takes its workers along again and again."""
        failures = self._ray.exceptions
        try:
            # pickled as a whole: what is read straight out of Ray's memory would keep all of a batch there
            done, found = pickle.loads(self._ray.get(answer))
        except (
            failures.WorkerCrashedError,
            failures.NodeDiedError,
            failures.OutOfMemoryError,
            failures.ObjectLostError,
        ):
            if len(batch) == 1:
                return [Crashed(batch[0])]
        except failures.RayError as error:
            raise DsauditError(
                f"a machine of the Ray cluster cannot do its part: {str(error).strip().splitlines()[-1]}",
                hint="each needs the same Python, Ray and dsaudit, with the same extras, and sees the same files",
            ) from error
        else:
            if not done:
                raise found
            return list(found)
        alone = [batch[k : k + 1] for k in range(len(batch))]
        answers = [self._asked(function, one) for one in alone]
        return [part for one, told in zip(alone, answers, strict=True) for part in self._results(function, one, told)]


def _refuse_silent(address: str) -> None:
    """Raise an OSError where nobody answers at an address: Ray would wait for ever."""
    host, _, port = address.removeprefix("ray://").partition(":")
    if address not in ("", "ray", "auto", "local"):
        socket.create_connection((host, int(port or _PORT)), timeout=_ANSWER_S).close()


def _mapped(function: bytes, batch: bytes, version: str) -> bytes:
    """In a worker of Ray: pickled, whether it is done, and the results of a pickled batch or what was raised."""
    from dsaudit import __version__

    if version != __version__:
        error = DsauditError(
            f"a machine of the Ray cluster has dsaudit {__version__}, this one {version}",
            hint="install the same version on all of them",
        )
        return pickle.dumps((False, error), protocol=5)
    crew = Crew(function)
    try:
        answer = pickle.dumps((True, crew.results(pickle.loads(batch))), protocol=5)
    except Exception as error:
        answer = pickle.dumps((False, error), protocol=5)
    except BaseException:  # nobody waits for it any more
        crew.end()
        raise
    crew.rest()
    return answer
