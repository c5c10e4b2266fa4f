"""Labels as people mean them, whatever way they are typed."""

from __future__ import annotations

import re
import unicodedata

_LOOK_ALIKES = str.maketrans("аеорсухіјѕһԁԛԝкмтвнοαρνικτυχ", "aeopcyxijshdqwkmtbhoapviktux")


def canonical_label(label: str) -> str:
    r"""Unicode NFKC, case folded, trimmed, with runs of spaces, underscores and dashes as one space.

    A minus before a number stays: ``-1`` is no other spelling of ``1``. Cyrillic and Greek letters among Latin ones are
    those that they look like.

    Examples
    --------
    >>> canonical_label(" Turn_Left ") == canonical_label("turn-left")
    True
    >>> canonical_label("f\u0435ar"), canonical_label("\u0440\u0430") == "pa"
    ('fear', False)
    """
    if label.isascii() and label.isalnum():  # most are, and all words of the names of a million files are asked for
        return label.lower()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    if not folded.isascii() and re.search("[a-z]", folded):
        folded = folded.translate(_LOOK_ALIKES)
    sign = "-" if re.match(r"\s*[-\u2010-\u2015\u2212]\d", folded) else ""
    return sign + re.sub(r"[\s_\-\u2010-\u2015\u200b\ufeff]+", " ", folded).strip(" \u2212") or label
