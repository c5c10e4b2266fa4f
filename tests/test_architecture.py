"""The house rules that a reader would otherwise have to check by eye."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from dsaudit.media import kinds

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "dsaudit"
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def nodes_of(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))


def test_layers_import_downwards_only():
    code = (
        "import sys; from importlinter.cli import lint_imports;"
        "sys.exit(lint_imports(config_filename='.importlinter', no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes_of(tree_of(path)):
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
        for node in nodes_of(tree_of(path)):
            if isinstance(node, ast.ImportFrom) and node.module and name != "dsaudit":
                named = [f"{node.module}.{a.name}" for a in node.names]
                told = [one for one in named if one in modules] or [one for one in [node.module] if one in modules]
                sorter.add(name, *(one for one in told if one != name))
    sorter.prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("torch", {"model", "media/*/network"}),
        ("rich", {"cli/render.py", "report/emit/terminal.py"}),
        ("plotly", {"report"}),
        ("soundfile", {"media", "doctor.py"}),
        ("sqlalchemy", {"dataset/sql.py", *(f"relabel/ledger/{n}.py" for n in ("ledger", "database", "migrations"))}),
        ("fastapi", {"relabel/screen/web.py"}),
        ("starlette", {f"relabel/screen/{n}.py" for n in ("web", "guard", "server")}),
        ("uvicorn", {"relabel/screen/server.py", "relabel/screen/connection.py"}),
    ],
)
def test_heavy_packages_stay_in_their_place(package, allowed):
    for path in FILES:
        if any(name.split(".")[0] == package for name in imports_of(path)):
            place = path.relative_to(PACKAGE).as_posix()
            assert any(fnmatch(place, a) or fnmatch(place, f"{a}/*") for a in allowed), place


def place_of_a_kind(path: Path) -> bool:
    """Whether a file belongs to one kind of data, or to what brings the kinds together."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] == "media" or (parts[0] == "checks" and parts[1] in {kind.name for kind in kinds()})


@cache
def own_columns() -> set[str]:
    """Columns that one kind alone declares."""
    declared = Counter(column.name for kind in kinds() for column in kind.columns)
    return {name for name, n in declared.items() if n == 1}


def words_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Strings of a module, those inside f-strings too, with their lines; no docstrings: prose may give an example."""
    prose = {id(n.value) for n in nodes_of(tree) if isinstance(n, ast.Expr)}
    for node in nodes_of(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def columns_named(text: str) -> set[str]:
    """Columns of one kind that a text names: as a word of its own; those that are words of English only alone."""
    found = set(re.findall(r"[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+", text)) | {text}
    return found & own_columns()


def kinds_named(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Where code names a kind of data.

    A kind whose name is also what a command prints, or a cell or a sentence holds (``EVERYDAY``), is named where it is
    compared with a modality or kind, is the default of one, or stands in one table with another kind.
    """
    names = {kind.name for kind in kinds()}
    for line, text in words_of(tree):
        if text in names - EVERYDAY:
            yield line, text
    for node in nodes_of(tree):
        held = {n.value for n in ast.iter_child_nodes(node) if isinstance(n, ast.Constant)}
        own: set[object] = held & names
        if isinstance(node, ast.Dict | ast.Tuple | ast.List | ast.Set) and len(own) > 1:
            yield node.lineno, ", ".join(map(str, own))
        asks = isinstance(node, ast.Compare) or (isinstance(node, ast.AnnAssign | ast.keyword) and node.value)
        if asks and own and re.search(r"modality|kind", ast.unparse(node)):
            yield node.lineno, ast.unparse(node)


EVERYDAY = {"table", "text"}
COMMON = {"texts", "read", "row", "rows", "seen", "look", "shown", "predicted", "sound", "sounds", "listen"} | EVERYDAY
"""Words for items, and for what people do with them, that say as well what a table, a page or a server has or does."""
OF_PICTURES = {"dataset/coco.py", "dataset/crop_columns.py", "dataset/table.py"}
"""A box lies in a picture, whatever its kind is called."""


@cache
def own_words() -> re.Pattern[str]:
    """What one kind alone calls its items, and how people and the model meet them: clips, heard, played."""
    own = {word for kind in kinds() for word in (*kind.nouns.words, kind.nouns.examine, *kind.also_called)}
    own = {word.split()[0] for word in own} | {f"{word}s" for kind in kinds() for word in kind.also_called}
    return re.compile(rf"(?<![\w\-/])(?:{'|'.join(sorted(own - COMMON))})(?![\w\-/])")


