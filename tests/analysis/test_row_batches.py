from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.row_batches import batches


@pytest.mark.parametrize(("n", "columns", "cells"), [(10, 3, 9), (10, 3, 1), (7, 0, 4), (0, 5, 10), (4, 2, 1000)])
def test_every_row_once_in_order_and_no_batch_too_large(n, columns, cells):
    rows = np.arange(n)
    parts = [rows[part] for part in batches(n, columns, cells=cells)]
    assert np.concatenate([rows[:0], *parts]).tolist() == rows.tolist()
    assert all(len(part) * columns <= max(cells, columns) for part in parts)
