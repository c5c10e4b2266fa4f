"""Texts: counted, hashed as they are read, shown as they stand."""

from __future__ import annotations

import hashlib

import pytest

from dsaudit.dataset.inline import inline_uri
from dsaudit.errors import EmptyItemError, MissingItemError, UnreadableItemError
from dsaudit.media import media_for
from dsaudit.media.file import identify
from dsaudit.media.identity import content_hashes

MEDIA = media_for("text")


def test_a_row_and_a_file_of_the_same_text_measure_the_same(tmp_path):
    text = "Is it öpen\nnow?"
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    row, file = MEDIA.measure(inline_uri(text)), MEDIA.measure(path)
    for name in ("content_hash", "n_characters", "n_words", "sample_hash", "file_bytes", "detected_type"):
        assert row[name] == file[name]
    assert row["content_hash"] == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    assert (row["n_characters"], row["n_words"]) == (15, 4)
    assert MEDIA.read(inline_uri(text)) == MEDIA.read(path) == text


@pytest.mark.parametrize(("other", "same"), [("  IS it\topen? ", True), ("Is it open", False), ("Ｉs it open?", True)])
def test_case_space_and_width_of_letters_make_no_other_text(other, same):
    own, its = (MEDIA.measure(inline_uri(t))["sample_hash"] for t in ("Is it open?", other))
    assert (own == its) is same


def test_broken_ones_say_why(tmp_path):
    for text in ("", "  \n"):
        with pytest.raises(EmptyItemError):
            MEDIA.measure(inline_uri(text))
    with pytest.raises(MissingItemError):
        MEDIA.measure(tmp_path / "none.txt")
    (tmp_path / "latin.txt").write_bytes("schön".encode("latin-1"))
    with pytest.raises(UnreadableItemError, match="not UTF-8"):
        MEDIA.measure(tmp_path / "latin.txt")


def test_the_preview_is_the_text_up_to_a_length():
    assert MEDIA.preview(inline_uri("<b>ü</b>")).data.decode() == "<b>ü</b>"
    assert len(MEDIA.preview(inline_uri("x" * 50_000)).data) < 5_000


def test_contents_are_known_without_a_file(tmp_path):
    from dsaudit.store.cache import Cache

    uri = inline_uri("hello")
    found = content_hashes([uri, str(tmp_path / "none")], cache=Cache(tmp_path))
    assert found == {uri: identify(uri)["content_hash"], str(tmp_path / "none"): None}
