"""The map is the same wherever it is made."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from dsaudit.engine.local import Crashed
from dsaudit.evidence import projection as module
from dsaudit.evidence.context import Context
from dsaudit.evidence.embeddings import Embedded
from dsaudit.evidence.tables import MissingEvidenceError

SPACE = pd.DataFrame(
    np.random.default_rng(0).normal(size=(90, 6)).astype(np.float32), index=[f"{k:02}" for k in range(90)]
)


def _context(jobs: int | None = None) -> Context:
    def kept(name: str, compute: Any, *key: object) -> pd.DataFrame:
        return compute()

    @contextlib.contextmanager
    def stage(name: str, total: int):
        yield lambda n: None

    cache = SimpleNamespace(has_stage=lambda *key: False)
    settings = SimpleNamespace(seed=3, jobs=jobs)
    return cast("Context", SimpleNamespace(settings=settings, cache=cache, kept=kept, stage=stage, notes=[]))


def _mapped(begun: module.Projection, context: Context) -> pd.DataFrame:
    return module.projection(context, EMBEDDED, SPACE, begun)


EMBEDDED = cast("Embedded", SimpleNamespace(key="k"))


def test_in_a_process_of_its_own_the_map_is_the_same_to_the_bit(monkeypatch):
    here = module.projection_begun(_context(), EMBEDDED, SPACE)
    assert here.ahead is None
    monkeypatch.setattr(module, "AHEAD", 50)
    assert module.projection_begun(_context(jobs=1), EMBEDDED, SPACE).ahead is None
    there = module.projection_begun(_context(), EMBEDDED, SPACE)
    assert there.ahead is not None
    one, two = _mapped(here, _context()), _mapped(there, _context())
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert list(one.index) == list(SPACE.index)
    assert one.attrs["method"] == two.attrs["method"] == "umap"


def test_a_process_that_is_killed_is_a_reason_and_no_crash():
    killed = module.Projection(("k",), cast("Any", SimpleNamespace(taken=False, take=lambda: Crashed(SPACE))))
    with pytest.raises(MissingEvidenceError, match="killed"):
        _mapped(killed, _context())
