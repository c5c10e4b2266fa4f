from __future__ import annotations

import os

import pytest

from dsaudit.engine.local import Crashed, map_batches, map_items, n_jobs


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


def total(batch):
    return sum(map(dies_on_seven, batch))


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
