from __future__ import annotations

import numpy as np
import pandas as pd

from dsaudit.checks.audio.odd_duration import odd_duration


def table(**columns: list[object]) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index([f"{i}.wav" for i in range(n)], name="item_id"))


def test_far_from_the_usual_length() -> None:
    found = odd_duration(table(duration_s=[0.3, 1.0, 1.0, 0.95, 1.0, 2.5]))
    assert found["flagged"].tolist() == [True, False, False, False, False, True]
    assert (found["typical_s"] == 1.0).all()


def test_sets_of_many_lengths_have_no_usual_one() -> None:
    assert not odd_duration(table(duration_s=[1.0, 2.0, 3.0, 4.5, 6.0, 8.0]))["flagged"].any()


def test_lengths_are_said_in_a_unit_that_says_something() -> None:
    found = odd_duration(table(duration_s=[1 / 16_000, 0.025, 1.0, 1.0, 1.0, 1.0], sample_rate_hz=[16_000] * 6))
    said = [odd_duration.message.format(**row) for row in found[found["flagged"]].to_dict("records")]
    assert said == [
        "1 sample (0.0625 ms) long, where 1.00 s is usual here",
        "25 ms long, where 1.00 s is usual here",
    ]


def test_one_item() -> None:
    assert not odd_duration(table(duration_s=[7.0]))["flagged"].any()


def test_durations_that_vary_by_nature_have_long_tails() -> None:
    rng = np.random.default_rng(0)
    length = np.exp(np.where(rng.random(1500) < 0.85, rng.normal(0.2, 0.18, 1500), rng.normal(0.5, 0.6, 1500)))
    assert odd_duration(table(duration_s=list(length)))["flagged"].sum() <= 10
    length[:5] *= 0.05
    length[5:10] *= 12
    assert odd_duration(table(duration_s=list(length)))["flagged"].to_numpy()[:10].all()
