"""The sample recordings are sound wherever the truth names no fault, and faulty where it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import defaultdict

import numpy as np
import pytest
import soundfile
from samples import HOMES, clean, manifest, truth

from dsaudit.catalogue import rules
from dsaudit.dataset import open_dataset
from dsaudit.media import kind_for

HERE, MANIFEST, TRUTH = HOMES["audio"], manifest("audio"), truth("audio")
NOT_PLANTED = {
    *("shortcut", "unclear-border", "leaked-segment", "mixed-sample-rate", "exchanged-classes"),
    *("burst", "leaked-burst", "too-large", "foreign-item", "ambiguous-copy", "repeated-name"),
}
"""Clips are no frames of a scene, never too large and no short answers, and labels order here. All classes are recorded
alike, at one rate, are never exchanged, and every item is a file of its own; shortcuts are planted in
tests/benchmarks/bench_shortcuts.py, exchanged classes in bench_exchange.py, stretches in tests/checks/split."""


@pytest.fixture(scope="module")
def sound():
    return {item_id: soundfile.read(HERE / item_id) for item_id in clean("audio")}


def samples(item_id):
    return soundfile.read(HERE / item_id)[0]


def loudest_dbfs(x):
    window = min(len(x), 800)
    power = np.convolve(x**2, np.full(window, 1 / window), mode="valid").max()
    return 10 * np.log10(max(power, 1e-12))


def test_every_rule_has_a_planted_fault():
    of_one_set = [rule for rule in rules() if not rule.of_two_sets]
    audible = {rule.name for rule in of_one_set if not rule.modalities or "audio" in rule.modalities}
    assert set(TRUTH) == audible - NOT_PLANTED


def test_opens_as_a_folder():
    by_folder = open_dataset(HERE / "spoken_words", kind_for("audio"))
    assert len(by_folder.items) == len(MANIFEST) - len(TRUTH["missing-file"])
    assert by_folder.group_source == "speaker in the file name"
    for item_id, row in by_folder.items.iterrows():
        listed = MANIFEST[f"spoken_words/{item_id}"]
        assert (row["split"], row["group"]) == (listed["split"], listed["group"])
        assert row["label"] == listed["label"].strip().lower()


def test_clean_clips_are_clean(sound):
    assert len(sound) >= 120
    for item_id, (x, rate) in sound.items():
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


def test_clean_clips_are_all_different(sound):
    assert len({x.tobytes() for x, _ in sound.values()}) == len(sound)


def test_planted_faults_are_in_the_samples():
    def each(rule):
        return [samples(row["item_id"]) for row in TRUTH[rule] if "consequence" not in row["note"]]

    assert all(loudest_dbfs(x) < -75 for x in each("silent-clip"))
    assert all(-60 < loudest_dbfs(x) < -46 for x in each("quiet-clip"))
    assert all(abs(x.mean()) > 0.04 for x in each("dc-offset"))
    assert all((np.abs(x) > 0.999 * np.abs(x).max()).mean() > 0.002 for x in each("clipped-peaks"))
    assert all(x.ndim == 2 for x in each("odd-channel-count"))
    assert all(abs(len(x) / 16_000 - 1) > 0.25 for x in each("odd-duration"))
    assert all((x[4000:12_000] == 0).sum() >= 320 for x in each("dropout"))
    for row in TRUTH["odd-sample-rate"]:
        assert soundfile.info(HERE / row["item_id"]).samplerate != 16_000


def test_planted_copies_are_copies():
    sets = defaultdict(list)
    for row in TRUTH["exact-duplicate"]:
        sets[row["subject"]].append(row["item_id"])
    assert len(sets) >= 7
    for first, second in sets.values():
        assert np.array_equal(samples(first), samples(second))
    near = defaultdict(list)
    for row in TRUTH["near-duplicate"]:
        near[row["subject"]].append(samples(row["item_id"]))
    for first, second in near.values():
        spectra = np.fft.rfft(first, 65_536) * np.conj(np.fft.rfft(second, 65_536))
        peak = np.fft.irfft(spectra).max() / np.sqrt((first**2).sum() * (second**2).sum())
        assert peak > 0.95
    for row in TRUTH["leaked-duplicate"]:
        splits = {MANIFEST[r["item_id"]]["split"] for r in TRUTH["leaked-duplicate"] if r["subject"] == row["subject"]}
        assert splits == {"train", "test"}


@pytest.mark.parametrize("rule", ["unreadable", "empty"])
def test_broken_files_are_broken(rule):
    for row in TRUTH[rule]:
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
