"""How items lie, told from vectors that know it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from dsaudit.analysis.space.pose import pose_scores, turned


def vectors(n: int, *, strength: float, seed: int = 0) -> npt.NDArray[np.float32]:
    """Content, which is the same in all four poses, and what each pose adds to it, beside noise."""
    rng = np.random.default_rng(seed)
    content, of_pose = rng.normal(0, 3, (n, 1, 40)), rng.normal(0, strength, (1, 4, 40))
    return (content + of_pose + rng.normal(0, 1, (n, 4, 40))).astype(np.float32)


def turned_by(quarters: list[int], found: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    for k, quarter in enumerate(quarters):
        found[k] = np.roll(found[k], -quarter, axis=0)
    return found


@pytest.mark.parametrize("n_learned", [120, 80])
def test_what_is_turned_is_found_with_its_turn(n_learned: int) -> None:
    quarters = [1, 2, 3, *[0] * 112, 1, 2, 3, 3, 0]
    found = turned_by(quarters, vectors(120, strength=1.0))
    scores = pose_scores(found, [str(k) for k in range(120)], n_learned=n_learned)
    pose, p_turned = turned(scores, ["a"] * 120, n_learned=n_learned)
    assert pose.tolist() == quarters
    assert np.flatnonzero(p_turned > 0.5).tolist() == np.flatnonzero(quarters).tolist()


def test_where_no_way_is_the_right_one_nothing_is_turned() -> None:
    scores = pose_scores(vectors(120, strength=0.0), [str(k) for k in range(120)], n_learned=120)
    pose, p_turned = turned(scores, [None] * 120, n_learned=120)
    assert np.mean(pose == 0) < 0.5
    assert p_turned.max() < 0.5


def test_a_class_that_lies_in_any_way_is_passed_over() -> None:
    quarters = [0] * 80 + np.random.default_rng(1).integers(0, 4, 40).tolist()
    found = turned_by(quarters, vectors(120, strength=1.0))
    scores = pose_scores(found, [str(k) for k in range(120)], n_learned=120)
    as_one, by_class = (turned(scores, labels, n_learned=120)[1] for labels in (["a"] * 120, ["a"] * 80 + ["b"] * 40))
    assert (by_class[80:] > 0.5).sum() < (as_one[80:] > 0.5).sum()


def test_copies_do_not_vouch_for_one_another() -> None:
    found = turned_by([2, 2, 2, 2, 2, 2], vectors(60, strength=0.6))
    found[:6] = found[0]
    apart, together = (
        pose_scores(found, units, n_learned=60)[:6, 0].mean()
        for units in ([str(k) for k in range(60)], ["copy"] * 6 + [str(k) for k in range(54)])
    )
    assert together < apart
