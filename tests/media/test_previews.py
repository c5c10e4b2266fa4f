from __future__ import annotations

from types import SimpleNamespace

import pytest
from fabric import word, write_wav

from dsaudit.errors import UnreadableItemError
from dsaudit.media.base import Preview
from dsaudit.media.previews import PreviewCache, Previewer
from dsaudit.store.cache import Cache
from dsaudit.store.run import empty_table


class Fake:
    modality = "audio"
    measure_version = "1"

    def __init__(self):
        self.calls = []

    def preview(self, path, *, with_data=True):
        self.calls.append((path.name, with_data))
        if path.name == "bad.wav":
            raise UnreadableItemError("damaged")
        return Preview("audio/mpeg", b"x" if with_data else b"", b"png", b"", 1.0)


@pytest.mark.usefixtures("in_process")
def test_previews_are_kept_by_content_and_kind(tmp_path):
    media, paths = Fake(), [write_wav(tmp_path / f"{n}.wav", word(1)) for n in ("a", "b", "bad")]
    hashes = {str(p): f"h-{p.stem}" for p in paths}
    first = Previewer(media, cache=Cache(tmp_path / "c"), hashes=lambda uris: hashes, jobs=1)
    made = first(paths, with_data=True)
    assert [m if isinstance(m, str) else m.data for m in made] == [b"x", b"x", "damaged"]
    first.save()
    again = Previewer(media, cache=Cache(tmp_path / "c"), hashes=lambda uris: hashes, jobs=1)
    assert again(paths, with_data=True) == made
    assert [name for name, _ in media.calls] == ["a.wav", "b.wav", "bad.wav", "bad.wav"]
    assert again(paths[:1], with_data=False)[0].data == b""
    assert len(media.calls) == 4  # the picture of what was kept whole


@pytest.mark.usefixtures("in_process")
def test_without_a_cache_nothing_is_kept(tmp_path):
    media, path = Fake(), write_wav(tmp_path / "a.wav", word(1))
    for _ in range(2):
        assert isinstance(Previewer(media, jobs=1)([path], with_data=True)[0], Preview)
    assert len(media.calls) == 2


def test_what_is_added_is_found_by_content_by_another(tmp_path):
    media, cache = Fake(), Cache(tmp_path / "c")
    filled = PreviewCache(media, cache)
    filled.add({f"h-{n}": Preview("audio/mpeg", b"", bytes([n % 256]), b"", 1.0) for n in range(1500)}, with_data=False)
    filled.save()
    found = PreviewCache(media, cache)
    found.recall(["h-3", None, "h-1400", "unknown"], with_data=False)
    assert [found.get(f"h-{n}", with_data=False) is not None for n in (3, 1400, 4)] == [True, True, False]
    assert found.get("h-3", with_data=False).thumbnail == bytes([3])
    assert found.get("h-3", with_data=True) is None
    path = write_wav(tmp_path / "a.wav", word(1))
    Previewer(media, cache=cache, hashes=lambda uris: dict.fromkeys(uris, "h-7"), jobs=1)([path], with_data=False)
    assert media.calls == []


def test_a_run_whose_kind_is_not_installed_has_none(tmp_path):
    def previewer(name):
        return Previewer.of(SimpleNamespace(kind=SimpleNamespace(name=name), items=empty_table("items"), cache=None))

    assert previewer("no such kind") is None
    assert previewer("audio") is not None


def test_a_cache_that_cannot_be_written_loses_only_time(tmp_path):
    (tmp_path / "c").write_text("in the way")
    kept = PreviewCache(Fake(), Cache(tmp_path / "c"))
    kept.add({"h": Preview("audio/mpeg", b"x", b"png")}, with_data=True)
    kept.save()
    assert kept.get("h", with_data=True).data == b"x"
