from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.row_batches import batches
from dsaudit.store.memory import let_go


@pytest.mark.parametrize(("n", "columns", "cells"), [(10, 3, 9), (10, 3, 1), (7, 0, 4), (0, 5, 10), (4, 2, 1000)])
def test_every_row_once_in_order_and_no_batch_too_large(n, columns, cells):
    rows = np.arange(n)
    parts = [rows[part] for part in batches(n, columns, cells=cells)]
    assert np.concatenate([rows[:0], *parts]).tolist() == rows.tolist()
    assert all(len(part) * columns <= max(cells, columns) for part in parts)


def resident(path):
    """KiB that this process holds of a file which it has mapped."""
    lines = Path("/proc/self/smaps").read_text().split("\n")
    at = next(k for k, line in enumerate(lines) if line.endswith(str(path)))
    return int(next(line for line in lines[at:] if line.startswith("Rss:")).split()[1])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is resident")
def test_what_was_looked_at_of_a_file_is_let_go(tmp_path):
    X = np.random.default_rng(0).standard_normal((100_000, 32), dtype=np.float32)
    np.save(tmp_path / "x.npy", X)
    mapped = pd.DataFrame(np.load(tmp_path / "x.npy", mmap_mode="r"), copy=False).to_numpy()
    assert np.array_equal(mapped, X)
    assert resident(tmp_path / "x.npy") >= X.nbytes // 1024
    let_go(mapped)
    assert resident(tmp_path / "x.npy") == 0
    most = 0
    for part in batches(len(X), 32, cells=32_000, of=mapped):
        assert np.array_equal(mapped[part], X[part])
        most = max(most, resident(tmp_path / "x.npy"))
    assert most < X.nbytes // 1024 / 2
    assert resident(tmp_path / "x.npy") == 0


def test_an_array_of_no_file_stays_as_it_is():
    X = np.arange(6.0).reshape(3, 2)
    let_go(X)
    assert [X[part].sum() for part in batches(3, 2, cells=2, of=X)] == [1.0, 5.0, 9.0]
