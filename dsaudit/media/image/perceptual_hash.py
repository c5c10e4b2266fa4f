"""A short fingerprint of a picture that survives being saved again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_HASH_PX = 16


def difference_hash(image: Picture) -> str:
    """256 bits: whether each of 16 × 16 places is darker than the one to its right.

    Parameters
    ----------
    image : PIL.Image

    Returns
    -------
    str
        64 hexadecimal digits, to compare by Hamming distance; empty where the picture is one flat colour.

    References
    ----------
    N. Krawetz, "Kind of Like That", 2013: the difference hash.
    """
    from PIL import Image

    small = image.convert("L").resize((_HASH_PX + 1, _HASH_PX), Image.Resampling.LANCZOS)
    grey = np.asarray(small, dtype=np.int16)
    if int(grey.max()) - int(grey.min()) < 4:
        return ""
    return np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes().hex()
