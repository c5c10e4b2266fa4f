"""Each content is read and encoded once, kept, and found again."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest

from dsaudit.errors import UnreadableItemError
from dsaudit.model import embed
from dsaudit.model.embed import Embedder, embed_items
from dsaudit.store import cache as store


class Mean:
    name, version, dim, notes = "mean", "1", 2, ()

    def __init__(self):
        self.n_encoded = 0

    def encode(self, waveforms):
        self.n_encoded += len(waveforms)
        return np.array([[w.mean(), len(w)] for w in waveforms], dtype=np.float32).reshape(-1, 2)


class Cache:
    def __init__(self):
        self.kept, self.writes = {}, []

    def get_vectors(self, kind, keys):
        return {key: self.kept[kind, key] for key in keys if (kind, key) in self.kept}

    def put_vectors(self, kind, vectors):
        self.writes.append(len(vectors))
        self.kept.update({(kind, key): vector for key, vector in vectors.items()})


def read(path):
    if "broken" in path.name:
        raise UnreadableItemError(path.name)
    return np.full(4, float(path.name[1:]), dtype=np.float32)


def dataset(n, names="i"):
    ids = [f"{names}{k:04d}" for k in range(n)]
    return pd.Series([f"/data/{i}" for i in ids], index=ids), pd.Series([f"h{i}" for i in ids], index=ids)


def test_items_come_sorted_with_their_own_vector():
    uris, hashes = dataset(300)
    ticks = []
    table = embed_items(uris[::-1], content_hashes=hashes, read=read, encoder=Mean(), progress=ticks.append)
    assert table.index.tolist() == sorted(uris.index)
    assert table["0"].tolist() == [float(k) for k in range(300)]
    assert table.columns.tolist() == ["0", "1"]
    assert (table.dtypes == np.float32).all()
    assert ticks == sorted(ticks)
    assert ticks[-1] == 300


def test_copies_are_encoded_once():
    uris, hashes = dataset(6)
    hashes[:] = ["a", "b", "a", "a", "c", "b"]
    encoder = Mean()
    table = embed_items(uris, content_hashes=hashes, read=read, encoder=encoder)
    assert encoder.n_encoded == 3
    assert table["0"].tolist() == [0.0, 1.0, 0.0, 0.0, 4.0, 1.0]


def means(waveforms):
    return Mean().encode(waveforms)


def kills_or_reads(path):
    if path.name == "i0007":
        os._exit(9)
    return read(path)


def test_what_is_encoded_where_it_is_read_is_the_same():
    uris, hashes = dataset(300)
    uris["i0003"] = "/data/broken"
    here = embed_items(uris.drop("i0007"), content_hashes=hashes, read=read, encoder=Mean())
    encoder, ticks, cache = Mean(), [], Cache()
    encoder.dim = 0
    asked = {"content_hashes": hashes, "read": kills_or_reads, "encoder": encoder, "there": means}
    there = embed_items(uris, **asked, cache=cache, progress=ticks.append)
    pd.testing.assert_frame_equal(there, here, check_exact=True)
    assert encoder.n_encoded == 0
    assert ticks == [0, 128, 256, 300]
    assert len(cache.kept) == 298


def test_a_second_run_reads_nothing():
    uris, hashes = dataset(50)
    cache = Cache()
    first = embed_items(uris, content_hashes=hashes, read=read, encoder=Mean(), cache=cache)

    def refuse(path):
        raise AssertionError(path)

    again = embed_items(uris, content_hashes=hashes, read=refuse, encoder=Mean(), cache=cache)
    pd.testing.assert_frame_equal(first, again)


def test_broken_items_are_left_out():
    uris, hashes = dataset(5)
    uris.iloc[2] = "/data/broken"
    table = embed_items(uris, content_hashes=hashes, read=read, encoder=Mean())
    assert table.index.tolist() == ["i0000", "i0001", "i0003", "i0004"]


def test_items_of_unknown_content_are_encoded_and_not_kept():
    uris, hashes = dataset(3)
    hashes.iloc[1] = None
    cache = Cache()
    assert len(embed_items(uris, content_hashes=hashes, read=read, encoder=Mean(), cache=cache)) == 3
    assert {key for _, key in cache.kept} == {"hi0000", "hi0002"}


def test_a_run_that_is_killed_resumes(monkeypatch):
    monkeypatch.setattr(embed, "_SAVE_EVERY", 100)
    uris, hashes = dataset(600)
    cache = Cache()

    class Killed(Mean):
        def encode(self, waveforms):
            if self.n_encoded >= 384:
                raise KeyboardInterrupt
            return super().encode(waveforms)

    with pytest.raises(KeyboardInterrupt):
        embed_items(uris, content_hashes=hashes, read=read, encoder=Killed(), cache=cache)
    assert len(cache.kept) == 384
    encoder = Mean()
    assert len(embed_items(uris, content_hashes=hashes, read=read, encoder=encoder, cache=cache)) == 600
    assert encoder.n_encoded == 600 - 384


def test_kept_vectors_of_another_length_are_made_anew():
    uris, hashes = dataset(2)
    cache = Cache()
    cache.kept["mean-1", "hi0000"] = np.zeros(7, dtype=np.float32)
    assert embed_items(uris, content_hashes=hashes, read=read, encoder=Mean(), cache=cache).shape == (2, 2)


def test_nothing_to_embed():
    empty = pd.Series([], dtype=object)
    assert embed_items(empty, content_hashes=empty, read=read, encoder=Mean()).shape == (0, 2)


class Centred:
    """Learns the mean of the set; a vector is how far an item is from it."""

    name, version, dim, notes, fits = "centred", "1", 2, (), True

    def __init__(self):
        self.learned, self.mean = [], None

    def fit(self, items):
        self.learned.append([float(item[0]) for item in items])
        self.mean = np.mean(self.learned[-1])

    def encode(self, items):
        return np.array([[item[0] - self.mean, 1.0] for item in items], dtype=np.float32).reshape(-1, 2)


def test_an_encoder_may_learn_from_the_whole_set_first():
    uris, hashes = dataset(300)
    uris[1::2], hashes[1::2] = uris[::2].to_numpy(), hashes[::2].to_numpy()  # each has a copy
    uris[10:12] = "/data/broken"
    encoder, shuffled = Centred(), Centred()
    table = embed_items(uris, content_hashes=hashes, read=read, encoder=encoder)
    assert encoder.learned == [[k for k in range(0, 300, 2) if k != 10]]  # each content once, of those that can be read
    assert table["0"].tolist() == [np.float32(k - k % 2 - encoder.mean) for k in range(300) if k not in (10, 11)]
    again = embed_items(uris.sample(frac=1, random_state=0), content_hashes=hashes, read=read, encoder=shuffled)
    assert shuffled.learned == encoder.learned
    pd.testing.assert_frame_equal(table, again)


def test_what_was_learned_from_is_part_of_the_key():
    uris, hashes = dataset(40)
    cache, first, same, more = Cache(), Centred(), Centred(), Centred()
    whole = embed_items(uris, content_hashes=hashes, read=read, encoder=first, cache=cache)
    pd.testing.assert_frame_equal(whole, embed_items(uris, content_hashes=hashes, read=read, encoder=same, cache=cache))
    assert (len(first.learned), len(same.learned)) == (1, 0)
    half = embed_items(uris[:20], content_hashes=hashes, read=read, encoder=more, cache=cache)
    assert len(more.learned[0]) == 20
    assert not np.allclose(half["0"], whole["0"][:20])
    cache.kept.pop(next(key for key in cache.kept if key[1] == "hi0007"))
    third = Centred()
    pd.testing.assert_frame_equal(
        half, embed_items(uris[:20], content_hashes=hashes, read=read, encoder=third, cache=cache)
    )
    hashes.iloc[3] = None
    unknown, kept = Centred(), len(cache.kept)
    embed_items(uris, content_hashes=hashes, read=read, encoder=unknown, cache=cache)
    assert (len(unknown.learned[0]), len(cache.kept)) == (40, kept)


class Doubling:
    name, version, dim, notes = "doubling", "1", 1, ()

    def __init__(self, breaks=False):
        self.seen, self.breaks = [], breaks

    def encode(self, items):
        self.seen += items
        if self.breaks:
            raise RuntimeError("no memory left")
        return np.array([[2.0 * x] for x in items], dtype=np.float32)


def test_what_was_encoded_while_reading_is_not_read_again(tmp_path):
    encoder, cache = Doubling(), store.Cache(tmp_path)
    embedder = Embedder(encoder, cache=cache, read_version="7")
    embedder.add(["a", "b", "a"], [1.0, np.nan, 1.0])
    embedder.save()
    embedder.add(["b", "c"], [np.nan, 3.0])
    embedder.save()
    assert encoder.seen == pytest.approx([1.0, np.nan, 3.0], nan_ok=True)
    read = []
    table = embed_items(
        pd.Series({"x": "/x", "y": "/y", "z": "/z"}),
        content_hashes=pd.Series({"x": "a", "y": "b", "z": "c"}),
        read=lambda path: read.append(path.name) or np.nan,
        read_version="7",
        encoder=encoder,
        cache=cache,
    )
    assert table["0"].to_dict() == {"x": 2.0, "z": 6.0}
    assert read == ["y"], "what gave no numbers is tried again"


def test_an_encoder_that_fails_does_so_where_it_is_told(tmp_path):
    encoder, cache = Doubling(breaks=True), store.Cache(tmp_path)
    embedder = Embedder(encoder, cache=cache)
    embedder.add([str(k) for k in range(300)], [1.0] * 300)
    embedder.save()
    assert len(encoder.seen) == 128
    assert not list(tmp_path.iterdir())
