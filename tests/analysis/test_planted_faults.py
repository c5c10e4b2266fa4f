from __future__ import annotations

import pandas as pd

from dsaudit.analysis.planted_faults import compare_with_truth


def test_found_missed_false_and_side_effects():
    truth = pd.DataFrame(
        [("a.wav", "quiet-clip", ""), ("b.wav", "quiet-clip", ""), ("", "rare-class", "seven"), ("c.wav", "empty", "")],
        columns=["item_id", "rule", "subject"],
    )
    findings = pd.DataFrame(
        [
            ("quiet-clip", "a.wav", ["a.wav"]),
            ("quiet-clip", "z.wav", ["z.wav"]),
            ("low-snr", "a.wav", ["a.wav"]),
            ("rare-class", "seven", ["s1.wav", "s2.wav"]),
            ("rare-class", "eight", ["e1.wav"]),
            ("exact-duplicate", "set", ["x.wav", "b.wav"]),
        ],
        columns=["name", "subject", "item_ids"],
    )
    score = compare_with_truth(findings, truth)
    assert (score.n_planted, score.n_found, score.n_false_alarms, score.n_side_effects) == (4, 2, 2, 2)
    assert score.missed == (("empty", "c.wav"), ("quiet-clip", "b.wav"))
    assert score.per_rule.loc["quiet-clip"].tolist() == [2, 1, 1]
    assert compare_with_truth(findings, truth, skipped=frozenset({"empty"})).n_planted == 3


def test_what_follows_from_a_pair_that_nothing_tells_apart_is_no_false_alarm():
    truth = pd.DataFrame([("", "confused-pair", "mug → cup")], columns=["item_id", "rule", "subject"])
    findings = pd.DataFrame(
        [("label-error", "m.jpg", ["m.jpg"]), ("label-error", "h.jpg", ["h.jpg"]), ("blurry", "m.jpg", ["m.jpg"])],
        columns=["name", "subject", "item_ids"],
    )
    labels = {"m.jpg": "mug", "h.jpg": "house"}
    score = compare_with_truth(findings, truth, labels=labels, about_labels=frozenset({"label-error"}))
    assert (score.n_side_effects, score.per_rule["false_alarms"].to_dict()) == (
        1,
        {"blurry": 1, "confused-pair": 0, "label-error": 1},
    )
