from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from report.make_run import clean_run, make_run

import dsaudit
from dsaudit.cli import run as command
from dsaudit.errors import ConfigError, RunError, UsageError
from dsaudit.policy.limit import limits_of
from dsaudit.policy.reference import Reference
from dsaudit.policy.verdict import verdict_of
from dsaudit.types import Accepted

TODAY = date(2026, 11, 28)


def verdict(run, policy, **more):
    limits = limits_of(policy, sources={}, fail_on="never")
    return verdict_of(run, limits, today=TODAY, exists=lambda name: False, **more)


def accepted(run, code, **more):
    rows = run.findings[run.findings["code"] == code]
    return [Accepted(code, print_, "known", **more) for print_ in rows["fingerprint"]]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"))


def test_what_is_accepted_does_not_count_until_its_day_is_over(run):
    assert verdict(run, {"AUD004": 0}).outcome == "fail"
    for_good, until_today = accepted(run, "AUD004"), accepted(run, "AUD004", expires="2026-11-28")
    assert verdict(run, {"AUD004": 0}, accepted=for_good).outcome == "pass"
    assert verdict(run, {"AUD004": 0}, accepted=until_today).outcome == "pass"
    over = verdict(run, {"AUD004": 0}, accepted=accepted(run, "AUD004", expires="2026-11-27"))
    assert (over.outcome, len(over.expired), over.accepted) == ("fail", len(for_good), ())


def test_an_accepted_finding_that_is_gone_is_told_where_its_rule_looked(run):
    gone = [Accepted("AUD004", "g" * 32, "known"), Accepted("ANN001", "g" * 32, "its rule did not look")]
    assert [one.code for one in verdict(run, {}, accepted=gone).stale] == ["AUD004"]


def test_only_what_is_new_counts_against_a_reference(run):
    prints = run.findings.set_index("fingerprint")[["code", "subject"]]
    found = {p: (row["code"], row["subject"]) for p, row in prints.iterrows() if row["code"] != "AUD004"}
    found |= {"gone": ("AUD002", "a.wav"), "not looked for": ("ANN001", "b.wav")}
    told = verdict(run, {"AUD004": 0, "LBL": 0, "DUP": 0}, against=Reference("before", found))
    assert [one.name for one in told.reasons] == ["AUD004"]
    assert told.fixed == (("AUD002", "a.wav"),)
    assert set(told.states.values()) == {"new", "known"}


def test_a_rule_that_the_reference_did_not_ask_is_told(run):
    told = verdict(run, {}, against=Reference("before", {}, frozenset({"AUD002"})))
    assert "AUD004" in told.notes[0]


def test_a_reference_of_other_items_is_told(run):
    of_other = Reference("before", {}, contents=frozenset({"0" * 32}))
    assert "has no clip in common" in verdict(run, {}, against=of_other).notes[0]
    assert not verdict(run, {}, against=replace(of_other, contents=frozenset(run.items["content_hash"][:1]))).notes


def test_figures_of_two_sets_are_known_before_these_are_read(tmp_path):
    with pytest.raises(ConfigError, match=r"'drift\.aux', which is no figure"):
        dsaudit.drift(tmp_path / "gone", tmp_path / "gone", gate={"drift.aux": "<= 0.7"})


def test_failing_goes_before_not_knowing_and_that_before_passing(run, tmp_path):
    assert verdict(run, {"AUD004": 0, "ANN001": 0}).outcome == "fail"
    assert verdict(run, {"AUD004": 10**6, "ANN001": 0}).outcome == "inconclusive"
    clean = replace(clean_run(tmp_path), findings=run.findings[:0])
    assert (verdict(clean, {"AUD": 0}).outcome, verdict(run, {"AUD004": 0}).exit_code) == ("pass", 1)


# end to end: a manifest of texts, so that nothing heavy runs

SELECT = ["--select", "FIL,DUP", "--no-report", "--modality", "text"]


@pytest.fixture
def said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    path = tmp_path / "said.csv"
    path.write_text("text,label\nyes please,yes\nyes please,no\nno thanks,no\n")
    return path


