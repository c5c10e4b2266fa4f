from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from fabric import word, write_wav

from dsaudit.dataset.inline import inline_uri
from dsaudit.errors import DsauditError, MissingItemError, NoDecoderError
from dsaudit.media import scan
from dsaudit.media.audio.media import AudioMedia
from dsaudit.media.base import Preview
from dsaudit.media.previews import kind_of
from dsaudit.media.scan import measure_items
from dsaudit.media.text.media import TextMedia
from dsaudit.rule import Measure
from dsaudit.store.cache import Cache


def items_of(*paths):
    return pd.DataFrame({"uri": [str(p) for p in paths]}, index=[p.name for p in paths], dtype=object)


def mean_sample(sample) -> float:
    return float(np.mean(np.abs(sample.samples)))


class Counting(AudioMedia):
    """Counts decodes; fails on request."""

    calls: ClassVar[list[str]] = []

    def read_batch(self, paths, extra=(), **wanted):
        return [one for path in paths for one in self.read_one(path, extra, wanted)]

    def read_one(self, path, extra, wanted):
        self.calls.append(path.name)
        if path.name.startswith("format"):
            return [NoDecoderError("no decoder for it")]
        if path.name.startswith("bug"):
            return [ZeroDivisionError("in the decoder")]
        return super().read_batch([path], extra, **wanted)


class Kept:
    """Keeps what an encoder would be given."""

    def __init__(self, encode=None):
        self.saved, self.waiting, self.encode = {}, {}, encode

    def add(self, content_hashes, taken):
        self.waiting |= dict(zip(content_hashes, taken, strict=True))

    add_vectors = add

    def save(self):
        self.saved |= self.waiting


def peaks(waveforms):
    return np.array([[abs(one).max(), len(one)] for one in waveforms], dtype=np.float32)


def fails(waveforms):
    raise ValueError("no weights")


@pytest.mark.parametrize("encode", [peaks, fails])
def test_what_is_encoded_where_it_is_read_comes_as_vectors(tmp_path, encode):
    paths = [write_wav(tmp_path / f"{k}.wav", word(k)) for k in range(3)]
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    here, there = Kept(), Kept(encode)
    for sink in (here, there):
        found = measure_items(
            items_of(*paths, tmp_path / "broken.wav"), AudioMedia(), cache=Cache(tmp_path / "c"), jobs=1, sink=sink
        )
        shutil.rmtree(tmp_path / "c")
        assert sorted(found["status"]) == ["ok"] * 3 + ["unreadable"]
    assert len(here.saved) == 3
    own = {key: tuple(peaks([one])[0]) for key, one in here.saved.items()} if encode is peaks else {}
    assert {key: tuple(vector) for key, vector in there.saved.items()} == own


class Unseeing(AudioMedia):
    """Stands on a machine without the folder."""

    def read_batch(self, paths, extra=(), *, taken, preview):
        return [MissingItemError(f"{path.name}: no such file") for path in paths]


def test_a_machine_that_does_not_see_the_files_is_no_finding(tmp_path, in_process, monkeypatch):
    monkeypatch.setattr(scan, "is_far", lambda: True)
    gone, there = tmp_path / "gone.wav", write_wav(tmp_path / "there.wav", word(1))
    assert measure_items(items_of(gone), Unseeing(), cache=Cache(tmp_path / "c"))["status"].tolist() == ["missing"]
    with pytest.raises(DsauditError, match=r"there.wav is here, but a machine of the cluster does not see it"):
        measure_items(items_of(gone, there), Unseeing(), cache=Cache(tmp_path / "c"))


@pytest.fixture
def media():
    Counting.calls.clear()
    return Counting()


