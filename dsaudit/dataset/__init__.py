"""From a folder, a manifest or a DataFrame to a ``Dataset``. Nothing here decodes an item."""

from dsaudit.dataset.fingerprint import fingerprint
from dsaudit.dataset.open import MANIFEST_SUFFIXES, open_dataset

__all__ = ["MANIFEST_SUFFIXES", "fingerprint", "open_dataset"]
