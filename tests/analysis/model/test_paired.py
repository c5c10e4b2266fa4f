"""Paired comparisons against published figures, plain formulas and simulated coverage."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from dsaudit.analysis.model.paired import cluster_codes, holm, mcnemar, paired_bootstrap


class TestMcNemar:
    @pytest.mark.parametrize("b", range(9))
    @pytest.mark.parametrize("c", range(9))
    def test_exact_is_twice_the_smaller_tail(self, b, c):
        n = b + c
        tail = sum(comb(n, k) for k in range(min(b, c) + 1)) / 2**n
        assert mcnemar(b, c).exact == pytest.approx(min(1.0, 2 * tail))

    @pytest.mark.parametrize(("b", "c"), [(3, 9), (0, 6), (12, 40), (1, 2)])
    def test_mid_p_takes_off_one_probability_of_what_was_seen(self, b, c):
        n = b + c
        tail = sum(comb(n, k) for k in range(min(b, c) + 1)) / 2**n
        assert mcnemar(b, c).mid_p == pytest.approx(2 * tail - comb(n, b) / 2**n)

    def test_of_published_example(self):
        # Fagerland et al. 2013, table 1: airway hyper-responsiveness before and after, 1 and 7 discordant
        assert mcnemar(1, 7).exact == pytest.approx(0.0703, abs=5e-5)
        assert mcnemar(1, 7).mid_p == pytest.approx(0.0391, abs=5e-5)

    def test_no_discordant_item_proves_nothing(self):
        assert mcnemar(0, 0) == (1.0, 1.0)
        assert mcnemar(5, 5) == (1.0, 1.0)

    def test_direction_does_not_matter(self):
        assert mcnemar(2, 11) == mcnemar(11, 2)


class TestHolm:
    def test_of_a_worked_example(self):
        assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])

    def test_keeps_order_and_stays_within_one(self):
        p = np.random.default_rng(0).random(50)
        adjusted = holm(p)
        assert (adjusted >= p).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()

    def test_one_and_none(self):
        assert holm([0.2]).tolist() == [0.2]
        assert holm([]).tolist() == []

    def test_chance_of_any_false_alarm(self):
        rng = np.random.default_rng(1)
        alarms = sum((holm(rng.random(20)) < 0.05).any() for _ in range(2000))
        assert alarms / 2000 < 0.065


class TestPairedBootstrap:
    def test_value_is_the_difference_of_the_means(self):
        rng = np.random.default_rng(0)
        a, b = rng.random(300) < 0.7, rng.random(300) < 0.8
        found = paired_bootstrap(a, b)
        assert found.value == pytest.approx(b.mean() - a.mean())
        assert found.low < found.value < found.high

    def test_agrees_with_the_normal_formula_on_many_items(self):
        rng = np.random.default_rng(2)
        a = rng.random(20_000) < 0.8
        b = np.where(rng.random(20_000) < 0.1, rng.random(20_000) < 0.9, a)
        d = b.astype(float) - a
        half = 1.959964 * d.std() / np.sqrt(len(d))
        found = paired_bootstrap(a, b, n=20_000)
        assert found.low == pytest.approx(d.mean() - half, abs=0.03 * half)
        assert found.high == pytest.approx(d.mean() + half, abs=0.03 * half)

    def test_agrees_with_a_plain_loop_over_clusters(self):
        rng = np.random.default_rng(3)
        group = rng.integers(0, 40, 400)
        a, b = rng.random(400) < 0.6 + 0.3 * (group % 2), rng.random(400) < 0.7
        draws = []
        for _ in range(6000):
            chosen = rng.integers(0, 40, 40)
            rows = np.concatenate([np.flatnonzero(group == g) for g in chosen])
            draws.append(b[rows].mean() - a[rows].mean())
        low, high = np.quantile(draws, [0.025, 0.975])
        found = paired_bootstrap(a, b, clusters=group, n=6000)
        # wider by the correction for 40 clusters, 4.5 %
        assert (found.high - found.low) / (high - low) == pytest.approx(1.045, abs=0.04)

    def test_same_seed_same_interval_whatever_the_names_of_clusters(self):
        rng = np.random.default_rng(4)
        a, b, group = rng.random(200) < 0.5, rng.random(200) < 0.5, rng.integers(0, 30, 200)
        named = np.array([f"speaker {g}" for g in group], dtype=object)
        assert paired_bootstrap(a, b, clusters=group) == paired_bootstrap(a, b, clusters=named)

    def test_missing_clusters_stand_alone(self):
        assert cluster_codes([None, "a", None, "a"], 4).tolist() == [1, 0, 2, 0]
        assert cluster_codes(None, 3).tolist() == [0, 1, 2]

    def test_no_difference_seen_is_no_proof_of_none(self):
        found = paired_bootstrap(np.ones(50), np.ones(50))
        assert found.value == 0
        assert found.low == pytest.approx(-found.high)
        assert 0.05 < found.high < 0.10  # 3 of 50, roughly

    def test_too_little(self):
        assert np.isnan(paired_bootstrap([], []).value)
        alone = paired_bootstrap([0, 1, 1], [1, 1, 1], clusters=["x", "x", "x"])
        assert alone.value == pytest.approx(1 / 3)
        assert np.isnan(alone.low)

    @pytest.mark.parametrize(("n_clusters", "size"), [(8, 30), (40, 8), (300, 1)])
    def test_interval_holds_the_truth_nineteen_times_in_twenty(self, n_clusters, size):
        """Speakers differ in how much the second model helps them; the mean over speakers is the truth."""
        rng = np.random.default_rng(n_clusters)
        truth, held, rounds = 0.05, 0, 600
        group = np.repeat(np.arange(n_clusters), size)
        for k in range(rounds):
            gain = (truth + rng.normal(0, 0.08, n_clusters))[group]
            u = rng.random(len(group))
            fixed, broken = u < 0.15 + gain / 2, u > 1 - (0.15 - gain / 2)
            a = np.where(fixed, 0, np.where(broken, 1, 1))
            b = np.where(broken, 0, np.where(fixed, 1, 1))
            found = paired_bootstrap(a, b, clusters=group, n=500, seed=k)
            held += found.low <= truth <= found.high
        assert 0.92 < held / rounds < 0.985
