from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from model.make_inputs import material
from model.test_crossfit import RECIPE

import dsaudit
from dsaudit.engine import mapping
from dsaudit.engine import ray as engine_ray
from dsaudit.engine.local import Crashed, Tasks
from dsaudit.engine.mapping import engine, map_batches, map_items
from dsaudit.errors import DsauditError, MissingExtraError, UsageError
from dsaudit.model.crossfit import cross_fit
from dsaudit.model.ensemble import save_networks


@pytest.fixture(scope="module")
def machines():
    """A Ray cluster of two machines with a processor each, as far as Ray can tell; the second one."""
    pytest.importorskip("ray", reason="ray is not installed: pip install 'dsaudit[ray]'")
    from ray.cluster_utils import Cluster

    before = dict(os.environ)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    size = {"num_cpus": 1, "object_store_memory": 100 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=size)
    second = cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    os.environ["RAY_ADDRESS"] = cluster.address
    yield cluster, second
    cluster.shutdown()
    os.environ.clear()
    os.environ.update(before)


on_cluster = pytest.mark.filterwarnings(
    "default::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"
)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def squares(folder, batch):
    ray_worker = parent(os.getppid())  # of the nursery of this process
    for item in batch:
        if item == "worker":
            os.kill(ray_worker, signal.SIGKILL)
        if item == "decoder":
            os._exit(9)
    (folder / f"{ray_worker}-{batch[0]}").touch()
    time.sleep(0.1)
    return [item * item for item in batch]


def fails(batch):
    raise ValueError(f"not {batch[0]}")


@on_cluster
@pytest.mark.parametrize("address", ["ray://127.0.0.1:1", "auto"])
def test_a_cluster_that_does_not_answer_is_one_line(monkeypatch, address):
    pytest.importorskip("ray", reason="ray is not installed: pip install 'dsaudit[ray]'")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(DsauditError, match=r"no Ray cluster .* Connection refused") as refused, engine(address):
        list(map_items(abs, [1]))
    assert "\n" not in refused.value.message


def marked(function, answer):
    ray = pytest.importorskip("ray")
    (Path(os.environ["MARKS"]) / f"{ray.get_gpu_ids()}-{os.getpid()}").touch()
    return went_on(function, answer)


went_on = engine_ray._went_on


@on_cluster
@pytest.mark.parametrize("n_gpus", [0, 1])
def test_an_audit_on_a_cluster_gives_the_same_bytes(machines, audited_words, tmp_path, monkeypatch, n_gpus):
    root, results = audited_words
    here = dsaudit.Run.open(results)
    monkeypatch.setattr(engine_ray, "_went_on", marked)
    os.environ["MARKS"] = str(tmp_path)  # of those nodes that start from now on
    own = machines[0].add_node(num_cpus=0, num_gpus=1, object_store_memory=100 * 2**20) if n_gpus else None
    there = dsaudit.audit(root, out=tmp_path / "out", engine="auto", report=False)
    if own:  # as far as Ray can tell: PyTorch finds none there, so that the bytes are those of a processor
        machines[0].remove_node(own)
        assert [mark.name[:3] for mark in tmp_path.glob("*-*")] == ["[0]"], "encoded in one process, which stays"
    tables = sorted(path.name for path in here.path.glob("*.parquet"))
    assert {"measurements.parquet", "embeddings.parquet", "findings.parquet"} <= set(tables)
    assert [n for n in tables if (here.path / n).read_bytes() != (there.path / n).read_bytes()] == []
    assert there.meta.settings["engine"].value == "auto"


@on_cluster
def test_an_item_that_kills_its_process_is_named(machines, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_ray, "_RETRIES", 0)
    with engine("auto"):
        assert mapping.is_far()
        found = list(map_batches(partial(squares, tmp_path), [[1, "decoder", 2], [3, "worker"], [4]]))
        assert found == [[1], Crashed("decoder"), [4], [9], Crashed("worker"), [16]]
        with pytest.raises(ValueError, match="not 1"):
            list(map_batches(fails, [[1], [2]]))
        assert list(map_items(abs, [])) == []
        assert list(map_batches(sum, [[1, 2]], trusted=True)) == [3]


