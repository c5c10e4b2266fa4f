"""The house rules that a reader would otherwise have to check by eye."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dsaudit"
FILES = sorted(PACKAGE.rglob("*.py"))


def test_layers_import_downwards_only():
    code = (
        "import sys; from importlinter.cli import lint_imports;"
        "sys.exit(lint_imports(config_filename='.importlinter', no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_no_module_imports_itself_through_others():
    """Imports inside functions and for the type checker count too; the front door opens on every room."""
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in FILES}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and name != "dsaudit":
                told = {f"{node.module}.{a.name}" for a in node.names} & modules.keys() or {
                    node.module
                } & modules.keys()
                sorter.add(name, *(told - {name}))
    sorter.prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("torch", {"model", "media/*/network"}),
        ("rich", {"cli/render.py", "report/emit/terminal.py"}),
        ("plotly", {"report"}),
        ("soundfile", {"media", "doctor.py"}),
        ("sqlalchemy", {f"relabel/ledger/{n}.py" for n in ("ledger", "database", "migrations")}),
        ("fastapi", {"relabel/screen/web.py"}),
        ("starlette", {f"relabel/screen/{n}.py" for n in ("web", "guard", "server")}),
        ("uvicorn", {"relabel/screen/server.py"}),
    ],
)
def test_heavy_packages_stay_in_their_place(package, allowed):
    for path in FILES:
        if any(name.split(".")[0] == package for name in imports_of(path)):
            place = path.relative_to(PACKAGE).as_posix()
            assert any(fnmatch(place, a) or fnmatch(place, f"{a}/*") for a in allowed), place


def test_only_media_asks_for_the_kind_of_item():
    for path in FILES:
        if "media" not in path.relative_to(PACKAGE).parts:
            assert not re.search(r"^\s*(el)?if [^\n]*modality ==", path.read_text(), re.MULTILINE), path


def test_library_code_does_not_print():
    for path in FILES:
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        printing = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
        assert not printing or path == PACKAGE / "cli" / "__init__.py", path


def test_every_module_of_checks_holds_one_rule():
    from dsaudit.rule import Rule

    for path in (PACKAGE / "checks").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = __import__(name, fromlist=["x"])
        helps = path.name.startswith("_")  # beside the rules of its kind
        assert sum(isinstance(v, Rule) for v in vars(module).values()) == (not helps), name


def test_tests_mirror_the_package():
    for path in (ROOT / "tests").rglob("test_*.py"):
        place = path.relative_to(ROOT / "tests")
        if len(place.parts) > 1 and place.parts[0] != "benchmarks":
            assert (PACKAGE / place.parent).is_dir(), place


LONG: dict[str, str] = {}
"""Functions whose body may be longer than that of others: ``module.py: name`` and why it reads best in one piece."""


def test_functions_do_one_thing():
    long = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                if body and body[-1].end_lineno - body[0].lineno >= 60:
                    long.add(f"{path.relative_to(PACKAGE).as_posix()}: {node.name}")
    assert long == set(LONG)


def test_settings_come_from_one_place():
    """The environment is read by settings alone, but for what libpq and desktops say of themselves there."""
    reading = {
        path.relative_to(PACKAGE).as_posix()
        for path in FILES
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    }
    assert reading <= {"settings.py", "relabel/ledger/database.py", "relabel/screen/address.py"}