def test_every_item_has_a_status_whatever_happens(tmp_path, media):
    good = write_wav(tmp_path / "good.wav", word(1))
    (tmp_path / "zero.wav").write_bytes(b"")
    (tmp_path / "format.wma").write_bytes(b"\x30\x26\xb2\x75")
    (tmp_path / "bug.wav").write_bytes(good.read_bytes())
    names = ["good.wav", "zero.wav", "gone.wav", "format.wma", "bug.wav"]
    table = measure_items(items_of(*(tmp_path / n for n in names)), media, cache=Cache(tmp_path / "c"), jobs=1)
    assert table["status"].to_dict() == {
        "good.wav": "ok",
        "zero.wav": "empty",
        "gone.wav": "missing",
        "format.wma": "no-decoder",
        "bug.wav": "unreadable",
    }
    assert table.loc["bug.wav", "error"] == "its content is damaged in a way that its decoder does not expect"
    assert table.loc["good.wav", "error"] is None
    assert table.loc["bug.wav", "content_hash"] == table.loc["good.wav", "content_hash"]
    assert table.loc["gone.wav", "content_hash"] is None
    assert np.isnan(table.loc["zero.wav", "duration_s"])
    assert table["file_suffix"].tolist() == [".wav", ".wav", ".wav", ".wma", ".wav"]


@pytest.mark.usefixtures("in_process")
def test_known_bytes_are_not_opened_again(tmp_path, media):
    paths = [write_wav(tmp_path / f"{k}.wav", word(k)) for k in range(3)]
    cache = Cache(tmp_path / "c")
    first = measure_items(items_of(*paths), media, cache=cache, jobs=1)
    assert len(media.calls) == 3
    second = measure_items(items_of(*paths), media, cache=cache, jobs=1)
    assert len(media.calls) == 3
    pd.testing.assert_frame_equal(first, second)
    write_wav(paths[1], word(99))
    os.utime(paths[1], ns=(1, 1))
    third = measure_items(items_of(*paths), media, cache=cache, jobs=1)
    assert media.calls[3:] == ["1.wav"]
    assert third.loc["1.wav", "content_hash"] != first.loc["1.wav", "content_hash"]


def test_unreadable_bytes_are_not_decoded_again(tmp_path, media):
    broken, pointer = tmp_path / "bug.wav", tmp_path / "pointer.wav"
    write_wav(broken, word(1))
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    cache = Cache(tmp_path / "c")
    first = measure_items(items_of(broken, pointer), media, cache=cache, jobs=1)
    assert first["status"].tolist() == ["unreadable", "not-fetched"]
    n = len(media.calls)
    second = measure_items(items_of(broken, pointer), media, cache=cache, jobs=1)
    assert len(media.calls) == n
    pd.testing.assert_frame_equal(first, second)


def test_broken_items_are_tried_again(tmp_path, media):
    path = tmp_path / "x.wav"
    path.write_bytes(b"")
    cache = Cache(tmp_path / "c")
    assert measure_items(items_of(path), media, cache=cache, jobs=1).loc["x.wav", "status"] == "empty"
    write_wav(path, word(1))
    assert measure_items(items_of(path), media, cache=cache, jobs=1).loc["x.wav", "status"] == "ok"


@pytest.mark.usefixtures("in_process")
def test_rules_own_measures_run_in_the_same_decode(tmp_path, media):
    path = write_wav(tmp_path / "x.wav", np.tile(np.float32([0.25, -0.25]), 8000), subtype="FLOAT")
    extra = (Measure("audio", "mean_sample", mean_sample),)
    table = measure_items(items_of(path), media, cache=Cache(tmp_path / "c"), extra=extra, jobs=1)
    assert table.loc["x.wav", "mean_sample"] == pytest.approx(0.25)
    assert len(media.calls) == 1
    measure_items(items_of(path), media, cache=Cache(tmp_path / "c"), jobs=1)
    assert len(media.calls) == 2, "another set of measures is another cache"


