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
    monkeypatch.chdir(tmp_path)
    failed, n_run = doctest.testmod(import_module(module), optionflags=doctest.ELLIPSIS)
    assert n_run
    assert not failed


def without_example(place: str) -> list[str]:
    """Public functions of a file or folder of the package whose docstring runs nothing."""
    path = ROOT / "dsaudit" / place
    return [
        f"{file.relative_to(ROOT).as_posix()}: {function.name}"
        for file in ([path] if path.suffix else sorted(path.rglob("*.py")))
        for function in ast.parse(file.read_text()).body
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_")
        if not examples_of(function)
    ]


def examples_of(function: ast.FunctionDef) -> list[doctest.Example]:
    """What stands under Examples and is run."""
    _, _, text = (ast.get_docstring(function) or "").partition("Examples\n--------\n")
    return [e for e in doctest.DocTestParser().get_examples(text) if not e.options.get(doctest.SKIP)]


@pytest.mark.parametrize("place", ["analysis"])
def test_public_functions_have_an_example(place):
    assert not without_example(place)
