"""Repairs of texts: what is broken is mended, and what is not stays as it is to the last character."""

from __future__ import annotations

import pytest

from dsaudit.media.text.media import MEDIA
from dsaudit.media.text.repair import TextRepairs, plainly, repaired, stripped

ALL = TextRepairs(mend_encoding=True, strip_markup=True, plain_characters=True, redact=True)


@pytest.mark.parametrize(
    "text",
    [
        "Is it open?",
        "Größe 42 – für Mädchen, “naïve” café…",
        "SÃO PAULO É LINDA",
        "In HTML write &amp; for an ampersand",
        "if a < b and b > c then swap",
        "Order 2026-11-27 of 1,234,567 units",
        "می‌خواهم",
        "👨‍👩‍👧 und 🏳️‍🌈",
        "هل المتجر مفتوح؟",
        "登山靴のサイズ",
        "first line\nsecond line\n\nthird",
        "5*3*2 and __init__ and C:\\new",
        "",
    ],
)
def test_what_is_sound_stays_as_it_is(text: str) -> None:
    assert repaired(text, ALL) == (text, ())


@pytest.mark.parametrize(
    "sound", ["Grüße aus Köln", "It’s “fine”", "Привет, мир", "日本語のテキスト", "señor — façade"]
)
@pytest.mark.parametrize("wrong", ["latin-1", "sloppy-windows-1252"])
def test_utf8_that_was_read_as_something_else(sound: str, wrong: str) -> None:
    import ftfy.bad_codecs

    assert ftfy.bad_codecs.ok
    broken = sound.encode().decode(wrong)
    assert repaired(broken, TextRepairs(mend_encoding=True)) == (sound, ("encoding mended",))


def test_what_is_lost_is_said() -> None:
    broken = "Das hei\u00c3\u0178t \u201e\u00c3\ufffd".replace("\u201e", "")
    text, done = repaired(broken, TextRepairs(mend_encoding=True))
    assert "heißt" in text
    assert done == ("encoding mended: what \ufffd stands for is lost",)


@pytest.mark.parametrize(
    ("marked", "bare"),
    [
        ("<p>One.<br/>Two &amp; three</p>", "One.\nTwo & three"),
        ("<script>let a = '<b>';</script><div class='x'>Text</div>", "Text"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("Rock  #39;n #39; Roll", "Rock 'n ' Roll"),
        ("## Ticket\n\n**Urgent** [open it](https://example.com/t)", "Ticket\nUrgent open it"),
        ("[quote]so[/quote] [[Help:Contents|help]] please", "so help please"),
        ("<!-- hidden --><b>seen</b> https://example.com/?a=1", "seen https://example.com/?a=1"),
    ],
)
def test_markup_gives_way_to_its_words(marked: str, bare: str) -> None:
    assert stripped(marked) == bare
    assert stripped(bare) == bare


def test_one_form_of_unicode_and_white_space() -> None:
    assert plainly("cafe\u0301 \u00a0au\u200b\u00ad lait\x07\t!\r\n\r\n\r\n\r\nplease") == "café au lait !\n\nplease"
    assert plainly("\ufeffBOM") == "BOM"


def test_personal_data_become_tags() -> None:
    text, done = repaired(
        "I am a@example.com, pay 4111 1111 1111 1111 or 4111 1111 1111 1112", TextRepairs(redact=True)
    )
    assert text == "I am [e-mail], pay [card] or 4111 1111 1111 1112"
    assert done == ("personal data replaced: 1 e-mail address, 1 card number",)


def test_a_file_is_mended_into_a_new_one(tmp_path) -> None:
    source, target = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_bytes("<b>GrÃ¼ÃŸe</b>\r\n".encode())
    repairs = MEDIA.repairs({"mend_encoding": True, "strip_markup": True})
    assert MEDIA.repair(source, target, repairs) == (target, ("encoding mended", "markup stripped"), ())
    assert target.read_bytes() == "Grüße".encode()
    sound = tmp_path / "c.txt"
    sound.write_text("All well.")
    assert MEDIA.repair(sound, tmp_path / "d.txt", repairs)[1] == ()
    assert not (tmp_path / "d.txt").exists()
    assert not MEDIA.repairs({})
