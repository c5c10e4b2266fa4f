from __future__ import annotations

from fabric import word, write_wav

from dsaudit.errors import UnreadableItemError
from dsaudit.media.base import Preview
from dsaudit.media.previews import Previewer
from dsaudit.store.cache import Cache


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


def test_previews_are_kept_by_content_and_kind(tmp_path):
    media, paths = Fake(), [write_wav(tmp_path / f"{n}.wav", word(1)) for n in ("a", "b", "bad")]
    hashes = {str(p): f"h-{p.stem}" for p in paths}
    first = Previewer(media, cache=Cache(tmp_path / "c"), hashes=hashes, jobs=1)
    made = first(paths, with_data=True)
    assert [m if isinstance(m, str) else m.data for m in made] == [b"x", b"x", "damaged"]
    first.save()
    again = Previewer(media, cache=Cache(tmp_path / "c"), hashes=hashes, jobs=1)
    assert again(paths, with_data=True) == made
    assert [name for name, _ in media.calls] == ["a.wav", "b.wav", "bad.wav", "bad.wav"]
    assert again(paths[:1], with_data=False)[0].data == b""


def test_without_a_cache_nothing_is_kept(tmp_path):
    media, path = Fake(), write_wav(tmp_path / "a.wav", word(1))
    for _ in range(2):
        assert isinstance(Previewer(media, jobs=1)([path], with_data=True)[0], Preview)
    assert len(media.calls) == 2
