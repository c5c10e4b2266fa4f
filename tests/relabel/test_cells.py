"""What a spreadsheet would take for a formula."""

from __future__ import annotations

import pytest

from dsaudit.relabel.cells import defused


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_formulas_become_text(text):
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "up", " =1", "a=1", "'=1", "1-2", "−1"])
def test_other_text_stays(text):
    assert defused(text) == text
