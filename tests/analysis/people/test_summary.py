from __future__ import annotations

import json

import pytest
from crowd import long, planted

from dsaudit.analysis.people.agreement import krippendorff_alpha, ratings
from dsaudit.analysis.people.summary import people_summary
from dsaudit.store.files import to_json


def test_the_summary_says_what_its_parts_say():
    truth, labels, _ = planted("swapper", 0, n=500)
    table = long(labels)
    found = people_summary(table)
    counts = ratings(table).counts
    assert found["n_people"] == 3
    assert found["n_items"] == 500
    assert found["alpha"]["value"] == krippendorff_alpha(counts).value
    assert found["kappa_name"] == "Fleiss' kappa"
    assert found["n_disputed"] == int(((counts > 0).sum(axis=1) > 1).sum())
    assert found["people"][-1]["name"] == "p2"
    assert found["people"][-1]["quality"]["value"] == pytest.approx((labels[2] == truth).mean(), abs=0.06)
    assert {found["pairs"][0]["a"], found["pairs"][0]["b"]} == {"00", "01"}
    assert json.loads(to_json(found)) == json.loads(to_json(people_summary(table.sample(frac=1, random_state=1))))


def test_two_people_have_cohens_kappa_and_uneven_ones_none():
    _, labels, _ = planted("good", 0, n=200)
    assert people_summary(long(labels[:2]))["kappa_name"] == "Cohen's kappa"
    labels[2, :50] = -1
    assert people_summary(long(labels))["kappa"] is None
