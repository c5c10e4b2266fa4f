from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from dsaudit.store import memory

on_linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")


def resident(kind: str) -> int:
    """Memory of this process of a kind, in bytes."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(lines[kind].split()[0])


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no file can be given its room here")
def test_a_large_array_lies_on_disk_under_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "MAPPED_FROM", 1_000)
    small, large = memory.room((10, 10), "float32", folder=tmp_path), memory.room((100, 10), "float32", folder=tmp_path)
    assert type(small) is np.ndarray
    assert isinstance(large, np.memmap)
    assert not list(tmp_path.iterdir())
    large[:] = np.arange(1_000).reshape(100, 10)
    memory.let_go(large)
    memory.give_back()
    assert large[::33].sum(axis=1).tolist() == [45.0, 3_345.0, 6_645.0, 9_945.0]


def test_without_room_on_disk_it_is_in_memory(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(memory, "MAPPED_FROM", 0)
    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    assert type(memory.room((3, 2), "float64", folder=tmp_path)) is np.ndarray
    assert type(memory.room((3, 2), "float64", folder=tmp_path / "nowhere")) is np.ndarray


@on_linux
def test_pages_of_files_are_given_back_between_steps(tmp_path):
    n = memory.MAPPED_FROM // 4
    np.save(tmp_path / "vectors.npy", np.ones(n, dtype=np.float32))
    array = memory.on_disk(tmp_path / "vectors.npy")
    before = resident("RssFile")
    assert array.sum() == n
    assert resident("RssFile") > before + 0.9 * memory.MAPPED_FROM
    memory.give_back()
    assert resident("RssFile") < before + 0.1 * memory.MAPPED_FROM
    assert array[-1] == 1.0
