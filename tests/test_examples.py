"""The examples in docstrings do what they show."""

from __future__ import annotations

import ast
import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "dsaudit").rglob("*.py")
    if ">>>" in path.read_text()
)


@pytest.mark.parametrize("module", MODULES)
def test_examples_do_what_they_show(module, tmp_path, monkeypatch):
    found = [test for test in doctest.DocTestFinder().find(import_module(module)) if test.examples]
    assert found
    for test in found:
        (tmp_path / test.name).mkdir()
        monkeypatch.chdir(tmp_path / test.name)
        said: list[str] = []
        assert not doctest.DocTestRunner().run(test, out=said.append).failed, "".join(said)


def examples_of(function: ast.FunctionDef) -> list[doctest.Example]:
    """What it shows and is run."""
    text = ast.get_docstring(function) or ""
    return [e for e in doctest.DocTestParser().get_examples(text) if not e.options.get(doctest.SKIP)]


@pytest.mark.parametrize(
    ("place", "without"),
    [
        ("analysis", set()),
        ("api.py", {"review", "demo"}),  # the one waits for people, the other's example is `dsaudit demo`
    ],
)
def test_public_functions_have_an_example(place, without):
    path = ROOT / "dsaudit" / place
    silent = {
        function.name
        for file in ([path] if path.suffix else path.rglob("*.py"))
        for function in ast.parse(file.read_text()).body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_") and not examples_of(function)
    }
    assert silent == without