def test_a_night_of_a_pipeline(said, capsys):
    assert command(["gate", "said.csv", *SELECT]) == 1
    assert re.search(r"✗ error <= 0 +1  \(fail_on, default\)", capsys.readouterr().out)
    assert command(["accept", "said.csv", "DUP003", "--reason", "both are meant"]) == 0
    assert (said.parent / ".dsaudit" / "accepted.jsonl").read_text().count("\n") == 1
    assert command(["gate", "said.csv", *SELECT]) == 0
    # the finding is known again in another order, under other ids
    said.write_text("text,label\nno thanks,no\nmaybe,no\nyes please,no\nyes please,yes\n")
    assert command(["gate", "said.csv", *SELECT]) == 0
    said.write_text("text,label\nno thanks,no\nmaybe,no\n")
    capsys.readouterr()
    assert command(["gate", "said.csv", *SELECT, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"]["outcome"] == "pass"
    assert document["verdict"]["stale"][0]["code"] == "DUP003"
    assert document["run"]["folder"].startswith(str(said.parent))
    assert command(["accept", "said.csv", "--prune"]) == 0
    assert (said.parent / ".dsaudit" / "accepted.jsonl").read_text() == ""


def test_what_is_new_since_a_run_a_file_and_a_revision(said, capsys):
    def git(*arguments):
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True, capture_output=True
        )

    assert command(["gate", "said.csv", *SELECT, "--output", "before.sarif", "--output", "before.jsonl"]) == 1
    git("init", "-q")
    git("add", "said.csv")
    git("commit", "-qm", "first")
    references = ["said.csv", "before.sarif", "before.jsonl", "HEAD"]
    for reference in references:
        assert command(["gate", "said.csv", *SELECT, "--new-only", reference]) == 0, reference
    said.write_text(said.read_text() + "yes,no\nyes,yes\n")
    first = dsaudit.open_run("said.csv")
    for reference in [str(first.path), *references[1:]]:
        capsys.readouterr()
        assert command(["gate", "said.csv", *SELECT, "--new-only", reference]) == 1, reference
        assert "2 new, 2 known, 0 gone" in capsys.readouterr().out
    assert command(["gate", "said.csv", *SELECT, "--new-only", "nowhere"]) == 2
    assert "no revision of a git repository here" in capsys.readouterr().err


def test_the_policy_and_its_source_stand_in_a_file(said, capsys):
    (said.parent / "dsaudit.toml").write_text('[gate]\nDUP = 5\nerror = 5\n"accuracy.balanced" = ">= 0.9"\n')
    assert command(["gate", "said.csv", *SELECT]) == 3
    out = capsys.readouterr().out
    assert out.startswith("dsaudit gate: inconclusive: 1 of 4 limits could not be judged")
    assert re.search(rf"✓ DUP <= 5 +2  \({said.parent / 'dsaudit.toml'}\)", out)
    (said.parent / "dsaudit.toml").write_text("[gate]\nacuracy = 1\n")
    assert command(["gate", "said.csv", *SELECT, "--limit", "accuracy.balanced>=0", "--limit", "DUP = 0"]) == 2
    (said.parent / "dsaudit.toml").unlink()
    assert command(["gate", ".dsaudit", "--limit", "DUP<=2", "--limit", "error=1"]) == 0
    assert command(["gate", ".dsaudit", "--select", "FIL"]) == 2
    assert "hint: did you mean accuracy?" in capsys.readouterr().err


def test_a_gate_on_a_run_imports_no_torch_and_no_check(said):
    assert command(["gate", "said.csv", *SELECT]) == 1
    code = "import dsaudit, sys; v, _ = dsaudit.gate('.dsaudit'); bad = [m for m in sys.modules if m == 'torch' or"
    code += " m.startswith('dsaudit.checks')]; assert not bad, bad; sys.exit(10 + v.exit_code)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 11


def test_nothing_is_compared_with_itself_or_with_another_kind(said, tmp_path):
    one = dsaudit.audit("said.csv", modality="text", select=["FIL"], report=False)
    with pytest.raises(UsageError, match="compared with itself"):
        dsaudit.gate(one, new_only=one.path)
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(RunError, match="lists no findings"):
        dsaudit.gate(one, new_only="other.json")
    from fabric import write_wav

    write_wav(tmp_path / "clips" / "a" / "1.wav", np.ones(8000) * 0.1)
    other = dsaudit.audit("clips", select=["FIL"], report=False, jobs=1)
    with pytest.raises(UsageError, match="is of clips, not texts"):
        dsaudit.gate(one, new_only=other)


def test_accepting_asks_for_a_reason_a_finding_and_a_day_to_come(said, capsys):
    dsaudit.audit("said.csv", modality="text", select=["DUP"], report=False)
    for arguments, message in (
        (["DUP003"], "no reason is given"),
        (["AUD", "--reason", "r"], "has no finding of 'AUD'"),
        (["DUP003", "--reason", "r", "--expires", "2020-01-01"], "2020-01-01 is over"),
        (["DUP003", "--reason", "r", "--expires", "soon"], "'soon' is no day"),
        ([], "no finding is named"),
    ):
        assert command(["accept", "said.csv", *arguments]) == 2
        assert message in capsys.readouterr().err
    assert not (said.parent / ".dsaudit" / "accepted.jsonl").exists()
    (said.parent / "file").touch()
    assert command(["accept", "said.csv", "DUP", "--reason", "r", "--accepted", "file/accepted.jsonl"]) == 2
    assert "Not a directory" in capsys.readouterr().err


def test_an_error_that_costs_more_breaks_the_limit_that_it_would_have_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{word} {k},{word}" for k in range(15) for word in ("pay", "card")]
    (tmp_path / "said.csv").write_text("\n".join(["text,label", *rows, "card and card,pay", "card or card,pay"]) + "\n")
    given = ["--modality", "text", "--encoder", "tfidf", "--no-report", "--limit", "cost.expected <= 0.5"]
    assert command(["gate", "said.csv", *given, "--limit", "error=9"]) == 3  # no costs were given
    assert command(["gate", "said.csv", *given, "--cost", "card:pay=50"]) == 0
    assert command(["gate", "said.csv", *given, "--cost", "pay:card=50"]) == 1
    baseline = dsaudit.open_run(tmp_path).metrics.baseline
    counts = dict(zip(baseline.confusion.classes, baseline.confusion.counts, strict=True))
    assert counts["pay"][0] > 0
    assert baseline.cost.value == pytest.approx((50 * counts["pay"][0] + counts["card"][1]) / 32)
    assert baseline.cost.low <= baseline.cost.value <= baseline.cost.high
    capsys.readouterr()
    assert command(["audit", "said.csv", *given[:5], "--cost", "pay:cash=5"]) == 2
    assert "'pay:cash' names 'cash', which is no class here" in capsys.readouterr().err
