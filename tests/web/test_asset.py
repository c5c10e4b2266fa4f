"""Scripts of the pages: joined for the report, served to the screen, and those of a kind in between."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

import dsaudit
from dsaudit.media import kinds, page_of
from dsaudit.media.base import Preview
from dsaudit.web.asset import asset, joined

PACKAGE = Path(dsaudit.__file__).parent
PLACES = ("web/static", "report/page/templates", "relabel/screen/static", "relabel/screen/templates")
PAGES = [PACKAGE / place for place in PLACES]


def imported(module: str) -> dict[str, set[str]]:
    """Names that a module imports, by the file that must export them."""
    found = re.findall(r"^import \{([^}]*)\} from '\./([\w-]+\.js)';$", module, re.MULTILINE)
    return {file: {name.strip() for name in names.split(",")} for names, file in found}


def exported(module: str) -> set[str]:
    return set(re.findall(r"^export (?:async )?(?:const|function|class) ([\w$]+)", module, re.MULTILINE))


@pytest.mark.parametrize("page", ["", *sorted({k.page for k in kinds() if k.page})])
def test_what_is_imported_is_exported_by_a_module_that_stands_before(page: str) -> None:
    order = ["dom.js", "player.js", "kind.js", "view.js", "zoom.js"]
    modules = {name: asset(name, page) for name in order}
    for name, module in modules.items():
        assert len(re.findall(r"\bimport\b.*from", module)) == len(imported(module))
        for file, names in imported(module).items():
            assert order.index(file) < order.index(name)
            assert names <= exported(modules[file]), name
    script = joined(page)
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    every = [n for module in modules.values() for n in exported(module)]
    assert len(every) == len(set(every))


def test_the_joined_script_runs_and_keeps_private_names_apart(tmp_path: Path) -> None:
    if (node := shutil.which("node")) is None:
        pytest.skip("no node")
    page = "const document = { documentElement: null }, matchMedia = () => ({ addEventListener() {} });\n"
    end = "\nconsole.log(typeof wave, typeof plays, plays({ mime: '', k: 0 }), shown('a\\u202eb'));"
    script = tmp_path / "page.js"
    for name, says in (("audio", "true"), ("no such kind", "false")):
        script.write_text(f"(() => {{ 'use strict';\n{page}{joined(page_of(name))}{end}\n}})();")
        done = subprocess.run([node, str(script)], capture_output=True, text=True, check=False)
        assert done.stdout.split() == ["undefined", "function", says, "a‹U+202E›b"], done.stderr


def test_a_kind_without_a_script_is_shown_by_the_type_of_its_preview() -> None:
    assert page_of("no such kind") == ""
    assert exported(asset("kind.js")) == {"page"}
    assert asset("kind.css") == ""
    with pytest.raises(FileNotFoundError):
        asset("nothing.js")


def pages() -> list[Path]:
    return [file for folder in PAGES for file in folder.iterdir() if file.suffix in (".js", ".css", ".j2")]


def test_a_file_that_pages_share_stands_once() -> None:
    shared = {file.name for file in PAGES[0].iterdir()} | {"kind.js", "kind.css"}
    assert [f.name for f in pages() if f.name in shared and f.parent != PAGES[0]] == []


def test_pages_know_no_kind_of_data() -> None:
    declared = {column.name for kind in kinds() for column in kind.columns if "_" in column.name}
    columns = declared - {f.name for f in fields(Preview)}  # of its axis any script may be told
    named = "|".join(kind.name for kind in kinds())
    telling = re.compile(rf"\b({'|'.join(columns)}|spectrogram|waveform)\b|[!=]=+ '({named})'")
    assert [(f.name, found[0]) for f in pages() if (found := telling.search(f.read_text(encoding="utf-8")))] == []
