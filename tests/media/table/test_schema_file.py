"""The written schema passes on what it was made of, and names each planted fault; nothing in a table runs in it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
import warnings

import numpy as np
import pandas as pd
import pytest
from analysis.cell.test_expectation import shop

from dsaudit.analysis.cell.expectation import expectations
from dsaudit.media.table.schema_file import schema_file

FAULTS = {
    ("code", 0): ("K-5", "code: not written as K\\-\\d{5}"),
    ("code", 1): (None, "code: no value"),
    ("town", 2): ("Ullm", "town: not one of the 4 values there were"),
    ("pieces", 3): ("2.5", "pieces: not whole"),
    ("pieces", 4): ("400", "pieces: not between 0 and 10; it was 1 to 8"),
    ("weight", 5): ("heavy", "weight: no number"),
    ("length", 6): ("12 in", "length: no number with cm"),
    ("ordered", 7): ("2024-02-03", "ordered: no date written as %d.%m.%Y"),
    ("land", 8): ("FR", "land: not what town tells; 400 of 400 rows agreed"),
    ("sent", 9): ("02.01.2023", "ordered: above sent; 400 of 400 rows agreed"),
}


class StubError(Exception):
    """As pandera's own."""

    def __init__(self, cases: list[tuple[str, str | None, str, object, object]]) -> None:
        self.failure_cases = pd.DataFrame(cases, columns=["schema_context", "column", "check", "failure_case", "index"])


class Stub:
    """As much of pandera as the file uses, so that what is written runs where pandera is not installed."""

    def __init__(self, columns: dict, checks: list, parsers) -> None:
        self.columns, self.checks, self.parse = columns, checks, parsers

    def validate(self, table: pd.DataFrame, *, lazy: bool) -> None:
        table, cases = self.parse(table), []
        for name, (checks, nullable) in self.columns.items():
            if name not in table.columns:
                cases.append(("DataFrameSchema", None, "column_in_dataframe", name, None))
                continue
            cells = table[name]
            if not nullable:
                cases += [("Column", name, "not_nullable", np.nan, row) for row in cells.index[cells.isna()]]
            for fn, said in checks:
                some = cells if said.get("ignore_na") is False else cells.dropna()
                told = fn(some)
                if isinstance(told, bool | np.bool_):
                    cases += [] if told else [("Column", name, said["error"], False, None)]
                elif not said.get("raise_warning"):
                    cases += [("Column", name, said["error"], some[row], row) for row in some.index[~told]]
        for fn, said in self.checks:
            told = fn(table)
            broken = [] if isinstance(told, bool) else told.index[~told]
            if not said.get("raise_warning"):
                cases += [("DataFrameSchema", name, said["error"], "", row) for row in broken for name in table.columns]
        if cases:
            raise StubError(cases)

    @classmethod
    def modules(cls) -> dict[str, types.ModuleType]:
        own = types.ModuleType("pandera.pandas")
        own.Check = lambda fn, **said: (fn, said)
        own.Column = lambda checks, nullable: (checks, nullable)
        own.DataFrameSchema, own.Parser = cls, lambda fn: fn
        errors = types.ModuleType("pandera.errors")
        errors.SchemaErrors = StubError
        return {"pandera": types.ModuleType("pandera"), "pandera.pandas": own, "pandera.errors": errors}


@pytest.fixture(params=["stub", "pandera"])
def loaded(request, monkeypatch):
    """What runs the written file."""
    if request.param == "pandera":
        if importlib.util.find_spec("pandera") is None:
            pytest.skip("pandera is not installed")
    else:
        for name, module in Stub.modules().items():
            monkeypatch.setitem(sys.modules, name, module)

    def run(text: str) -> dict:
        names: dict = {"__name__": "expected"}
        exec(compile(text, "expected.py", "exec"), names)
        return names

    return run


def written(frame: pd.DataFrame) -> str:
    none = np.zeros(frame.shape, bool)
    return schema_file(expectations(frame.fillna(""), none, none), name="shop.csv", n_rows=len(frame))


def test_it_passes_on_its_own_table_and_on_tomorrow_s(loaded, tmp_path):
    names = loaded(written(shop()))
    path = tmp_path / "new.csv"
    shop(200, seed=7).to_csv(path, index=False)
    for table in (shop(), names["read"](str(path))):
        assert names["failures"](table).empty


def test_each_planted_fault_is_named_once(loaded):
    table = shop()
    for (name, row), (value, _) in FAULTS.items():
        table.loc[row, name] = value
    table.loc[8, "town"] = "Ulm"
    found = loaded(written(shop()))["failures"](table)
    told = {(row, check) for row, check in zip(found["row"], found["check"], strict=True)}
    assert told >= {(row, check) for (_, row), (_, check) in FAULTS.items()}
    assert set(found["row"]) == {row for _, row in FAULTS}
    assert not found.duplicated(["row", "check"]).any()


def test_columns_that_are_not_there_and_many_missing_cells_are_said(loaded):
    table = shop().drop(columns="weight")
    table["note"] = ""
    found = loaded(written(shop()))["failures"](table)
    assert found["check"].iloc[0] == "weight: this column is not there"
    assert found["check"].iloc[1].startswith("note: more than")


def test_numbers_and_dates_may_be_read_as_such(loaded):
    table = shop().assign(
        pieces=lambda t: t["pieces"].astype(float),
        weight=lambda t: t["weight"].astype(float),
        ordered=lambda t: pd.to_datetime(t["ordered"], format="%d.%m.%Y"),
    )
    assert loaded(written(shop()))["failures"](table).empty


def test_words_for_nothing_are_missing(loaded):
    frame = shop()
    frame.loc[::8, "weight"] = "unknown"
    names = loaded(written(frame))
    assert names["MISSING"] == {"weight": ["unknown"]}
    assert names["failures"](frame).empty


def test_nothing_of_a_table_runs(loaded, tmp_path):
    mark = tmp_path / "ran"
    evil = f"'\"\"\"); open({str(mark)!r}, 'w'); (\n# {{}} <<COLUMNS>> \\"
    frame = pd.DataFrame({evil: [evil, "b", "c"] * 40, "n": [str(k % 9) for k in range(120)]})
    names = loaded(schema_file(expectations(frame, *[np.zeros(frame.shape, bool)] * 2), name=evil, n_rows=120))
    assert names["failures"](frame).empty
    assert not mark.exists()


def test_as_a_script_it_says_what_fails_and_returns_1(tmp_path):
    pytest.importorskip("pandera")
    script, good, bad = tmp_path / "expected.py", tmp_path / "good.csv", tmp_path / "bad.csv"
    script.write_text(written(shop()), encoding="utf-8")
    shop(100, seed=3).to_csv(good, index=False)
    shop(100, seed=3).assign(town="Ullm").to_csv(bad, index=False)
    runs = [
        subprocess.run([sys.executable, script, t], capture_output=True, text=True, check=False) for t in (good, bad)
    ]
    assert [run.returncode for run in runs] == [0, 1], runs[0].stdout + runs[0].stderr
    assert "row 1: town: not one of the 4 values there were: 'Ullm'" in runs[1].stdout


def test_a_softened_check_only_warns(loaded):
    frame = shop()
    frame.loc[3, "code"] = "zz"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert loaded(written(frame))["failures"](frame).empty
