"""What the JSON files of a run hold, declared once: written, read and documented from the same frozen values.

Plain dataclasses and some hundred lines that follow their annotations (``shape``) do it, not pydantic: a run is read
by commands whose start-up is measured in milliseconds, importing pydantic costs more than reading a run, and nothing
here is input that a person types.
"""

from __future__ import annotations

from dsaudit.store.schema.metrics import Metrics
from dsaudit.store.schema.run import RuleRecord, RunMeta, Timings
from dsaudit.store.schema.tuning import Tuning

FILES = {
    "run": RunMeta,
    "rules": tuple[RuleRecord, ...],
    "metrics": Metrics,
    "tuning": Tuning,
    "timings": Timings,
}
"""What ``<name>.json`` of a run folder holds."""
