"""Labels as people mean them, whatever way they are typed."""

from __future__ import annotations

import re
import unicodedata


def canonical_label(label: str) -> str:
    """Unicode NFKC, case folded, trimmed, with runs of spaces, underscores and dashes as one space.

    A minus before a number stays: ``-1`` is no other spelling of ``1``.

    Examples
    --------
    >>> canonical_label(" Turn_Left ") == canonical_label("turn-left")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    sign = "-" if re.match(r"\s*[-\u2010-\u2015\u2212]\d", folded) else ""
    return sign + re.sub(r"[\s_\-\u2010-\u2015\u200b\ufeff]+", " ", folded).strip(" \u2212") or label
