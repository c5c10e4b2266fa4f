from __future__ import annotations

import pandas as pd

from dsaudit.checks.text.no_words import no_words
from dsaudit.media.text.measure import measured


def test_what_is_left_is_said() -> None:
    texts = [
        "no",
        "不错",
        "lol",
        "NA",
        "null",
        "🔥",
        "https://example.org/a?q=1",
        "@a @b",
        "[removed]",
        "...",
        "12345",
        "k",
    ]
    found = no_words(pd.DataFrame([measured(text) for text in texts], index=texts))
    flagged = found[found["flagged"]]
    assert flagged["nothing_but"].tolist() == [
        *("emoji", "links", "names", "a placeholder", "punctuation", "digits", "one letter")
    ]
