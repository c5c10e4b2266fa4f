from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsaudit.engine import process
from dsaudit.engine.local import Ahead, Crashed, n_jobs
from dsaudit.engine.mapping import map_batches, map_items


def square(x: int) -> int:
    return x * x


def dies_on_seven(x: int) -> int:
    if x == 7:
        os._exit(9)
    return x


def fails_on_three(x: int) -> int:
    if x == 3:
        raise ValueError("three")
    return x


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_order(jobs):
    assert list(map_items(square, range(200), jobs=jobs)) == [x * x for x in range(200)]


def test_one_item_that_kills_its_worker_costs_only_itself():
    results = list(map_items(dies_on_seven, list(range(100)), jobs=2, batch_size=16))
    assert results[7] == Crashed(7)
    assert [r for r in results if not isinstance(r, Crashed)] == [x for x in range(100) if x != 7]


def breaks_on_seven(x: int) -> int:
    return ctypes.string_at(0) if x == 7 else x


@pytest.mark.parametrize("forks", [True, False], ids=["forked", "spawned"])
@pytest.mark.parametrize("n", [8, 40])
def test_a_decoder_that_breaks_ends_no_run_however_few_the_items(monkeypatch, n, forks):
    monkeypatch.setattr(process, "_FORKS", forks and process._FORKS)
    assert list(map_items(breaks_on_seven, range(n), jobs=1)) == [*range(7), Crashed(7), *range(8, n)]
    assert list(map_items(breaks_on_seven, [7], jobs=1)) == [Crashed(7)]


def total(batch):
    return sum(map(dies_on_seven, batch))


def test_what_is_made_ahead_comes_when_it_is_asked_for():
    ahead = Ahead(total, [1, 2])
    assert (ahead.taken, ahead.take(), ahead.taken) == (False, 3, True)
    with pytest.raises(ValueError, match="taken before"):
        ahead.take()
    assert Ahead(total, [7]).take() == Crashed(7)
    with pytest.raises(TypeError):
        Ahead(total, ["x"]).take()


def test_the_rest_of_a_batch_that_kills_its_worker_comes_in_parts():
    batches = [range(k, k + 10) for k in range(0, 60, 10)]
    results = list(map_batches(total, batches, jobs=2))
    assert results.count(Crashed(7)) == 1
    assert sum(r for r in results if not isinstance(r, Crashed)) == sum(range(60)) - 7
    assert results[-5:] == [sum(batch) for batch in batches[1:]]


def leave_a_mark(batch):
    for path in batch:
        path.touch()


def test_results_wait_for_whoever_takes_them(tmp_path):
    results = map_batches(leave_a_mark, [[tmp_path / str(k)] for k in range(60)], jobs=2)
    for n_taken in range(1, 11):
        next(results)
        assert n_taken <= len(list(tmp_path.iterdir())) <= n_taken + 6, "memory is bounded by what is under way"
    results.close()


def test_errors_reach_the_caller():
    with pytest.raises(ValueError, match="three"):
        list(map_items(fails_on_three, range(100), jobs=2))


def test_nothing_in_nothing_out():
    assert list(map_items(square, [], jobs=2)) == []


def test_n_jobs():
    assert n_jobs(3) == 3
    assert n_jobs(None) >= 1


def setting_of_worker(item):
    return os.environ.get("OMP_NUM_THREADS"), os.getpid()


def test_workers_multiply_on_one_thread_each():
    found = list(map_items(setting_of_worker, range(100), jobs=2))
    assert {threads for threads, _ in found} == {"1"}
    assert os.getpid() not in {process for _, process in found}
    assert {process for _, process in map_items(setting_of_worker, [1], jobs=1)} != {os.getpid()}
    assert {process for _, process in map_items(setting_of_worker, [1], jobs=1, trusted=True)} == {os.getpid()}


def is_noisy(item):
    print("a line of a library", flush=True)
    os.write(2, b"a warning of a library\n")
    return item


def test_what_libraries_print_reaches_nobody(capfd):
    assert list(map_items(is_noisy, [1, 2], jobs=1)) == [1, 2]
    assert capfd.readouterr() == ("", "")


class PickyError(Exception):
    def __init__(self, one, two):
        super().__init__(one)


def fails_in_its_own_way(item):
    raise PickyError("one", "two")


def test_an_error_that_cannot_travel_is_told_of():
    with pytest.raises(RuntimeError, match="PickyError: one"):
        list(map_items(fails_in_its_own_way, [1], jobs=1))


PARENT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell that starts us in the background ignores
from engine.test_local import sleeps
from dsaudit.engine.mapping import map_items
list(map_items(sleeps, [sys.argv[1]] * 2, jobs=2, batch_size=1))
"""


def sleeps(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(60)


def lives(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path, how):
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(process.__file__).parents[2])])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.DEVNULL
    ) as parent:
        deadline = time.monotonic() + 60
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        workers = [int(mark.name) for mark in tmp_path.iterdir()]
        parent.send_signal(how)
    assert len(workers) == 2
    while any(map(lives, workers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(lives, workers))
