from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dsaudit.errors import ConfigError
from dsaudit.evidence.tables import Evidence, MissingEvidenceError
from dsaudit.judge import findings_table, fingerprint, judge
from dsaudit.rule import rule

DOC = "\n\n".join(
    f"{h}\n----\n{b}"
    for h, b in {
        "What it does": "Compares.",
        "Why is this bad?": "It is.",
        "What to do": "Mend it.",
        "Options": "limit : dB, 0 to 9\n    Threshold.",
        "Limits": "None known.",
        "References": "None.",
    }.items()
)


def make_rule(fn, *, code="AUD900", **kwargs):
    fn.__doc__ = f"It is loud.\n\n{DOC}"
    return rule(code, since="0.1.0", **({"message": "{subject} has {level:.1f} dB, above {limit}"} | kwargs))(fn)


def loud(measurements, *, limit: float = 3.0):
    level = measurements["level"].dropna()
    return pd.DataFrame({"level": level, "score": 1 / (1 + level), "flagged": level > limit})


@pytest.fixture
def evidence():
    items = pd.DataFrame(
        {"label": ["a", "b", None], "content_hash": ["h1", "h2", None]}, index=["x.wav", "y.wav", "z.wav"], dtype=object
    )
    measurements = pd.DataFrame({"level": [5.0, 1.0, np.nan]}, index=items.index)

    def none():
        raise MissingEvidenceError("there is no model")

    return Evidence({"items": lambda: items, "measurements": lambda: measurements, "pred_probs": none})


def run(rules, evidence, settings=None):
    return judge(rules, evidence, modality="audio", settings=settings or {})


def test_a_flagged_row_becomes_a_finding(evidence):
    told = []
    judged = judge([make_rule(loud)], evidence, modality="audio", settings={}, keep=told.append)
    (finding,) = judged.findings
    assert finding.message == "x.wav has 5.0 dB, above 3.0"
    assert (finding.subject, finding.item_ids, finding.evidence) == ("x.wav", ("x.wav",), {"level": 5.0})
    assert [frame["item_id"].tolist() for frame in told] == [[], ["x.wav", "y.wav"]]
    assert told[1].dtypes.equals(told[0].dtypes)
    assert told[1][["code", "flagged"]].to_numpy().tolist() == [["AUD900", True], ["AUD900", False]]
    assert judged.outcomes[0].n_checked == 2
    assert findings_table(judged.findings)["item_ids"].tolist() == [["x.wav"]]


def test_thresholds_come_from_the_settings(evidence):
    assert not run([make_rule(loud)], evidence, {"loud": {"limit": 9}}).findings
    with pytest.raises(ConfigError, match="loud has no option 'limt'"):
        run([make_rule(loud)], evidence, {"loud": {"limt": 9}})
    with pytest.raises(ConfigError, match=r"loud.limit = 'x': expected float"):
        run([make_rule(loud)], evidence, {"AUD900": {"limit": "x"}})


def test_missing_evidence_skips_the_rule_with_its_reason(evidence):
    def doubtful(pred_probs, *, limit: float = 3.0):
        raise AssertionError

    judged = run([make_rule(doubtful, message="no"), make_rule(loud)], evidence)
    assert [(o.outcome, o.reason) for o in judged.outcomes] == [("skipped", "there is no model"), ("ran", "")]
    assert len(judged.findings) == 1


def test_a_crash_is_reported_and_the_run_goes_on(evidence):
    def broken(measurements, *, limit: float = 3.0):
        raise ZeroDivisionError("oh")

    judged = run([make_rule(broken, message="no"), make_rule(loud)], evidence)
    assert [o.outcome for o in judged.outcomes] == ["crashed", "ran"]
    assert judged.outcomes[0].reason == "ZeroDivisionError: oh"


def test_rules_for_other_modalities_are_skipped(evidence):
    judged = run([make_rule(loud, modalities=("image",))], evidence)
    assert judged.outcomes[0].reason == "for image only"


def test_fingerprints_survive_renames_and_change_with_the_label_only_where_it_matters():
    hashes = pd.Series({"a": "h1", "renamed": "h1", "b": "h2"})
    labels = pd.Series({"a": "yes", "renamed": "yes", "b": "no"})
    relabelled = pd.Series({"a": "no", "renamed": "no", "b": "no"})
    plain, about_label = make_rule(loud), make_rule(loud, uses_label=True)
    assert fingerprint(plain, "a", ["a"], hashes, labels) == fingerprint(plain, "renamed", ["renamed"], hashes, labels)
    assert fingerprint(plain, "a", ["a"], hashes, labels) == fingerprint(plain, "a", ["a"], hashes, relabelled)
    assert fingerprint(about_label, "a", ["a"], hashes, labels) != fingerprint(
        about_label, "a", ["a"], hashes, relabelled
    )
    assert fingerprint(plain, "s", ["a", "b"], hashes, labels) == fingerprint(plain, "t", ["b", "a"], hashes, labels)
    assert fingerprint(plain, "a", ["a"], hashes, labels) != fingerprint(plain, "b", ["b"], hashes, labels)


def test_evidence_is_made_once():
    calls = []

    def provide():
        calls.append(1)
        return pd.DataFrame({"x": [1]})

    evidence = Evidence({"t": provide, "u": lambda t: t + 1})
    assert evidence.get("u")["x"].tolist() == [2]
    assert evidence.get("t") is evidence.get("t")
    assert len(calls) == 1
    assert evidence.why_missing("nothing") == "no such evidence: nothing"
    assert evidence.find("nothing") is None
