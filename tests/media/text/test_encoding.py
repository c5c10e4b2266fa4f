"""Mix-ups of encodings are named; what only looks like one is not."""

from __future__ import annotations

import pytest

from dsaudit.media.text.encoding import mended, mix_up

PLAIN = ["Grüße aus Köln", "la facture est trop élevée", "el envío aún no llegó, mañana", "das Päckchen kam zu spät"]


def once(text: str) -> str:
    return text.encode().decode("cp1252", "replace")


@pytest.mark.parametrize("text", PLAIN)
def test_utf8_that_was_read_wrongly_is_named_and_mended(text: str) -> None:
    assert mix_up(once(text)) == "UTF-8 read as Windows-1252"
    assert mix_up(once(once(text))) == "UTF-8 read as Windows-1252, twice"
    assert mended(once(text)) == text
    assert mix_up(text) is None


@pytest.mark.parametrize("text", [*PLAIN, "¿Qué tal?", "it’s a “very” good shop"])
def test_mac_os_roman_is_known_by_signs_within_words(text: str) -> None:
    broken = text.encode("mac_roman").decode("cp1252", "replace")
    assert mix_up(broken) in ("Mac OS Roman read as Windows-1252", "characters lost in decoding, 1 replaced by \ufffd")


@pytest.mark.parametrize(
    ("text", "was", "read"),
    [
        ("la facture est trop élevée", "mac_roman", "cp1252"),
        ("Grüße aus Köln, Jürgen", "mac_roman", "latin-1"),
        ("I can’t find it, he said “so what”", "mac_roman", "cp1252"),
        ("mañana no llegó el envío", "cp1252", "mac_roman"),
        ("Grüße aus Köln, Jürgen", "cp1252", "mac_roman"),
        ("São Paulo não é longe", "cp1252", "mac_roman"),
        ("I can’t find it, he said “so what”", "cp1252", "mac_roman"),
        ("São Paulo não é longe", "utf-8", "mac_roman"),
        ("naïve façade – 7 €", "utf-8", "mac_roman"),
    ],
)
def test_mac_os_roman_is_named_and_mended_both_ways(text: str, was: str, read: str) -> None:
    broken = text.encode(was).decode(read)
    names = {"mac_roman": "Mac OS Roman", "cp1252": "Windows-1252", "latin-1": "Latin-1", "utf-8": "UTF-8"}
    assert mix_up(broken) == f"{names[was]} read as {names[read]}"
    assert mended(broken) == text


def test_control_characters_and_lost_ones() -> None:
    assert mix_up("it\x92s a \x93very\x94 good shop") is not None
    assert mix_up("wait\x85 it\x92s late") is not None
    assert mix_up("Ã\x85lesund") is not None
    assert mix_up("Tr\ufffds d\ufffd\ufffdu") == "characters lost in decoding, 3 replaced by \ufffd"


@pytest.mark.parametrize(
    "text",
    [
        *("SÃO PAULO É LINDA, OBRIGADO", "Charlotte Brontë’s name… is fine", "PREÇO MÉDIO: 30 €", "Ærø og Ålesund"),
        *(
            "naïve façade",
            "NÃO",
            "Škoda, Žižka a Dvořák",
            "Centar Župa",
            "œuvre, Œdipe",
            "5 µm ± 2 °C",
            "مرحبا",
            "日本語",
            "🔥 déjà vu",
        ),
        *("el país caído", "col·lecció", "2√πr and √2", "a caffè, perché no", "LaTeX’s ‰ sign – 3 ‰"),
        *("ŁÓDŹ", "crème brûlée – 7 €", "L’Haÿ-les-Roses", "don’t", "first\x85second\x85third"),
    ],
)
def test_right_text_is_left_alone(text: str) -> None:
    assert mix_up(text) is None
