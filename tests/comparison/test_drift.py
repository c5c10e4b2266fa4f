"""Two sets whose difference is known, from the comparison to the verdict of a policy."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import dsaudit
from comparison.make_pair import world, write_run
from dsaudit.cli import run as command
from dsaudit.errors import ConfigError, InconclusiveError, UsageError


@pytest.fixture(scope="module")
def table():
    return world(600, n_groups=60, wrong=0.0, noise=1.3)


@pytest.fixture(scope="module")
def halves(table):
    """The same world, dealt at random by group."""
    names = np.random.default_rng(3).permutation(table["group"].unique())
    first = table["group"].isin(names[:30])
    return table[first], table[~first]


@pytest.fixture(scope="module")
def reference(halves, tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("reference"), halves[0])


def codes(found):
    return {finding.code for finding in found.findings}


def test_halves_of_one_set_raise_nothing(reference, halves, tmp_path):
    found = dsaudit.drift(reference, write_run(tmp_path, halves[1]))
    assert not found.findings
    assert found.exit_code == 0
    assert abs(found.model.expected.value - found.model.measured.value) < 0.05
    assert abs(found.model.reference.value - found.model.measured.value) < 0.1


def test_accuracy_is_foretold_where_hard_items_are_more_frequent(reference, halves, tmp_path):
    ranked = np.sort(halves[1][[f"x{k}" for k in range(4)]].to_numpy(), axis=1)
    hard = ranked[:, -1] - ranked[:, -2] < 3.0  # two classes are about as likely
    found = dsaudit.drift(reference, write_run(tmp_path, halves[1][hard | (np.arange(len(hard)) % 4 == 0)]))
    assert found.model.measured.value < found.model.reference.value - 0.02
    assert abs(found.model.expected.value - found.model.measured.value) < 0.06


@pytest.mark.parametrize("labelled", [True, False])
def test_another_mix_is_told_with_and_without_labels(labelled, reference, halves, tmp_path):
    rare = halves[1]["label"].isin(["cat", "dog"]) & (np.random.default_rng(0).random(len(halves[1])) < 0.8)
    now = halves[1][~rare]
    shares = now["label"].value_counts(normalize=True)
    found = dsaudit.drift(reference, write_run(tmp_path, now) if labelled else without_labels(tmp_path, now))
    assert "DRF002" in codes(found)
    for share in found.model.shares:
        assert abs(share.estimated.value - shares[share.label]) < 0.05
        assert (share.labelled is not None) == labelled


def without_labels(folder, table):
    """A run on the table whose labels are then gone."""
    made = write_run(folder, table)
    vars(made)["items"] = made.items.assign(label=None)
    return made


def test_a_new_kind_is_found_without_labels_and_named_with_them(halves, tmp_path):
    known = write_run(tmp_path / "a", halves[0][halves[0]["label"] != "pig"])
    pigs = halves[1][halves[1]["label"] == "pig"].head(20).copy()
    pigs[[f"x{k}" for k in range(4, 8)]] += 6.0  # nothing like them is known
    now = halves[1][halves[1]["label"] != "pig"]
    both = write_run(tmp_path / "b", pd.concat([now, pigs]))
    found = dsaudit.drift(known, both)
    (unseen,) = [f for f in found.findings if f.code == "DRF003"]
    assert unseen.subject == "pig"
    assert unseen.severity == "error"
    assert found.exit_code == 1
    vars(both)["items"] = both.items.assign(label=None)
    told = [f for f in dsaudit.drift(known, both).findings if f.code == "DRF005"]
    assert told
    assert np.isin(told[0].item_ids, pigs.index).mean() >= 0.75


def test_limits_are_judged_on_the_worse_end(reference, halves, tmp_path):
    now = write_run(tmp_path, halves[1])
    for limits, code in (
        ({"drift.auc": "<= 0.9", "drift.accuracy": ">= 0.3"}, 0),
        ({"drift.accuracy": ">= 0.99"}, 1),
        ({"DRF": 0, "drift": {"new_kinds": 0}}, 0),
    ):
        found = dsaudit.drift(reference, now, gate=limits)
        assert found.exit_code == code
        assert {one.name for one in found.limits} >= {"error"}
    with pytest.raises(ConfigError, match=r"drift\.acu"):
        dsaudit.drift(reference, now, gate={"drift.acu": 1})


def test_known_shares_correct_the_probabilities(reference, halves, tmp_path):
    prior = tmp_path / "prior.csv"
    prior.write_text("class,share\ncat,0.7\ndog,0.1\nowl,0.1\npig,0.1\n")
    found = dsaudit.drift(reference, write_run(tmp_path / "run", halves[1]), prior=prior)
    probs = found.model.probs
    assert np.allclose(probs.filter(regex="^corrected:").sum(axis=1), 1)
    assert probs["corrected:cat"].mean() > probs["cat"].mean() + 0.05
    with pytest.raises(UsageError, match="'cow'"):
        dsaudit.drift(reference, write_run(tmp_path / "more", halves[1]), prior={"cow": 1.0})


def test_what_cannot_be_compared_says_why(reference, halves, tmp_path):
    with pytest.raises(InconclusiveError, match="too few"):
        dsaudit.drift(reference, write_run(tmp_path / "few", halves[1].head(25)))
    with pytest.raises(InconclusiveError, match="of 2 groups"):
        dsaudit.drift(
            reference,
            write_run(
                tmp_path / "two",
                halves[1].assign(group=["a", "b"] * (len(halves[1]) // 2) + ["a"] * (len(halves[1]) % 2)),
            ),
        )
    with pytest.raises(UsageError, match="different encoders"):
        dsaudit.drift(reference, write_run(tmp_path / "other", halves[1], encoder="fake-2"))
    with pytest.raises(UsageError, match="the same run"):
        dsaudit.drift(reference, reference)


def test_command_writes_text_json_page_and_probabilities(reference, halves, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")  # how many findings fit depends on it
    moved = halves[1].copy()
    moved[[f"x{k}" for k in range(12)]] += 2.0
    now = write_run(tmp_path / "now", moved)
    asked = ["drift", str(reference.path), str(now.path)]
    assert command([*asked, "--output", "d.html", "--probabilities", "p.csv", "--jobs", "1"]) == 0
    text = capsys.readouterr().out
    assert "DRF004" in text
    assert len(text.splitlines()) <= 24
    assert "DRF004" in (tmp_path / "d.html").read_text()
    assert (tmp_path / "p.csv").read_text().startswith("item_id,cat,dog")
    assert command([*asked, "--format", "json"]) == 0
    first = capsys.readouterr().out
    told = json.loads(first)
    assert {f["code"] for f in told["findings"]} >= {"DRF004"}
    assert command([*asked, "--format", "json"]) == 0
    assert capsys.readouterr().out == first
    assert command([*asked, "--limit", "drift.auc<=0.7"]) == 1
    assert "cannot be told without labels" in text
    assert told["model"]["expected"]["value"] is None
    assert command([*asked, "--limit", "drift.accuracy>=0.1"]) == 3


def test_an_audit_leaves_rules_about_two_sets_out():
    with pytest.raises(UsageError, match="about two sets"):
        dsaudit.audit(__file__.replace("test_drift.py", ""), select=["DRF"], modality="text")
