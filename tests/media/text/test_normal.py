"""What makes another text of one, and what does not."""

from __future__ import annotations

import pytest

from dsaudit.media.text.normal import difference


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("Is it open?", "ＩS it open", "forms of letters and case and punctuation"),
        ("do not", "Do not.", "case and punctuation"),
        ("don't go", "don’t go", "punctuation"),
        ("re-open it", "re open it", "punctuation"),
        ("my résumé", "my resume", "accents"),
        ("mañana voy", "Manana voy", "case and accents"),
        ("افتح الباب", "أفتح الباب", "forms of letters"),
        ("افتح الباب", "اـــفتح الباب", "forms of letters"),
        ("فتح", "فَتَحَ", "vowel signs"),
        ("סגור את הדלת", "סַגַוַרַ אַתַ הַדַלַתַ", "vowel signs"),
        ("الضوء", "\ufe8dلضوء", "forms of letters"),
        ("باب ٣", "باب 3", "forms of letters"),
        ("same", "s\u200bame ", ""),
    ],
)
def test_one_text(one, other, differs):
    verb = "differs" if differs in ("case", "punctuation") else "differ"
    assert difference(one, other) == difference(other, one) == (differs and f"{differs} {verb}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("do cancel", "do not cancel"),
        ("order 3", "order 4"),
        ("it costs 3.5", "it costs 35"),
        ("minus -5", "minus 5"),
        ("great :)", "great :("),
        ("use c#", "use c"),
        ("use c++", "use c"),
        ("good 👍", "good 👎"),
        ("?", "!"),
        ("má", "mà"),
        ("мой", "мои"),
        ("이 것", "이것"),
        ("がく", "かく"),
        ("कि", "की"),
        ("ไม้", "ไม"),
    ],
)
def test_two_texts(one, other):
    assert difference(one, other) is None
