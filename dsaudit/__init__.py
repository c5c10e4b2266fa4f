"""Find what is wrong with a labelled dataset, and prove that repairing it helped.

>>> import dsaudit
>>> run = dsaudit.audit("recordings/")      # doctest: +SKIP
>>> run.findings.head()                     # doctest: +SKIP

Importing the package costs nothing: public names are imported when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dsaudit.api import (
        accept,
        apart,
        apply,
        audit,
        browse,
        compare,
        drift,
        expect,
        gallery_add,
        gallery_check,
        gate,
        inspect,
        next_items,
        open_ledger,
        open_run,
        pilot,
        predict,
        prelabel,
        remap,
        render_report,
        review,
        train,
    )
    from dsaudit.errors import DsauditError
    from dsaudit.relabel.queue.filters import Filters
    from dsaudit.store.run import Run

__version__ = "0.1.0"

__all__ = [
    "DsauditError",
    "Filters",
    "Run",
    "__version__",
    "accept",
    "apart",
    "apply",
    "audit",
    "browse",
    "compare",
    "drift",
    "expect",
    "gallery_add",
    "gallery_check",
    "gate",
    "inspect",
    "next_items",
    "open_ledger",
    "open_run",
    "pilot",
    "predict",
    "prelabel",
    "remap",
    "render_report",
    "review",
    "status",
    "train",
]

_HOME = {"DsauditError": "dsaudit.errors", "Filters": "dsaudit.relabel.queue.filters", "Run": "dsaudit.store.run"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'dsaudit' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME.get(name, "dsaudit.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