@on_cluster
def test_folds_are_trained_as_tasks_and_one_that_dies_goes_on(machines, tmp_path):
    made, folds = material()
    here = cross_fit(made, folds, RECIPE, device="cpu")
    killed, told = [], []

    def kill(epoch):
        told.append((epoch.fold, epoch.epoch))
        if not killed:
            killed.extend(p for p in Path("/proc").glob("[0-9]*") if b"ray::_worked" in (p / "cmdline").read_bytes())
            for process in killed:
                os.kill(int(process.name), signal.SIGKILL)

    with engine("auto"):
        there = cross_fit(made, folds, RECIPE, device="cpu", folder=tmp_path, on_epoch=kill)
    assert killed
    assert sorted(told) == [(f, e) for f in range(3) for e in range(2)], "no epoch is told twice"
    assert there.predictions.pred_probs.tobytes() == here.predictions.pred_probs.tobytes()
    pd.testing.assert_frame_equal(there.dynamics, here.dynamics, check_exact=True)
    save_networks(tmp_path / "here", here)
    save_networks(tmp_path / "there", there)
    assert (tmp_path / "here").read_bytes() == (tmp_path / "there").read_bytes()
    again = cross_fit(made, folds, RECIPE, device="cpu", folder=tmp_path)  # behind what the cluster kept
    assert again.predictions.pred_probs.tobytes() == here.predictions.pred_probs.tobytes()


def dies(shared, own, tell, halt):
    os.kill(os.getpid(), signal.SIGKILL)


@on_cluster
def test_a_task_that_takes_its_workers_along_is_one_line(machines, monkeypatch):
    monkeypatch.setattr(engine_ray, "_RETRIES", 0)
    tasks = Tasks(dies, None, 1, lambda k: k, lambda k, message: None, 1, "training of fold")
    with engine("auto"), pytest.raises(DsauditError, match="training of fold 1 of 1 lost its worker") as error:
        mapping.map_tasks(tasks)
    assert "memory" in error.value.hint


@on_cluster
def test_a_worker_and_a_machine_that_are_lost_cost_nothing(machines, tmp_path):
    """Last in this file: one machine is left."""
    cluster, second = machines
    with engine("auto"):
        results = map_batches(partial(squares, tmp_path), [range(k, k + 5) for k in range(0, 300, 5)])
        found = [next(results) for _ in range(5)]
        assert 5 <= len(list(tmp_path.iterdir())) <= 5 + 3 * 2 + 2, "what is under way is bounded"
        worker = int(max(tmp_path.iterdir(), key=lambda mark: mark.stat().st_mtime_ns).name.partition("-")[0])
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
        found += [next(results) for _ in range(5)]
        cluster.remove_node(second, allow_graceful=False)
        found += results
    assert [value for part in found for value in part] == [x * x for x in range(300)]
    assert not Path(f"/proc/{worker}").exists()


def test_nothing_waits_for_ever_for_a_gpu(monkeypatch):
    monkeypatch.setattr(engine_ray, "find_spec", lambda name: True)
    gpus = {"GPU": 1.0}
    cluster = engine_ray.Cluster("auto")
    cluster._ray = SimpleNamespace(cluster_resources=lambda: gpus, wait=lambda answers, timeout: ([], answers))
    cluster._refuse_without_gpu()
    gpus.clear()
    cluster._refuse_without_gpu()  # another one may come
    monkeypatch.setattr(engine_ray, "_GONE_S", -1.0)
    with pytest.raises(DsauditError, match="lost its last GPU"):
        cluster._taken(None, gpu=True)


def test_another_version_is_refused(monkeypatch):
    done, error = pickle.loads(engine_ray._mapped(pickle.dumps(sum), pickle.dumps([1]), "0.0.1"))
    assert not done
    assert "0.0.1" in error.message
    assert "same version" in error.hint


def test_without_ray_its_extra_is_named(monkeypatch):
    monkeypatch.setattr(engine_ray, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as refused, engine("ray"):
        pass
    assert refused.value.hint == "pip install 'dsaudit[ray]'"
    with pytest.raises(UsageError, match="'spark' is not known"), engine("spark"):
        pass
    assert not mapping.is_far()
