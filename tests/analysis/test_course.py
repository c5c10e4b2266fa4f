from __future__ import annotations

import numpy as np
import pytest

from dsaudit.analysis.course import COLUMNS, frames_of, missing_parts, models_of

N = 40
QUIET, PAUSE = 30.0, 12


def spoken(rng, centres, level=160.0):
    """A course of sounds one after the other, each a hump in the bands, at a speed of its own, among noise."""
    pace = rng.uniform(0.8, 1.25)
    at = np.repeat(centres, np.maximum(2, np.rint(pace * 6 * rng.uniform(0.8, 1.2, len(centres)))).astype(int))
    body = level - rng.uniform(0, 20) - 3.0 * np.abs(np.arange(20) - at[:, None])
    return np.pad(body, ((PAUSE, PAUSE), (0, 0)), constant_values=QUIET) + rng.normal(0, 4, (len(at) + 2 * PAUSE, 20))


def stored(course):
    return np.clip(course, 0, 255).astype(np.uint8)


def cut(rng, course, side, share):
    """The same with noise in place of a share of the sound, or, of every other one, without it."""
    n = PAUSE + round(share * (len(course) - 2 * PAUSE))
    turned = course[::-1] if side == "end" else course
    padded = np.concatenate((QUIET + rng.normal(0, 4, (n, 20)), turned[n:]))
    kept = turned[n:] if rng.random() < 0.5 else padded
    return kept[::-1] if side == "end" else kept


WORDS = {"left": (2, 6, 14, 9), "go": (12, 8, 5), "yes": (15, 11, 3, 18)}


@pytest.fixture(scope="module")
def damaged():
    """Three words of which a third is cut, and for each clip which side, its share and its word."""
    rng = np.random.default_rng(3)
    courses, truth, labels = [], [], []
    for word, centres in WORDS.items():
        for k in range(N):
            course, side, share = spoken(rng, centres), "", 0.0
            if k % 3 == 0:
                side, share = ("start", "end")[k % 2], float(rng.uniform(0.3, 0.6))
                course = cut(rng, course, side, share)
            courses.append(stored(course))
            truth.append((side, share))
            labels.append(word)
    return courses, labels, truth


def groups(n):
    return [f"speaker {k % 13}" for k in range(n)]


@pytest.mark.parametrize("side", ["start", "end"])
def test_finds_the_missing_part_though_a_third_of_the_class_is_cut(damaged, side):
    courses, labels, truth = damaged
    found = missing_parts(courses, labels, groups(len(labels)))
    assert len(found) == len(courses)
    is_cut = np.array([s == side for s, _ in truth])
    share = np.array([s for _, s in truth])
    gain, told = found[f"{side}_gain"].to_numpy(), found[f"{side}_share"].to_numpy()
    assert (gain[is_cut] > 1.0).mean() >= 0.95
    assert (gain[~is_cut] > 1.0).mean() <= 0.02
    assert np.median(np.abs(told - share)[is_cut]) < 0.15
    assert (found[f"{side}_typical"] < 1.0).all()


def test_says_nothing_of_classes_without_a_course():
    rng = np.random.default_rng(0)
    noise = [stored(120 + rng.normal(0, 8, (50, 20))) for _ in range(N)]
    many = [stored(spoken(rng, rng.permutation(20)[:4])) for _ in range(N)]
    few = [stored(spoken(rng, WORDS["go"])) for _ in range(7)]
    labels = ["rain"] * N + ["other"] * N + ["go"] * 7
    found = missing_parts(noise + many + few, labels, groups(len(labels)))
    assert found.empty
    assert tuple(found.columns) == COLUMNS


def test_silence_and_very_short_items_are_no_error():
    rng = np.random.default_rng(1)
    said = [stored(spoken(rng, WORDS["left"])) for _ in range(20)]
    odd = [np.zeros((1, 20), np.uint8), np.zeros((60, 20), np.uint8), said[0][:3]]
    found = missing_parts(said + odd, ["left"] * 23, groups(23))
    assert found.to_numpy().shape == (23, 8)
    assert np.isfinite(found.to_numpy()).all()


def test_the_same_whatever_the_order_and_the_company():
    rng = np.random.default_rng(2)
    said = [stored(spoken(rng, WORDS[w])) for w in ("left", "yes") for _ in range(15)]
    labels, own = ["left"] * 15 + ["yes"] * 15, groups(30)
    both = missing_parts(said, labels, own)
    one = missing_parts(said[:15], labels[:15], own[:15])
    np.testing.assert_array_equal(both.iloc[:15].to_numpy(), one.to_numpy())


def test_sets_side_by_side_are_what_each_is_alone():
    rng = np.random.default_rng(5)
    sets = [
        frames_of([stored(spoken(rng, c)) for _ in range(n)]) for c, n in zip(WORDS.values(), (9, 4, 14), strict=True)
    ]
    together = models_of(sets)
    alone = [models_of([one])[0] for one in sets]
    assert [len(model.mean) for model in together] == [len(model.mean) for model in alone]
    for name in ("mean", "variance", "duration"):
        assert all(np.array_equal(getattr(a, name), getattr(b, name)) for a, b in zip(together, alone, strict=True))
    assert len({len(model.mean) for model in together}) > 1
