from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from dsaudit.report.emit.contact_sheet import render_sheet
from dsaudit.types import Dataset
from report.emit.test_html import blocks_of, data_of
from report.make_run import HOSTILE, previewer

if TYPE_CHECKING:
    from pathlib import Path


def dataset(root: Path, labels: list[str | None], each: int = 20) -> Dataset:
    rows = [(f"{k}/{j}.wav", label) for k, label in enumerate(labels) for j in range(each)]
    index = pd.Index([i for i, _ in rows], name="item_id")
    items = pd.DataFrame(
        {"uri": [str(root / i) for i in index], "label": [label for _, label in rows], "split": None, "group": None},
        index=index,
        dtype=object,
    )
    return Dataset(root=root, modality="audio", items=items, notes=("1 hidden file was passed over",))


def test_every_class_has_its_sample_and_its_count(tmp_path: Path) -> None:
    html = render_sheet(dataset(tmp_path, ["cat", "dog", None]), previews=previewer(), n_per_class=5)
    assert [len(g) for g in data_of(html)["groups"]] == [5, 5, 5]
    assert b"Without a label" in html
    assert b"5 of 20 clips" in html
    assert len(blocks_of(html)) == 15


def test_the_sample_follows_the_seed(tmp_path: Path) -> None:
    data = dataset(tmp_path, ["cat", "dog"])
    one, same, other = (render_sheet(data, previews=previewer(), n_per_class=5, seed=s) for s in (1, 1, 2))
    assert one == same
    assert data_of(one)["items"]["id"] != data_of(other)["items"]["id"]


def test_the_cap_is_kept(tmp_path: Path) -> None:
    data = dataset(tmp_path, [f"class {k}" for k in range(50)])
    html = render_sheet(data, previews=previewer(seconds=4), n_per_class=20, cap_bytes=4 * 2**20)
    assert len(html) <= 4 * 2**20
    with pytest.raises(ValueError, match="does not fit"):
        render_sheet(data, previews=previewer(), cap_bytes=1000)


def test_nasty_names_stay_text(tmp_path: Path) -> None:
    html = render_sheet(dataset(tmp_path, list(HOSTILE), each=2), previews=previewer()).decode()
    assert "<script>alert" not in html


def test_an_empty_dataset_says_so(tmp_path: Path) -> None:
    assert b"There are no clips" in render_sheet(dataset(tmp_path, []), previews=previewer())
