"""Vectors of two sets from which an encoder learned in each its own axes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dsaudit.comparison.one_space import LEAST, in_one_space


def run_of(vectors, ids, learned):
    table = pd.DataFrame(vectors.astype(np.float32), index=ids)
    table.attrs["learned_from"] = learned
    return SimpleNamespace(embeddings=table)


@pytest.mark.parametrize("n_kept", [LEAST - 1, LEAST + 20])
def test_items_take_the_vectors_of_before_though_there_are_fewer_axes_now(n_kept):
    rng = np.random.default_rng(0)
    now, way = rng.normal(size=(n_kept + 5, 4)), rng.normal(size=(4, 6))
    ids = [f"i{k}" for k in range(len(now))]
    before, after = run_of((now @ way)[:n_kept], ids[:n_kept], "a"), run_of(now, ids, "b")
    match = SimpleNamespace(partner={i: i for i in ids[:n_kept]}, repaired=())
    made = in_one_space(before, after, match)
    if n_kept < LEAST:
        assert made is None
    else:
        assert np.allclose(made.to_numpy(), now @ way, atol=0.02)
