from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits

from dsaudit.analysis.cause.mark import SIDE_PX, class_marks

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

N = 40


def _clouds(n: int, seed: int) -> np.ndarray:
    """Smooth coloured noise, each picture with a contrast and a light of its own: uint8 (n, 96, 96, 3)."""
    rng = np.random.default_rng(seed)
    clouds = gaussian_filter(rng.normal(0, 1, (n, SIDE_PX, SIDE_PX, 3)), (0, 3, 3, 0))
    clouds *= rng.uniform(15, 50, (n, 1, 1, 1)) / clouds.std((1, 2, 3), keepdims=True)
    return (clouds + rng.uniform(80, 170, (n, 1, 1, 3))).clip(0, 255).astype(np.uint8)


def _letter(picture: np.ndarray) -> None:
    picture[6:16, 6:8] = 255
    picture[14:16, 6:13] = 255


def _faint(picture: np.ndarray) -> None:
    at = picture[84:94, 60:94]
    stripes = (np.arange(34) // 3 % 2 * 60)[None, :, None]
    picture[84:94, 60:94] = np.minimum(at.astype(int) + stripes, 255)


def _frame(picture: np.ndarray) -> None:
    picture[[0, -1]] = 20
    picture[:, [0, -1]] = 20


def _found(pictures: np.ndarray, labels: list[str], units: list[str] | None = None) -> pd.DataFrame:
    table = class_marks(pictures, labels, units or [str(k) for k in range(len(labels))])
    return table[(table["auc"] - table["auc_error"] >= 0.85) & (table["lead"] >= 2.2)]


@pytest.mark.parametrize(
    ("draw", "where"),
    [(_letter, "top left"), (_faint, "bottom right"), (_frame, "around the edge")],
    ids=["letter", "faint", "frame"],
)
@pytest.mark.parametrize("n_classes", [2, 5])
def test_a_mark_on_most_of_a_class_and_few_others_is_found_where_it_is(
    draw: Callable[[np.ndarray], None], where: str, n_classes: int
) -> None:
    pictures = _clouds(N * n_classes, seed=n_classes)
    labels = [f"class {k % n_classes}" for k in range(len(pictures))]
    marked = [k for k in range(len(pictures)) if (k % n_classes == 0) != (k // n_classes % 20 == 3)]
    for k in marked:
        draw(pictures[k])
    found = _found(pictures, labels)
    assert list(found.index) == ["class 0"]
    row = found.iloc[0]
    assert row["where"] == where
    assert row["own_share"] >= 0.85
    assert row["others_share"] <= 0.15
    own = {k for k in marked if k % n_classes == 0}
    assert len(own & set(row["rows"])) >= 0.9 * max(len(own), len(row["rows"]))


def test_pictures_that_show_their_class_bear_no_mark() -> None:
    digits = load_digits()
    n = 600
    pictures = np.kron(digits.images[:n, :, :, None] * 15, np.ones((1, 12, 12, 3))).astype(np.uint8)
    assert not len(_found(pictures, [str(t) for t in digits.target[:n]]))


def test_labels_dealt_at_random_bear_no_mark() -> None:
    pictures = _clouds(60, seed=3)
    for seed in range(3):
        labels = np.random.default_rng(seed).permutation(["a"] * 20 + ["b"] * 20 + ["c"] * 20)
        assert not len(_found(pictures, labels.tolist()))


def test_copies_are_no_witnesses() -> None:
    pictures = _clouds(48, seed=4)
    pictures[:24] = pictures[:2].repeat(12, axis=0)
    labels, units = ["a"] * 24 + ["b"] * 24, ["x"] * 12 + ["y"] * 12 + [str(k) for k in range(24)]
    assert "a" not in class_marks(pictures, labels, units).index, "a class of two pictures"


def test_nothing_is_told_of_few_pictures() -> None:
    assert class_marks(_clouds(14, seed=5), ["a"] * 7 + ["b"] * 7, [str(k) for k in range(14)]).empty