def test_processes_give_the_same_as_one(tmp_path):
    paths = [write_wav(tmp_path / f"{k:03d}.wav", word(k)) for k in range(60)]
    one = measure_items(items_of(*paths), AudioMedia(), cache=Cache(tmp_path / "a"), jobs=1)
    two = measure_items(items_of(*paths), AudioMedia(), cache=Cache(tmp_path / "b"), jobs=2)
    pd.testing.assert_frame_equal(one, two)


def test_progress_counts_every_item(tmp_path, media):
    paths = [write_wav(tmp_path / f"{k}.wav", word(k)) for k in range(4)]
    done = []
    cache = Cache(tmp_path / "c")
    measure_items(items_of(*paths[:2]), media, cache=cache, jobs=1)
    measure_items(items_of(*paths), media, cache=cache, jobs=1, progress=done.append)
    assert sum(done) == 4


@pytest.mark.usefixtures("in_process")
def test_what_was_measured_before_an_interruption_is_kept(tmp_path, media, monkeypatch):
    monkeypatch.setattr(scan, "_FILES_AT_ONCE", 2)
    paths = [write_wav(tmp_path / f"{k}.wav", word(k)) for k in range(5)]
    cache, sink = Cache(tmp_path / "c"), Kept()

    def interrupt(n):
        if len(media.calls) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_items(items_of(*paths), media, cache=cache, jobs=1, progress=interrupt, sink=sink, previews=True)
    assert len(sink.saved) == 4
    measure_items(items_of(*paths), media, cache=cache, jobs=1, sink=sink, previews=True)
    assert media.calls == ["0.wav", "1.wav", "2.wav", "3.wav", "4.wav"]
    assert len(sink.saved) == len(cache.rows(kind_of(media, with_data=True))) == 5


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_reading_gives_what_three_would(tmp_path, jobs):
    paths = [write_wav(tmp_path / f"{k:03d}.wav", word(k), rate=22_050) for k in range(60)]
    cache, sink = Cache(tmp_path / "c"), Kept()
    items = items_of(*paths, tmp_path / "gone.wav")
    table = measure_items(items, AudioMedia(), cache=cache, jobs=jobs, sink=sink, previews=True)
    alone = measure_items(items, AudioMedia(), cache=Cache(tmp_path / "d"), jobs=1)
    pd.testing.assert_frame_equal(table, alone)
    assert list(sink.saved) == table["content_hash"].tolist()[:-1]
    drawn = cache.rows(kind_of(AudioMedia(), with_data=True))
    for path, content_hash in zip(paths, table["content_hash"], strict=False):
        np.testing.assert_array_equal(sink.saved[content_hash], AudioMedia().read(path))
        assert Preview(**drawn.loc[content_hash].to_dict()) == AudioMedia().preview(path)


@pytest.mark.usefixtures("in_process")
def test_what_cannot_be_drawn_is_measured(tmp_path, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no encoder of MP3")

    monkeypatch.setattr("dsaudit.media.audio.preview.preview", broken)
    cache, sink = Cache(tmp_path / "c"), Kept()
    path = write_wav(tmp_path / "x.wav", word(1))
    table = measure_items(items_of(path), AudioMedia(), cache=cache, jobs=1, sink=sink, previews=True)
    assert table["status"].tolist() == ["ok"]
    assert len(sink.saved) == 1
    assert not len(cache.rows(kind_of(AudioMedia(), with_data=True)))


def test_batches_are_bounded_in_items_and_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "_BYTES_AT_ONCE", 100)
    for k, size in enumerate((60, 30, 30, 200, 1, 1, 1)):
        (tmp_path / str(k)).write_bytes(b"x" * size)
    batches = list(scan._batches([str(tmp_path / str(k)) for k in range(7)], n_most=2, sized=True))
    assert [[k for k, _ in batch] for batch in batches] == [[0, 1], [2], [3], [4, 5], [6]]


