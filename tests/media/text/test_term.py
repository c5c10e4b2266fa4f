"""Words and where they stand, in any script."""

from __future__ import annotations

import pytest

from dsaudit.media.text.term import terms


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Don't PAY it", ["don't", "pay", "it", "don't pay", "pay it"]),
        ("one. Two", ["one", "two"]),
        ("[e-mail] rose by 3.5 %", ["rose", "by", "3.5", "rose by", "by 3.5"]),
        ("#sign_in re-open", ["sign_in", "re-open", "sign_in re-open"]),
        ("サイズ", ["サイ", "イズ"]),
        ("靴", ["靴"]),
        ("мой чек", ["мой", "чек", "мой чек"]),
        ("هل المتجر", ["هل", "المتجر", "هل المتجر"]),
        ("😀 !?", []),
        ("", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    found = terms(text)
    assert [name for name, _, _ in found] == names
    assert all(text[start:end].casefold().replace("’", "'") == name for name, start, end in found)
