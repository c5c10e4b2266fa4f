"""Every sample set is small and whole, and its tables agree with one another; each kind tests what it plants."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import pytest
from samples import HOMES, clean, manifest, truth

from dsaudit.catalogue import rules
from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for

every_kind = pytest.mark.parametrize("kind", sorted(HOMES))
NOT_PLANTED = {
    "audio": {"mixed-sample-rate"},  # all are recorded at one rate
    "image": {"class-tint"},  # drawn classes differ in colour by nature; see tests/checks/image
    # wrong labels, and rows without any, could not stand beside the first three; see tests/checks/table
    "table": {"telling-column", "known-afterwards", "stray-row", "missing-together", "split-drift"},
    # of pairs, and of what only a model of sentences sees, see tests/checks/text
    "text": {"identical-halves", "swapped-halves", "same-meaning"},
}
MOST_BYTES = {"table": 200_000, "text": 200_000}
TOLD = {"dataset", "dee"}
"""Subjects besides labels and groups: the whole set, and one of those who labelled it."""


def files(kind):
    others = [home for home in HOMES.values() if HOMES[kind] in home.parents]
    return [
        path
        for path in HOMES[kind].rglob("*")
        if path.is_file()
        and not {".dsaudit", "__pycache__"} & set(path.parts)
        and not any(home in path.parents for home in others)
    ]


@every_kind
def test_small(kind):
    assert sum(path.stat().st_size for path in files(kind)) <= MOST_BYTES.get(kind, 4_000_000)


@pytest.mark.parametrize("kind", [kind for kind, home in sorted(HOMES.items()) if (home / "SHA256SUMS").exists()])
def test_checksums(kind):
    home = HOMES[kind]
    lines = (home / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {path.relative_to(home).as_posix() for path in files(kind)}
    assert set(sums) == {name for name in there if name.endswith(".csv") or "/" in name}
    changed = [n for n, digest in sums.items() if hashlib.sha256((home / n).read_bytes()).hexdigest() != digest]
    assert changed == []


@every_kind
def test_every_rule_of_one_kind_alone_has_a_planted_fault(kind):
    own = {rule.name for rule in rules() if tuple(rule.modalities) == (kind,)}
    assert own - set(truth(kind)) == NOT_PLANTED.get(kind, set())


@every_kind
def test_truth_names_what_is_there(kind):
    listed = manifest(kind)
    known = {row[part] for row in listed.values() for part in ("label", "group")} | TOLD
    known |= set(next(iter(listed.values())))  # a column
    missing = {row["item_id"] for row in truth(kind)["missing-file"]}
    pairs = [(row["item_id"], rule) for rule, planted in truth(kind).items() for row in planted if row["item_id"]]
    assert len(pairs) == len(set(pairs))
    for item, rule in pairs:
        assert item in listed, rule
        if "path" in listed[item]:
            assert (HOMES[kind] / item).exists() is (item not in missing)
    for rule, planted in truth(kind).items():
        for row in planted:
            assert row["item_id"] or set(row["subject"].split(" → ")) <= known, rule
    assert 10 * len(clean(kind)) > 5 * len(listed)


@every_kind
def test_opens_as_a_manifest(kind):
    opened = open_dataset(HOMES[kind] / "manifest.csv", kind_for(kind))
    assert list(opened.items.index) == sorted(manifest(kind))
    assert opened.group_source == "column 'group'"


@every_kind
def test_only_the_planted_group_is_in_two_splits(kind):
    splits = defaultdict(set)
    for row in manifest(kind).values():
        splits[row["group"]].add(row["split"])
    leaked = {group for group, found in splits.items() if len(found) > 1}
    assert leaked == {row["subject"] for row in truth(kind)["leaked-group"]}
    assert len(leaked) == 1
    assert set.union(*splits.values()) >= {"train", "test"}
