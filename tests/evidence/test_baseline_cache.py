"""What the cache holds of one device or version is no other's: the same input gives the bytes of a first run."""

from __future__ import annotations

import pytest
from fabric import write_dataset

import dsaudit
from dsaudit.analysis.space import projection
from dsaudit.model import backend as backends
from dsaudit.model import head
from dsaudit.model.encoder import LazyEncoder


@pytest.fixture
def made(monkeypatch):
    """What was computed, not taken from the cache: a word each."""
    done = []
    for home, name in ((LazyEncoder, "encode"), (head, "cross_validated_pred_probs")):
        real = getattr(home, name)

        def told(*args, real=real, name=name, **options):
            done.extend([name] if name not in done else [])
            return real(*args, **options)

        monkeypatch.setattr(home, name, told)
    return done


def test_another_device_or_version_starts_afresh(tmp_path, made, monkeypatch):
    monkeypatch.setattr(projection, "_MIN_UMAP", 1_000)  # it takes 15 s to compile
    monkeypatch.setattr(backends, "_kind", lambda version: "cpu")
    data = write_dataset(tmp_path / "words", per_class=6, speakers=4)

    def audit(**settings):
        made.clear()
        dsaudit.audit(
            data, out=tmp_path / "out", jobs=1, encoder="log-mel", folds=2, select=["LBL001"], report=False, **settings
        )
        return list(made)

    both = ["encode", "cross_validated_pred_probs"]
    assert audit() == both
    assert audit() == []
    assert audit(device="cpu") == []
    monkeypatch.setattr(backends, "package_version", lambda package: "another")
    assert audit() == both
    assert audit() == []
    monkeypatch.setattr(backends, "_kind", lambda version: "mps")
    assert audit() == both
