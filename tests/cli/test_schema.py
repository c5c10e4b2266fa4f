from __future__ import annotations

import json

import pytest

from dsaudit.cli import run
from dsaudit.store.schema import FILES


def test_all_files_without_a_name(capsys):
    assert run(["schema"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {*FILES, "inspect"}
    assert found["metrics"]["title"] == "metrics.json"


@pytest.mark.parametrize("name", ["run", "run.json"])
def test_one_file_by_name(capsys, name):
    assert run(["schema", name]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["$defs"]["RunMeta"]["properties"]["n_items"] == {
        "type": "integer",
        "description": "Items looked at.",
    }


def test_a_file_that_is_none_is_refused(capsys):
    assert run(["schema", "findings"]) == 2
    assert "choose from: run, rules, metrics" in capsys.readouterr().err
