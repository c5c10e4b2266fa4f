"""The laws every rule obeys, whatever it looks for."""

from __future__ import annotations

import re
import string
from functools import cache

import numpy as np
import pandas as pd
import pytest
from fabric import evidence

from dsaudit import catalogue
from dsaudit.evidence.tables import DOCUMENTED
from dsaudit.media import kinds
from dsaudit.rule import SECTIONS
from dsaudit.types import SEVERITIES

RULES = catalogue.rules()
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
FIELDS = {"n_items": 2, "members": "2 clips", "one": "clip", "many": "clips"}
KINDS = [kind.name for kind in kinds()]
on_its_kinds = pytest.mark.parametrize(
    ("rule", "kind"),
    [
        pytest.param(r, kind, id=f"{r.name}-{kind}")
        for r in RULES
        for kind in r.modalities or (KINDS if "measurements" in r.needs else KINDS[:1])
    ],
)
"""Each rule on evidence of its own kind of data; one for every kind on that of all, if it looks at measurements."""


def told(rule, kind, *more):
    """Tables that it is given, and others."""
    return evidence(kind, dict.fromkeys((*rule.needs, *more)))


def run(rule, tables):
    return rule.run(*(tables[name] for name in rule.needs))


@cache
def found(name, kind):
    """What a rule says of the evidence as it is, to be read only."""
    rule = catalogue.find(name)
    return run(rule, told(rule, kind))


def assert_same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left.sort_index(), right.sort_index(), check_exact=False, rtol=1e-9)


@each_rule
def test_is_documented(rule):
    assert rule.summary.endswith(".")
    assert len(rule.summary) <= 100
    assert tuple(rule.doc) == SECTIONS
    assert all(rule.doc.values())
    assert re.fullmatch(r"\d+\.\d+\.\d+", rule.since)
    assert rule.severity in SEVERITIES
    for option in rule.options:
        assert option.doc, f"option {option.name} has no unit and range"


@each_rule
def test_needs_evidence_that_exists(rule):
    assert rule.needs
    assert set(rule.needs) <= set(DOCUMENTED)


@on_its_kinds
def test_message_can_be_formatted(rule, kind):
    frame = found(rule.name, kind)
    allowed = set(frame.columns) | {o.name for o in rule.options} | {"subject", *FIELDS}
    assert rule.message_fields <= allowed
    flagged = frame[frame["flagged"]]
    for subject, row in flagged.iterrows():
        fields = {"subject": subject} | FIELDS | {o.name: o.default for o in rule.options} | row.to_dict()
        text = rule.message.format(**fields)
        assert "nan" not in text.lower().split()
    assert all(spec is not None for _, name, spec, _ in string.Formatter().parse(rule.message) if name)


@each_rule
def test_headline_can_be_formatted(rule):
    fields = {"n": "3", "flagged": "3 of 9 clips", "members": "7 clips", "copies": "4", "things": "clips"}
    for text in (*rule.headline, rule.cost):
        assert not set("{}") & set(text.format(**fields))
        assert (text.format(**fields) != text) == ("{" in text)
    assert bool(rule.headline[0]) == bool(rule.headline[1])
    assert rule.worth > 0
    if rule.scope == "item":
        assert "{flagged}" in rule.headline[1] or "{n}" in rule.headline[1]


@on_its_kinds
def test_scores_lie_between_0_and_1_and_agree_with_flags(rule, kind):
    frame = found(rule.name, kind)
    scores = frame["score"].dropna()
    assert ((scores >= 0) & (scores <= 1)).all()
    flagged = frame["flagged"].astype(bool)
    assert not frame.loc[flagged, "score"].isna().any()
    if flagged.any() and not flagged.all():
        assert frame.loc[flagged, "score"].max() <= frame.loc[~flagged, "score"].min() + 1e-12


@on_its_kinds
def test_does_not_mind_the_order_of_rows(rule, kind):
    tables = told(rule, kind)
    order = np.random.default_rng(1)
    shuffled = {name: t.iloc[order.permutation(len(t))] for name, t in tables.items()}
    assert_same(found(rule.name, kind), run(rule, shuffled))


@on_its_kinds
def test_speaks_only_of_what_it_was_given(rule, kind):
    tables, frame = told(rule, kind, "items"), found(rule.name, kind)
    assert frame.index.is_unique
    if rule.scope == "item":
        assert set(frame.index) <= set(tables["items"].index)
    elif rule.scope == "class":
        assert set(frame.index) <= set(tables["items"]["label"].dropna())
    elif rule.scope == "dataset":
        assert set(frame.index) <= {"dataset"}
    if rule.scope == "set":
        for members in frame["item_ids"]:
            assert set(members) <= set(tables["items"].index)


@on_its_kinds
@pytest.mark.parametrize("rows", [0, 1])
def test_survives_almost_no_input(rule, kind, rows):
    tables = {name: t.iloc[:rows] for name, t in told(rule, kind).items()}
    frame = run(rule, tables)
    assert {"score", "flagged"} <= set(frame.columns)
    assert frame["score"].dropna().between(0, 1).all()


@on_its_kinds
def test_survives_input_without_values(rule, kind):
    tables = told(rule, kind, "measurements", "items", "duplicates")
    for name in ("measurements", "items"):
        for column in tables[name]:
            if column not in ("status", "uri"):
                tables[name][column] = None if tables[name][column].dtype == object else np.nan
    tables["duplicates"][:] = None
    frame = run(rule, tables)
    assert frame["score"].dropna().between(0, 1).all()


@on_its_kinds
def test_leaves_its_input_alone_and_repeats_itself(rule, kind):
    tables = told(rule, kind)
    first = run(rule, tables)
    for name, table in told(rule, kind).items():
        pd.testing.assert_frame_equal(tables[name], table)
    assert_same(first, run(rule, tables))


def test_codes_and_names_are_unique_and_files_are_named_for_them():
    assert len({r.code for r in RULES}) == len({r.name for r in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.run.__module__.rpartition(".")[2] == rule.name.replace("-", "_")


@on_its_kinds
def test_flags_agree_with_scores_whatever_the_thresholds(rule, kind):
    tables = told(rule, kind)
    for option in rule.options:
        if isinstance(option.default, bool | str):
            continue
        for factor in (0.3, 3.0):
            value = type(option.default)(option.default * factor)
            frame = rule.run(*(tables[name] for name in rule.needs), **{option.name: value})
            flagged = frame["flagged"].astype(bool)
            assert frame["score"].dropna().between(0, 1).all()
            if flagged.any() and not flagged.all():
                assert frame.loc[flagged, "score"].max() <= frame.loc[~flagged, "score"].min() + 1e-12
