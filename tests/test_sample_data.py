"""The sample data are what their README says: small, complete, and sound wherever the truth names no fault."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dsaudit.catalogue import rules
from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for

HERE = Path(__file__).parents[1] / "sample_data"
LEAKS_ON_PURPOSE = 1
NOT_PLANTED = {
    *("shortcut", "unclear-border", "leaked-segment", "mixed-sample-rate", "exchanged-classes"),
    *("burst", "leaked-burst", "too-large", "foreign-item"),
}
"""Clips are no frames of a scene and never too large, and labels order here. All classes are recorded alike, at one
rate, are never exchanged, and every item is a file of its own; shortcuts are planted in
tests/benchmarks/bench_shortcuts.py, exchanged classes in bench_exchange.py, stretches in tests/checks/split."""


def rows(name):
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def manifest():
    return {row["path"]: row for row in rows("manifest.csv")}


@pytest.fixture(scope="module")
def truth():
    planted = defaultdict(list)
    for row in rows("truth.csv"):
        planted[row["rule"]].append(row)
    return planted


@pytest.fixture(scope="module")
def clean(manifest, truth):
    faulty = {row["item_id"] for planted in truth.values() for row in planted}
    return {item_id: soundfile.read(HERE / item_id) for item_id in manifest if item_id not in faulty}


def samples(item_id):
    return soundfile.read(HERE / item_id)[0]


def loudest_dbfs(x):
    window = min(len(x), 800)
    power = np.convolve(x**2, np.full(window, 1 / window), mode="valid").max()
    return 10 * np.log10(max(power, 1e-12))


def test_small():
    files = [p for p in HERE.rglob("*") if p.is_file() and "cache" not in str(p.relative_to(HERE))]
    assert sum(p.stat().st_size for p in files if not {".dsaudit", "images", "texts"} & set(p.parts)) <= 4_000_000


def test_checksums():
    lines = (HERE / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    clips = {
        p.relative_to(HERE).as_posix()
        for p in (HERE / "spoken_words").rglob("*")
        if p.is_file() and ".dsaudit" not in p.parts
    }
    assert set(sums) == clips | {"manifest.csv", "truth.csv", "annotations.csv"}
    changed = [
        name for name, digest in sums.items() if hashlib.sha256((HERE / name).read_bytes()).hexdigest() != digest
    ]
    assert changed == []


def test_every_rule_has_a_planted_fault(truth):
    audible = {rule.name for rule in rules() if not rule.modalities or "audio" in rule.modalities}
    assert set(truth) == audible - NOT_PLANTED


def test_truth_names_what_is_there(manifest, truth):
    missing = {row["item_id"] for row in truth["missing-file"]}
    labels = {row["label"] for row in manifest.values()}
    for rule, planted in truth.items():
        for row in planted:
            if row["item_id"]:
                assert row["item_id"] in manifest, rule
                assert (HERE / row["item_id"]).exists() is (row["item_id"] not in missing)
            else:
                assert set(row["subject"].split(" → ")) <= labels | {"dataset", "dee"}, rule
    assert len(missing) == 2
    assert len(truth["label-error-candidate"]) >= 10
    assert len({(r["item_id"], r["rule"]) for p in truth.values() for r in p if r["item_id"]}) == sum(
        bool(r["item_id"]) for p in truth.values() for r in p
    )


def test_opens_as_manifest_and_as_folder(manifest, truth):
    by_manifest = open_dataset(HERE / "manifest.csv", kind_for("audio"))
    assert list(by_manifest.items.index) == sorted(manifest)
    assert by_manifest.group_source == "column 'group'"
    by_folder = open_dataset(HERE / "spoken_words", kind_for("audio"))
    assert len(by_folder.items) == len(manifest) - len(truth["missing-file"])
    assert by_folder.group_source == "speaker in the file name"
    for item_id, row in by_folder.items.iterrows():
        listed = manifest[f"spoken_words/{item_id}"]
        assert (row["split"], row["group"]) == (listed["split"], listed["group"])
        assert row["label"] == listed["label"].strip().lower()


def test_only_the_planted_speaker_is_in_two_splits(manifest, truth):
    splits = defaultdict(set)
    for row in manifest.values():
        splits[row["group"]].add(row["split"])
    leaked = {group for group, found in splits.items() if len(found) > 1}
    assert leaked == {row["subject"] for row in truth["leaked-group"]}
    assert len(leaked) == LEAKS_ON_PURPOSE
    assert set.union(*splits.values()) == {"train", "validation", "test"}
    assert len(splits) >= 16


def test_clean_clips_are_clean(clean):
    assert len(clean) >= 120
    for item_id, (x, rate) in clean.items():
        assert (rate, x.shape) == (16_000, (16_000,)), item_id
        assert -32 < loudest_dbfs(x) < -15, item_id
        assert np.abs(x).max() < 0.9, item_id
        assert abs(x.mean()) < 3e-3, item_id
        for edge in (x[:480], x[-480:]):
            assert loudest_dbfs(edge) < loudest_dbfs(x) - 25, item_id
        same = np.flatnonzero(np.diff(x) != 0)
        assert np.diff(same).max() < 32, item_id
        spectrum = np.abs(np.fft.rfft(x)) ** 2
        assert spectrum[-1000:].mean() > 16_000 / 12 * 2.0**-30 * 4, item_id


def test_clean_clips_are_all_different(clean):
    assert len({x.tobytes() for x, _ in clean.values()}) == len(clean)


def test_planted_faults_are_in_the_samples(truth):
    def each(rule):
        return [samples(row["item_id"]) for row in truth[rule] if "consequence" not in row["note"]]

    assert all(loudest_dbfs(x) < -75 for x in each("silent-clip"))
    assert all(-60 < loudest_dbfs(x) < -46 for x in each("quiet-clip"))
    assert all(abs(x.mean()) > 0.04 for x in each("dc-offset"))
    assert all((np.abs(x) > 0.999 * np.abs(x).max()).mean() > 0.002 for x in each("clipped-peaks"))
    assert all(x.ndim == 2 for x in each("odd-channel-count"))
    assert all(abs(len(x) / 16_000 - 1) > 0.25 for x in each("odd-duration"))
    assert all((x[4000:12_000] == 0).sum() >= 320 for x in each("dropout"))
    for row in truth["odd-sample-rate"]:
        assert soundfile.info(HERE / row["item_id"]).samplerate != 16_000


def test_planted_copies_are_copies(truth, manifest):
    sets = defaultdict(list)
    for row in truth["exact-duplicate"]:
        sets[row["subject"]].append(row["item_id"])
    assert len(sets) >= 7
    for first, second in sets.values():
        assert np.array_equal(samples(first), samples(second))
    near = defaultdict(list)
    for row in truth["near-duplicate"]:
        near[row["subject"]].append(samples(row["item_id"]))
    for first, second in near.values():
        spectra = np.fft.rfft(first, 65_536) * np.conj(np.fft.rfft(second, 65_536))
        peak = np.fft.irfft(spectra).max() / np.sqrt((first**2).sum() * (second**2).sum())
        assert peak > 0.95
    for row in truth["leaked-duplicate"]:
        splits = {manifest[r["item_id"]]["split"] for r in truth["leaked-duplicate"] if r["subject"] == row["subject"]}
        assert splits == {"train", "test"}


@pytest.mark.parametrize("rule", ["unreadable", "empty"])
def test_broken_files_are_broken(truth, rule):
    for row in truth[rule]:
        path = HERE / row["item_id"]
        try:
            x, _ = soundfile.read(path)
        except soundfile.LibsndfileError:
            continue
        assert len(x) < soundfile.info(path).frames or not len(x)


@pytest.mark.skipif(not (shutil.which("espeak-ng") and shutil.which("ffmpeg")), reason="needs espeak-ng and ffmpeg")
def test_tables_can_be_made_again():
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(HERE / "make.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "files come out the same" in done.stdout
