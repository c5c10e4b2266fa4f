"""The three ways in which a kind of data may measure: by item, by batch, and on the whole set."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import dsaudit
from dsaudit.errors import EmptyItemError, UnreadableItemError
from dsaudit.media.base import Reading, each, readings
from dsaudit.media.file import identify
from dsaudit.media.scan import measure_items
from dsaudit.media.text.media import TextMedia
from dsaudit.store.cache import Cache


@dataclass
class Numbers:
    """Files with a number in each."""

    modality: str = "number"
    measure_version: str = "1"
    read_version: str = "1"

    def read(self, path):
        said = Path(path).read_text()
        if said == "crash":
            os._exit(9)
        if not said:
            raise EmptyItemError("no number")
        return float(said)

    def preview(self, path, *, with_data=True):
        raise UnreadableItemError("not shown")


@dataclass
class ByItem(Numbers):
    def measure(self, path, extra=()):
        return {**identify(path), "value": self.read(path)}


@dataclass
class ByBatch(Numbers):
    fits: bool = False
    log: Path | None = None

    def read_batch(self, paths, extra=(), *, taken, preview):
        if self.log and paths:
            with self.log.open("a") as log:
                log.write(f"{len(paths)} ")
        values = each(self.read, paths)
        known = [v for v in values if not isinstance(v, Exception)]
        if known and max(known) > 1e9:
            raise OverflowError("in the batch")
        own = {"median": statistics.median(known)} if self.fits and known else {}
        return [
            v if isinstance(v, Exception) else Reading({**identify(p), "value": v, **own})
            for p, v in zip(paths, values, strict=True)
        ]


def written(folder: Path, *said: str) -> list[Path]:
    paths = [folder / f"{k:03}" for k in range(len(said))]
    for path, text in zip(paths, said, strict=True):
        path.write_text(text)
    return paths


def measured(paths, media, cache, jobs=1):
    items = pd.DataFrame({"uri": [str(p) for p in paths]}, index=[p.name for p in paths], dtype=object)
    return measure_items(items, media, cache=Cache(cache), jobs=jobs)


def test_the_ways_give_the_same(tmp_path):
    paths = written(tmp_path, "1", "", "3", "x")
    found = [readings(media, paths) for media in (ByItem(), ByBatch())]
    for one in found:
        assert [type(r).__name__ for r in one] == ["Reading", "EmptyItemError", "Reading", "ValueError"]
    assert found[0][2].measured["value"] == found[1][2].measured["value"] == 3


def test_a_batch_that_fails_is_taken_apart(tmp_path):
    media = ByBatch(log=tmp_path / "log")
    found = measured(written(tmp_path, "1", "2", "1e10", "3"), media, tmp_path / "c")
    assert found["status"].tolist() == ["ok", "ok", "unreadable", "ok"]
    assert found["error"].iloc[2] == "its content is damaged in a way that its decoder does not expect"
    assert media.log.read_text() == "4 1 1 1 1 "


def test_a_kind_that_fits_is_given_the_whole_set(tmp_path):
    media, n = ByBatch(fits=True, log=tmp_path / "log"), 100
    paths = written(tmp_path, *(str(k) for k in range(n)), "")
    found = measured(paths, media, tmp_path / "c")
    assert media.log.read_text() == f"{n + 1} "
    assert set(found["median"][:n]) == {statistics.median(range(n))}
    assert found["status"].iloc[n] == "empty"


def test_what_fits_is_known_again_for_the_very_set(tmp_path):
    media = ByBatch(fits=True, log=tmp_path / "log")
    paths = written(tmp_path, "1", "2", "6")
    first = measured(paths, media, tmp_path / "c")
    pd.testing.assert_frame_equal(first, measured(paths, media, tmp_path / "c"))
    assert media.log.read_text() == "3 "
    assert set(measured(paths[:2], media, tmp_path / "c")["median"]) == {1.5}
    paths[0].write_text("10")
    assert set(measured(paths, media, tmp_path / "c")["median"]) == {6}
    assert media.log.read_text() == "3 2 3 "


def test_what_kills_its_worker_is_left_out_of_the_set(tmp_path):
    found = measured(written(tmp_path, "crash", "2", "6"), ByBatch(fits=True), tmp_path / "c", jobs=2)
    assert found["error"].dropna().to_dict() == {"000": "its decoder crashed on it"}
    assert found["median"].tolist()[1:] == [4, 4]


def test_what_killed_its_worker_is_remembered(tmp_path):
    media = ByBatch(log=tmp_path / "log")
    paths = written(tmp_path, "1", "crash", "3")
    first = measured(paths, media, tmp_path / "c")
    assert first["error"].dropna().to_dict() == {"001": "its decoder crashed on it"}
    n_read = media.log.read_text()
    pd.testing.assert_frame_equal(measured(paths, media, tmp_path / "c"), first)
    assert media.log.read_text() == n_read


class Fitted(TextMedia):
    """Texts measured against each other."""

    fits = True

    def read_batch(self, paths, extra=(), *, taken, preview):
        found = each(self.measure, paths)
        most = max(m["n_words"] for m in found if not isinstance(m, Exception))
        return [
            m if isinstance(m, Exception) else Reading(m | {"share_of_longest": m["n_words"] / most}) for m in found
        ]


def test_an_audit_measures_rows_against_the_set(tmp_path, monkeypatch):
    n_words = [1 + k % 7 for k in range(1100)] + [20]  # more than one batch of cells
    said = [f"word{k} " * n for k, n in enumerate(n_words)]
    pd.DataFrame({"text": said, "label": "a"}).to_csv(tmp_path / "m.csv", index=False)
    monkeypatch.setattr("dsaudit.media.text.media.MEDIA", Fitted())
    run = dsaudit.audit(tmp_path / "m.csv", jobs=1, select=["FIL"], report=False)
    np.testing.assert_allclose(run.measurements["share_of_longest"], np.array(n_words) / 20)