def sentences_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Words of one kind in what people are told: in strings of several words, not in lists of names or patterns."""
    for line, text in words_of(tree):
        if " " in text and "\\" not in text:
            yield from ((line, found) for found in own_words().findall(text))


def test_only_its_own_room_names_a_kind_of_data():
    said = [
        f"{path.relative_to(PACKAGE)}:{line}: {what}"
        for path in FILES
        if not place_of_a_kind(path)
        for line, what in kinds_named(tree_of(path))
    ]
    assert not said, "\n".join(said)


def test_only_its_own_room_calls_items_as_one_kind_does():
    said = [
        f"{place}:{line}: {what}"
        for path in FILES
        if not place_of_a_kind(path) and (place := path.relative_to(PACKAGE).as_posix()) not in OF_PICTURES
        for line, what in sentences_of(tree_of(path))
    ]
    assert not said, "\n".join(said)


def test_only_its_own_room_names_what_one_kind_measures():
    said = [
        f"{path.relative_to(PACKAGE)}:{line}: {', '.join(sorted(named))}"
        for path in FILES
        if not place_of_a_kind(path)
        for line, text in words_of(tree_of(path))
        if (named := columns_named(text))
    ]
    assert not said, "\n".join(said)


def test_pages_name_nothing_that_one_kind_measures():
    pages = (path for suffix in ("js", "css", "j2") for path in PACKAGE.rglob(f"*.{suffix}"))
    said = [
        f"{path.relative_to(PACKAGE)}: {', '.join(sorted(named))}"
        for path in pages
        if not place_of_a_kind(path)
        if (named := columns_named(path.read_text()))
    ]
    assert not said, "\n".join(said)


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ('_NOUNS = {"audio": 1, "text": 2}', True),
        ('def f(modality: str = "text"): ...\nclass S:\n    modality: str = "text"', True),
        ('ok = media.modality == "text"', True),
        ('_TAGS = {"image": "Image"}', True),
        ('row = {"label": 1, "text": 2}\nok = format == "text"', False),
        ('"""A docstring may say audio."""\nfield = f(mime="image/png")', False),
    ],
)
def test_the_law_sees_a_kind_that_is_named(code, caught):
    assert bool(list(kinds_named(ast.parse(code)))) == caught


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ('said = f"{n} heard by somebody"', True),
        ('hint = "the clips of a class"', True),
        ('hint = "as AUD001 or quiet-clip"', False),
        ('_BESIDE = {"clip", "chunk"}', False),
        ('"""About clips."""', False),
    ],
)
def test_the_law_sees_a_word_of_one_kind(code, caught):
    assert bool(list(sentences_of(ast.parse(code)))) == caught


@pytest.mark.parametrize(
    ("code", "caught"),
    [
        ('_TRACES = ("duration_s", "file_bytes")', True),
        ('said = f"its snr_db is {x}"', True),
        ('hint = "the mode of the file"', False),
        ('order = ["mode"]', True),
        ('"""About ``duration_s``."""', False),
    ],
)
def test_the_law_sees_a_column_that_is_named(code, caught):
    assert any(columns_named(text) for _, text in words_of(ast.parse(code))) == caught


def test_library_code_does_not_print():
    for path in FILES:
        calls = [n for n in nodes_of(tree_of(path)) if isinstance(n, ast.Call)]
        printing = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
        assert not printing or path == PACKAGE / "cli" / "__init__.py", path


def test_every_module_of_checks_holds_one_rule():
    from dsaudit.rule import Rule

    for path in (PACKAGE / "checks").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        module = __import__(name, fromlist=["x"])
        helps = path.name.startswith("_")  # beside the rules of its kind
        assert sum(isinstance(v, Rule) for v in vars(module).values()) == (not helps), name


def test_no_two_classes_share_a_name():
    homes = defaultdict(list)
    for path in FILES:
        for node in nodes_of(tree_of(path)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(PACKAGE).as_posix())
    assert {name: at for name, at in homes.items() if len(at) > 1} == {}


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
        for node in nodes_of(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) is not None else node.body
                if body and body[-1].end_lineno - body[0].lineno >= 60:
                    long.add(f"{path.relative_to(PACKAGE).as_posix()}: {node.name}")
    assert long == set(LONG)


def test_settings_come_from_one_place():
    """The environment is read by settings alone, but for what libpq, Ray, desktops and pipelines say of themselves
    there.

    A worker process is given that of its parent as it is.
    """
    reading = {
        path.relative_to(PACKAGE).as_posix()
        for path in FILES
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    }
    handing_on = {"dataset/revision.py", "engine/process.py", "engine/ray.py", "engine/worker.py"}
    assert reading - handing_on <= {
        "settings.py",
        "relabel/ledger/database.py",
        "relabel/screen/address.py",
        "cli/render.py",
    }
