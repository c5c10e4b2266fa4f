"""Vectors of categories: a planted order comes back and is named, chance and columns of one half are not."""

from __future__ import annotations

import numpy as np

from dsaudit.analysis.space.category_axes import Vectors, category_axes

VALUES = tuple(f"v{k:02d}" for k in range(12))
CODES = np.repeat(np.arange(12), 15)


def learned(level, seed, *, noise=0.3, width=6):
    """Vectors in a space of their own: ``level`` in some direction, and noise in all."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=width)
    return np.outer(level, direction / np.linalg.norm(direction)) + noise * rng.normal(size=(12, width)) / width**0.5


def test_a_planted_order_is_found_turned_by_the_class_and_named_where_halves_agree():
    level = np.linspace(-1, 1, 12)
    halves = [{"town": Vectors(VALUES, learned(level, s), CODES)} for s in (0, 1)]
    labels = np.where(np.random.default_rng(2).random(180) < (level[CODES] + 1) / 2, "yes", "no")
    (axis,) = category_axes(*halves, labels)
    up = axis["label"] == "yes"
    assert set(axis["high"] if up else axis["low"]) <= set(VALUES[7:])
    assert set(axis["low"] if up else axis["high"]) <= set(VALUES[:5])
    assert min(axis["same"], axis["label_coefficient"]) > 0.8
    assert category_axes(*halves, np.array(["yes"] * 180))[0]["label"] is None


def test_values_are_matched_by_name_and_rare_ones_are_left_out():
    level, turned = np.linspace(-1, 1, 12), np.arange(12)[::-1]
    one = {"town": Vectors(VALUES, learned(level, 0, noise=0.1), CODES)}
    rare = np.where((CODES == 11) & (np.arange(180) % 15 > 3), -1, 11 - CODES)  # v00 stands last in the other half
    other = {"town": Vectors(tuple(VALUES[k] for k in turned), learned(level, 1, noise=0.1)[turned], rare)}
    (axis,) = category_axes(one, other, np.where(CODES > 5, "b", "a"))
    assert axis["n_values"] == 11
    assert axis["same"] > 0.9
    assert "v11" not in axis["low"] + axis["high"]
    few = {"town": Vectors(VALUES[:7], learned(level, 1)[:7], np.minimum(CODES, 6))}
    assert category_axes(one, few, np.array(["a"] * 180)) == []
    assert category_axes(one, {"age": other["town"]}, np.array(["a"] * 180)) == []


def test_chance_names_at_most_one_column_in_twenty():
    rng = np.random.default_rng(5)
    named = 0
    for k in range(60):
        halves = [{"town": Vectors(VALUES, rng.normal(size=(12, 3)), CODES)} for _ in range(2)]
        named += bool(category_axes(*halves, rng.choice(["a", "b"], 180), seed=k))
    assert named <= 6
