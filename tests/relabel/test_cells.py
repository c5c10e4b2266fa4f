"""What a spreadsheet would take for a formula."""

from __future__ import annotations

import pytest

from dsaudit.relabel.cells import defused, written_out


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_formulas_become_text(text):
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "up", " =1", "a=1", "'=1", "1-2", "−1"])
def test_other_text_stays(text):
    assert defused(text) == text


def test_only_what_xml_cannot_hold_is_written_out():
    held = "a\tb\nc\rd é \x7f\x85\u2028\ud7ff\ue000\ufffd\U0001f600"
    assert written_out(held) == held
    odd = "\x00\x08\x0b\x1f\ud800\ufffe\uffff"
    assert written_out(odd) == r"\x00\x08\x0b\x1f\ud800\ufffe\uffff"
