"""Planted axes are found and named; noise gets no axis, and what an axis has nothing to do with does not name it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from dsaudit.analysis.space.axes import readable_axes
from dsaudit.analysis.space.embedding_space import embedding_space, n_varying


def planted(seed, *, n=400, n_units=None, strength=1.5, width=64):
    """Embeddings with two axes, the first twice as wide, and the places of items along them."""
    rng = np.random.default_rng(seed)
    unit = np.arange(n) if n_units is None else rng.integers(0, n_units, n)
    along = rng.normal(size=(n, 2))
    if n_units is not None:
        along = 0.7 * along + 0.7 * rng.normal(size=(n_units, 2))[unit]
    X = rng.normal(size=(n, width))
    X[:, :12] += strength * along[:, :1]
    X[:, 12:18] += strength * along[:, 1:]
    return X, unit, along


def axes_of(X, unit, numbers, words=None, seed=0):
    return readable_axes(
        embedding_space(X),
        variance=n_varying(X),
        units=unit,
        numbers=pd.DataFrame(numbers, index=range(len(X))),
        words=words or [set() for _ in X],
        seed=seed,
    )


def chance(rng, unit, n_words=30):
    """Numbers and words that have nothing to do with the axes, and much with the unit."""
    by_unit = rng.normal(size=(int(unit.max()) + 1, 20))[unit]
    numbers = {f"n{k}": by_unit[:, k] + rng.normal(size=len(unit)) for k in range(20)}
    often = rng.uniform(0.1, 0.5, n_words) + 0.4 * (rng.random((int(unit.max()) + 1, n_words)) < 0.4)[unit]
    has = rng.random(often.shape) < often
    return numbers, [{("", f"w{k}") for k in np.flatnonzero(row)} for row in has]


def test_planted_axes_are_found_and_named():
    X, unit, along = planted(1)
    rng = np.random.default_rng(2)
    numbers, words = chance(rng, unit)
    loud = along[:, 0] + 0.5 * rng.normal(size=len(X))
    numbers |= {"loud": loud, "louder": 3 * loud + 1, "wide": -(along[:, 1] ** 3), "constant": np.ones(len(X))}
    numbers["loud"][:40] = np.nan
    for own, place in zip(words, along, strict=True):
        own.add(("label", "big" if place[0] > 0.8 else "rest"))
        if place[1] < -0.7:
            own |= {("", "how much"), ("", "much")}
    found = axes_of(X, unit, numbers, words)
    assert [axis["number"] for axis in found["axes"]] == [1, 2]
    assert found["n_lost"] == 0
    first, second = found["axes"]
    (one,) = first["numbers"]  # the two are the same
    sign = np.sign(one["coefficient"].value)
    true = abs(spearmanr(along[40:, 0], loud[40:])[0])
    assert one["name"] in ("loud", "louder")
    assert one["coefficient"].low - 0.05 < sign * true < one["coefficient"].high + 0.05
    assert {w["word"]: w["end"] for w in first["words"]}["big"] == ("high" if sign > 0 else "low")
    assert [o["name"] for o in second["numbers"]] == ["wide"]
    (said,) = second["words"]  # of two that stand within one another one
    assert said["word"] in ("how much", "much")
    assert said["end"] == ("high" if second["numbers"][0]["coefficient"].value > 0 else "low")
    assert said["share"] > 0.6
    assert said["elsewhere"] < 0.3
    ends = along[:, 0][first["high"]], along[:, 0][first["low"]]
    assert len(ends[0]) == len(ends[1]) == 6
    assert (sign * ends[0]).min() > 0.5
    assert (sign * ends[1]).max() < -0.5


@pytest.mark.parametrize("n_units", [None, 30])
def test_noise_gets_no_axis_and_no_name(n_units):
    false = named = axes = 0
    for seed in range(12):
        X, unit, along = planted(seed, n_units=n_units)
        numbers, words = chance(np.random.default_rng(100 + seed), unit)
        found = axes_of(X, unit, numbers | {"real": along[:, 0]}, words, seed=seed)
        told = [one["name"] for axis in found["axes"] for one in (*axis["numbers"], *axis["words"]) if "name" in one]
        false += sum(name != "real" for name in told) + sum(len(axis["words"]) for axis in found["axes"])
        named += "real" in told
        noise = np.random.default_rng(seed).normal(size=(300, (2, 3, 8, 64)[seed % 4]))
        axes += len(axes_of(noise, np.arange(300), {"x": noise[:, 0]}, seed=seed)["axes"])
    assert false <= 1
    assert named >= (12 if n_units is None else 5)
    assert axes == 0


def test_an_axis_of_one_group_does_not_come_back():
    X, _, _ = planted(3, strength=0.0)
    unit = np.repeat(np.arange(40), 10)
    X[unit == 7, :20] += 12.0
    found = axes_of(X, unit, {"x": X[:, 0]})
    assert found["axes"] == []
    assert found["n_lost"] == 1


def test_too_few_groups_to_halve_say_nothing():
    X, _, along = planted(4, n=60)
    found = axes_of(X, np.repeat(np.arange(6), 10), {"x": along[:, 0]})
    assert found["axes"] == []
    assert found["n"] == 60
    assert axes_of(np.zeros((30, 3)), np.arange(30), {"x": np.zeros(30)}) == {"n": 30, "n_lost": 0, "axes": []}
