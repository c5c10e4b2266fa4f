from __future__ import annotations

import numpy as np
import pytest
from fabric import hash_distance

from dsaudit.analysis.space.hash_distance import near_pairs


def hashes(n: int, seed: int = 0) -> list[str]:
    return [np.random.default_rng((seed, i)).bytes(32).hex() for i in range(n)]


def test_near_pairs_against_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsaudit.analysis.space.hash_distance._CHUNK_VALUES", 300)
    every = [*hashes(30), "", hashes(1)[0], hashes(30)[7][:-2] + "00"]
    pairs, distances = near_pairs(every, max_distance=0.45)
    expected = {
        (i, j): d
        for i in range(len(every))
        for j in range(i + 1, len(every))
        if (d := hash_distance(every[i], every[j])) <= 0.45
    }
    assert dict(zip(map(tuple, pairs.tolist()), distances.tolist(), strict=True)) == pytest.approx(expected)


@pytest.mark.parametrize("few", [[], [""], ["0" * 64], ["", "0" * 64]])
def test_nothing_to_compare(few: list[str]) -> None:
    pairs, distances = near_pairs(few)
    assert (pairs.shape, len(distances)) == ((0, 2), 0)