def test_a_name_that_is_no_unicode_travels(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    path.write_bytes(b"no audio at all, but a text")
    items = pd.DataFrame({"uri": [str(path)]}, index=["x"], dtype=object)
    table = measure_items(items, AudioMedia(), cache=Cache(tmp_path / "c"), jobs=1)
    assert table["status"].tolist() == ["unreadable"]
    assert table["error"].iloc[0] == "its content is text, not audio"


def test_cells_of_a_manifest_are_measured_anew_and_leave_nothing_in_the_cache(tmp_path):
    said = ["one two", "", "one  two", "three"]
    items = pd.DataFrame({"uri": [inline_uri(text) for text in said]}, index=list("abcd"), dtype=object)
    cache = Cache(tmp_path / "c")
    first = measure_items(items, TextMedia(), cache=cache, jobs=1)
    assert first["status"].tolist() == ["ok", "empty", "ok", "ok"]
    assert first["n_words"].tolist()[2:] == [2, 1]
    assert first.loc["a", "sample_hash"] == first.loc["c", "sample_hash"]
    assert first["file_suffix"].tolist() == [""] * 4
    assert not list((tmp_path / "c").rglob("*.parquet"))
    pd.testing.assert_frame_equal(first, measure_items(items, TextMedia(), cache=cache, jobs=2))


def test_for_missing_and_empty_files_no_process_is_started(tmp_path, monkeypatch) -> None:
    (tmp_path / "empty.wav").touch()
    monkeypatch.setattr(scan, "map_batches", lambda take, batches, **more: [pytest.fail("asked") for _ in batches])
    found = measure_items(items_of(tmp_path / "empty.wav", tmp_path / "gone.wav"), AudioMedia(), cache=Cache(tmp_path))
    assert found["status"].tolist() == ["empty", "missing"]
    assert found["error"].tolist() == ["0 bytes long", "no such file"]


KILLED = """
import os, signal, sys
from pathlib import Path
import pandas as pd
from dsaudit.dataset.inline import inline_uri
from dsaudit.media import scan
from dsaudit.media.text.media import TextMedia
from dsaudit.store.cache import Cache
scan._CELLS_KEPT, scan._CELLS_AT_ONCE = 20, 5
items = pd.DataFrame({"uri": [inline_uri(f"text number {k} of them") for k in range(50)]}, dtype=object)
left = [30]
def killed(n):
    left[0] -= n
    if left[0] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
scan.measure_items(items, TextMedia(), cache=Cache(Path(sys.argv[1])), jobs=1, progress=killed)
"""


def test_cells_whose_measuring_was_killed_go_on_behind_the_last_part(tmp_path, monkeypatch):
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "cache")], check=False, timeout=120)
    assert ended.returncode == -signal.SIGKILL
    monkeypatch.setattr(scan, "_CELLS_KEPT", 20)
    monkeypatch.setattr(scan, "_CELLS_AT_ONCE", 5)
    asked = []

    def counted(fn, batches, **options):
        for batch in batches:
            asked.extend(uri for _, uri in batch)
            yield fn(batch)

    items = pd.DataFrame({"uri": [inline_uri(f"text number {k} of them") for k in range(50)]}, dtype=object)
    monkeypatch.setattr(scan, "map_batches", counted)
    went_on = measure_items(items, TextMedia(), cache=Cache(tmp_path / "cache"), jobs=1)
    assert asked == items["uri"][20:].tolist()
    whole = measure_items(items, TextMedia(), cache=Cache(tmp_path / "other"), jobs=1)
    pd.testing.assert_frame_equal(went_on, whole)
    changed = items.assign(uri=[inline_uri("another"), *items["uri"][1:]])
    asked.clear()
    measure_items(changed, TextMedia(), cache=Cache(tmp_path / "cache"), jobs=1)
    assert asked == changed["uri"][:20].tolist() + items["uri"][40:].tolist()  # the last are too few to be kept
    for part in (tmp_path / "cache" / "part").iterdir():
        part.write_bytes(part.read_bytes()[:99])
    pd.testing.assert_frame_equal(measure_items(items, TextMedia(), cache=Cache(tmp_path / "cache"), jobs=1), whole)
