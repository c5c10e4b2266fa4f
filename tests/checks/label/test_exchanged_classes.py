"""Classes exchanged in one group's part of a label file, from the labels to the first headline."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabric import evidence

import dsaudit
from dsaudit.checks.label.exchanged_classes import exchanged_classes
from dsaudit.report.say.headline import headlines


def exchanged_for(speaker: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Texts of ten speakers, ``yes`` and ``no`` exchanged in one's, vectors that know better, and the true labels."""
    rng = np.random.default_rng(3)
    true = rng.choice(["yes", "no", "up"], 400)
    speakers = np.array([f"spk{k % 10}" for k in range(400)])
    swapped = pd.Series(true).map({"yes": "no", "no": "yes"}).fillna("up").to_numpy()
    label = np.where(speakers == speaker, swapped, true)
    vectors = 4 * np.eye(6)[pd.Categorical(true).codes] + rng.normal(0, 1, (400, 6))
    texts = pd.DataFrame({"text": [f"saying {k}" for k in range(400)], "label": label, "speaker": speakers})
    return texts, vectors, true


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    texts, vectors, _ = exchanged_for("spk4")
    out = tmp_path_factory.mktemp("exchanged")
    return dsaudit.audit(texts, modality="text", embeddings=vectors, out=out, report=False)


def test_it_is_the_first_headline_in_one_sentence(run):
    texts, _, true = exchanged_for("spk4")
    n = int((texts["label"].to_numpy() != true).sum())
    first = headlines(run)[0]
    assert first.text == f"`no` and `yes` look exchanged in all {n} of their texts of speaker `spk4`"
    assert (first.severity, first.code) == ("error", "LBL005")


def test_its_items_are_no_candidates(run):
    [finding] = run.findings[run.findings["code"] == "LBL005"].to_dict("records")
    texts, _, true = exchanged_for("spk4")
    wrong = np.flatnonzero(texts["label"].to_numpy() != true)
    assert sorted(finding["item_ids"]) == [f"row-{k + 1:05d}" for k in wrong]
    assert not set(finding["item_ids"]) & set(run.label_quality.index)
    others = run.findings[run.findings["code"] == "LBL001"]
    assert len(others) < 5


def test_a_set_without_is_not_accused(tmp_path):
    texts, vectors, _ = exchanged_for("nobody")
    found = dsaudit.audit(
        texts, modality="text", embeddings=vectors, out=tmp_path, select=["LBL"], report=False
    ).findings
    assert not (found["code"] == "LBL005").any()


def test_what_may_be_the_other_half_says_so():
    table = exchanged_classes(evidence()["exchanged"])
    swap, merge = table["text"]
    assert swap == "`a` and `b` look exchanged in all 4 of their clips of speaker `g1`; or in all the others"
    assert merge.startswith("`b` looks merged into `a` in rows 1–30: 5 of the 9 `a` clips there look like `b`")
