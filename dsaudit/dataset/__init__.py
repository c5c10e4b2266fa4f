"""From a folder, a manifest or a DataFrame to a ``Dataset``. Nothing here decodes an item.

An item is called by its path below the root, with ``/`` on every platform and in valid Unicode. Labels and groups
are text exactly as given, or None (a class number 3.0 is ``"3"``); the usual words for splits are read as ``train``,
``validation`` and ``test``.
"""

from dsaudit.dataset.fingerprint import fingerprint
from dsaudit.dataset.open import MANIFEST_SUFFIXES, open_dataset

__all__ = ["MANIFEST_SUFFIXES", "fingerprint", "open_dataset"]
