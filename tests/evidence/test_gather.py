"""Which tables a provider is given, and that every documented one has a provider."""

from __future__ import annotations

import inspect
import weakref

import numpy as np

from dsaudit.evidence.context import Context
from dsaudit.evidence.gather import PROVIDERS, gather
from dsaudit.evidence.tables import DOCUMENTED, Evidence, MissingEvidenceError


def test_every_documented_table_has_a_provider_and_every_need_is_a_table():
    assert set(DOCUMENTED) - {"drift"} <= set(PROVIDERS)  # which is made of two runs
    for name, provider in PROVIDERS.items():
        needs = set(inspect.signature(provider).parameters) - {"context", "evidence"}
        assert needs <= set(PROVIDERS), name


def test_a_provider_is_given_what_it_names_and_does_without_what_it_can(monkeypatch):
    def missing(context):
        raise MissingEvidenceError("there is none")

    for name, provider in {
        "items": lambda context: context,
        "space": missing,
        "neighbours": lambda items, space: "never made",
        "projection": lambda items, evidence, space=None: (items, evidence, space),
    }.items():
        monkeypatch.setitem(PROVIDERS, name, provider)
    context = Context(*[None] * 6)
    evidence = gather(context)
    assert evidence.get("projection") == (context, evidence, None)
    assert evidence.why_missing("neighbours") == "there is none"


def test_a_table_that_is_missing_holds_nothing_of_whoever_asked_for_it():
    """An error that is kept keeps the variables of all who were at work: gigabytes of a million items."""
    evidence = Evidence({})

    def asks():
        held = np.zeros(1)
        assert evidence.find("space") is None
        return weakref.ref(held)

    assert asks()() is None
    assert evidence.why_missing("space") == "no such evidence: space"
