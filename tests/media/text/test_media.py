"""Texts: counted, hashed as they are read, shown as they stand."""

from __future__ import annotations

import hashlib
import time

import pandas as pd
import pytest

from dsaudit.dataset.inline import inline_uri
from dsaudit.errors import EmptyItemError, MissingItemError, UnreadableItemError
from dsaudit.media import media_for
from dsaudit.media.file import identify
from dsaudit.media.identity import content_hashes

MEDIA = media_for("text")


def test_short_answers_are_slight_among_longer_texts() -> None:
    texts = ["ok thanks", "不错", "cancel my card", "where is the parcel I sent", "it never came back to me"]
    measured = pd.DataFrame([{"n_words": len(t.split()), "n_letters": sum(map(str.isalpha, t))} for t in texts])
    assert media_for("text").slight(pd.concat([measured, measured[3:]])).tolist() == [
        True,
        True,
        False,
        False,
        False,
        False,
        False,
    ]
    assert not media_for("text").slight(measured[:3]).any()


def test_a_row_and_a_file_of_the_same_text_measure_the_same(tmp_path):
    text = "Is it öpen\nnow?"
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    row, file = MEDIA.measure(inline_uri(text)), MEDIA.measure(path)
    for name in ("content_hash", "n_characters", "n_words", "sample_hash", "detected_type"):
        assert row[name] == file[name]
    assert row["content_hash"] == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    assert (row["n_characters"], row["n_words"]) == (15, 4)
    assert MEDIA.read(inline_uri(text)) == MEDIA.read(path) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [("Is it open?", "  Is it\topen? "), ("yes", "\u200fye\u200bs\ufeff"), ("caf\u00e9", "cafe\u0301")],
)
def test_what_nobody_sees_makes_no_other_text(one, other):
    assert len({MEDIA.measure(inline_uri(text))["sample_hash"] for text in (one, other)}) == 1


def test_texts_without_a_word_are_copies_of_nothing():
    for text in ("🔥🔥", "https://example.org", "[deleted]", "@user", "...", "k", "10/10", "test"):
        found = MEDIA.measure(inline_uri(text))
        assert (found["sample_hash"], found["plain_hash"], found["n_letters"]) == (None, "", 0), text


def test_plain_forms_propose_pairs_and_the_texts_say_what_differs():
    texts = ["Pay it", "pay it!", "do not", "PAY IT", "🔥", "🔥"]
    measurements = pd.DataFrame([MEDIA.measure(inline_uri(text)) for text in texts])
    pairs = {frozenset(pair) for pair in MEDIA.proposed(measurements).tolist()}
    assert pairs == {frozenset({0, 1}), frozenset({1, 3})}
    look = [MEDIA.look(inline_uri(text)) for text in texts]
    assert MEDIA.likeness(look[0], look[1]).edit == "case and punctuation differ"
    assert not MEDIA.likeness(look[0], look[2]).same


def test_broken_ones_say_why(tmp_path):
    for text in ("", "  \n"):
        with pytest.raises(EmptyItemError):
            MEDIA.measure(inline_uri(text))
    with pytest.raises(MissingItemError):
        MEDIA.measure(tmp_path / "none.txt")
    for data in ("привет, как дела".encode("cp1251"), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"ab\0\0\0\0\0"):
        (tmp_path / "other.txt").write_bytes(data)
        with pytest.raises(UnreadableItemError, match="not text"):
            MEDIA.measure(tmp_path / "other.txt")


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        ("schön".encode(), "schön", "utf-8"),
        ("schön".encode("utf-8-sig"), "schön", "utf-8"),
        ("schön".encode("utf-16"), "schön", "utf-16"),
        ("schön und gut".encode("utf-16-le"), "schön und gut", "utf-16"),
        ("schön".encode("cp1252"), "schön", "windows-1252"),
        ("schön\n".encode() + "für uns".encode("cp1252"), "schön\nfür uns", "utf-8 and windows-1252"),
        (b"it is\0 open to all", "it is\0 open to all", "utf-8"),
    ],
)
def test_files_in_the_encodings_that_people_have(tmp_path, data, text, encoding):
    (tmp_path / "a.txt").write_bytes(data)
    assert MEDIA.measure(tmp_path / "a.txt")["encoding"] == encoding
    assert MEDIA.read(tmp_path / "a.txt") == text


def test_the_preview_is_the_text_up_to_a_length():
    assert MEDIA.preview(inline_uri("<b>ü</b>")).data.decode() == "<b>ü</b>"
    assert len(MEDIA.preview(inline_uri("x" * 50_000)).data) < 10_000


def test_no_preview_shows_personal_data():
    private = "a@example.com, card 4111 1111 1111 1111"
    for text in (private, f"{'x' * 7_985} {private}"):
        shown = MEDIA.preview(inline_uri(text)).data.decode()
        assert "4111" not in shown
        assert "example" not in shown
    assert MEDIA.preview(inline_uri(private)).data.decode() == "[e-mail], card [card]"


def test_contents_are_known_without_a_file(tmp_path):
    from dsaudit.store.cache import Cache

    uri = inline_uri("hello")
    found = content_hashes([uri, str(tmp_path / "none")], cache=Cache(tmp_path))
    assert found == {uri: identify(uri)["content_hash"], str(tmp_path / "none"): None}


@pytest.mark.parametrize("text", ["x" * 10**6, "a@" * 50_000, "[" * 10**5, "aB1.-" * 20_000, "http://" * 20_000])
def test_one_word_without_end_is_measured_in_time(text):
    started = time.process_time()
    assert MEDIA.measure(inline_uri(text))["n_characters"] == len(text)
    assert time.process_time() - started < 10.0  # seconds; the square of its length would take hours
