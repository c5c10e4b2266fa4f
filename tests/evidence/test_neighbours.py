"""The nearest of each item: a search that was killed goes on behind the last part that it kept."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dsaudit.analysis.space import neighbours as search
from dsaudit.evidence import neighbours as evidence
from dsaudit.evidence.context import Context
from dsaudit.settings import Settings
from dsaudit.store.cache import Cache
from dsaudit.types import Dataset


@contextmanager
def stage(name, total):
    yield lambda n: None


def asked(folder, n=2_500):
    ids = pd.Index([f"i{k:04d}" for k in range(n)], dtype=object, name="item_id")
    items = pd.DataFrame({"uri": None, "label": None, "split": None, "group": None}, index=ids)
    dataset = Dataset(folder, "audio", items)
    context = Context(dataset, items, None, Settings(), Cache(folder / "cache"), stage)
    space = np.random.default_rng(0).standard_normal((n, 6)).astype(np.float32)
    return evidence.neighbours(context, SimpleNamespace(key="vectors"), pd.DataFrame(space, index=ids))


def test_a_search_that_was_killed_goes_on_behind_its_last_part(tmp_path, monkeypatch):
    monkeypatch.setattr("dsaudit.store.cache.LONG_S", 0.0)
    monkeypatch.setattr(search, "_KEPT_AT_ONCE", 1_000)
    monkeypatch.setattr(evidence, "EXACT_UP_TO", 1_000)
    monkeypatch.setattr(evidence, "NeighbourSearch", partial(search.NeighbourSearch, exact_up_to=1_000))
    whole = asked(tmp_path / "whole")
    assert not list((tmp_path / "whole/cache/part").iterdir()), "what is done keeps no parts"

    of, rows = search.NeighbourSearch.of, []

    def stopped(self, part):
        if len(rows) == 2:
            raise KeyboardInterrupt
        rows.append(part.start)
        return of(self, part)

    monkeypatch.setattr(search.NeighbourSearch, "of", stopped)
    with pytest.raises(KeyboardInterrupt):
        asked(tmp_path / "killed")
    rows.clear()
    found = asked(tmp_path / "killed")
    assert rows == [2_000]
    pd.testing.assert_frame_equal(found, whole)
