"""What tables of a run share."""

from __future__ import annotations

import pandas as pd
import pytest

from dsaudit.evidence.context import Context
from dsaudit.settings import Settings
from dsaudit.store.cache import Cache
from dsaudit.types import Dataset


@pytest.mark.parametrize(
    ("ids", "shared"), [(["a", "b", "c"], True), (["c", "a"], True), (["a", "yes"], False), ([], False)]
)
def test_a_table_about_items_holds_their_own_ids(tmp_path, ids, shared):
    """Millions of ids that were read again for every table are gigabytes."""
    items = pd.DataFrame({"label": ["x", "y", "x"]}, index=pd.Index(["a", "b", "c"], dtype=object, name="item_id"))
    context = Context(Dataset(tmp_path, "audio", items), items, None, Settings(), Cache(tmp_path), None)
    made = pd.DataFrame({"x": range(len(ids))}, index=pd.Index(ids, dtype=object, name="of"))
    found = context.kept("table", made.copy, ids)
    pd.testing.assert_frame_equal(found, made, check_index_type=False)
    held = {id(item) for item in items.index}
    assert (bool(ids) and all(id(item) in held for item in found.index)) == shared
