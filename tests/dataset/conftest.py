from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from dataset.make_external import LABELS, PATHS
from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dsaudit.types import Dataset


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Empty files at the given paths below a fresh folder, which is returned."""

    def make(*paths: str) -> Path:
        root = tmp_path / "data"
        root.mkdir(exist_ok=True)
        for path in paths:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        return root

    return make


@pytest.fixture
def opened() -> Callable[..., Dataset]:
    """``open_dataset`` for audio."""

    def run(source: Any, **options: Any) -> Dataset:
        return open_dataset(source, kind_for("audio"), **options)

    return run


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A manifest whose order is not that of its ids."""
    pd.DataFrame({"path": PATHS, "label": LABELS}).to_csv(tmp_path / "m.csv", index=False)
    return open_dataset(tmp_path / "m.csv", kind_for("audio"))
