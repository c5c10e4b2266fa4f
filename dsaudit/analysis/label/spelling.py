"""Labels as people mean them, whatever way they are typed."""

from __future__ import annotations

import re
import unicodedata


def canonical_label(label: str) -> str:
    """Unicode NFKC, case folded, trimmed, with runs of spaces, underscores and dashes as one space.

    Examples
    --------
    >>> canonical_label(" Turn_Left ") == canonical_label("turn-left")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", label).casefold())
    return re.sub(r"[\s_\-\u2010-\u2015\u200b\ufeff]+", " ", folded).strip() or label
