from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from dsaudit.errors import EmptyItemError, MissingItemError, UnreadableItemError
from dsaudit.media.file import detect_type, identify


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
        (b"RIFX\0\0\0\x24WAVEfmt ", "wav"),
        (b"RF64\xff\xff\xff\xffWAVEds64", "wav"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "webp"),
        (b"fLaC\0\0\0\x22", "flac"),
        (b"OggS\0\x02", "ogg"),
        (b"ID3\x04\0", "mp3"),
        (b"\xff\xfb\x90\x64", "mp3"),
        (b"\xff\xf1\x50\x80", "aac"),
        (b"FORM\0\0\0\x10AIFFCOMM", "aiff"),
        (b".snd\0\0\0\x18", "au"),
        (b"\0\0\0\x20ftypM4A ", "mp4"),
        (b"\x1a\x45\xdf\xa3\x9f", "matroska"),
        (b"\x89PNG\r\n\x1a\n\0", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"<!DOCTYPE html><html>", "html"),
        ("sch\u00f6n, not audio\n".encode(), "text"),
        (b"\x01\x02\x03\x04", None),
        (b"\xff\xff\xff\xff", None),
        (b"", None),
    ],
)
def test_type_by_content(head: bytes, kind: str | None) -> None:
    assert detect_type(head) == kind


def test_text_cut_inside_a_character_is_still_text() -> None:
    assert detect_type(("a" * 4095 + "\u00e9").encode()[:4096]) == "text"


def test_identity_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "-odd \U0001f3a4\nname.WAV"
    path.write_bytes(b"RIFF\x24\0\0\0WAVE" + bytes(range(256)) * 5000)
    found = identify(path)
    assert found["content_hash"] == hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    assert (found["file_bytes"], found["file_suffix"], found["detected_type"]) == (path.stat().st_size, ".wav", "wav")
    assert found["suffix_fits"] == 1.0


def test_suffix_that_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\0")
    assert identify(path)["suffix_fits"] == 0.0


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingItemError):
        identify(tmp_path / "none.wav")
    with pytest.raises(UnreadableItemError, match="not a regular file"):
        identify(tmp_path)
    (tmp_path / "empty.wav").touch()
    with pytest.raises(EmptyItemError, match="0 bytes"):
        identify(tmp_path / "empty.wav")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(UnreadableItemError, match="not a regular file"):
        identify(tmp_path / "pipe.wav")


def test_symlink_loop(tmp_path: Path) -> None:
    try:
        (tmp_path / "a.wav").symlink_to(tmp_path / "b.wav")
        (tmp_path / "b.wav").symlink_to(tmp_path / "a.wav")
    except OSError:
        pytest.skip("no symbolic links here")
    with pytest.raises(UnreadableItemError, match="symbolic link"):
        identify(tmp_path / "a.wav")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.wav").write_bytes(b"x")

    def refuse(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableItemError, match="no permission"):
        identify(tmp_path / "a.wav")
