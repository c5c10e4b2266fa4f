"""Files of the pages: what they share, and how a kind of data shows its items.

``static/`` holds ES modules, which the screen serves as they are. ``kind.js`` and ``kind.css`` are not among them: they
are ``page.js`` and ``page.css`` of the package that the kind of data names, see ``view.js`` for what such a script
says; where there is none, items are shown as pictures or texts by the type of their previews.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_OF_A_KIND = {"kind.js": ("page.js", "export const page = {};\n"), "kind.css": ("page.css", "")}
SHARED = ("dom", "player", "kind", "view", "zoom")
_IMPORT = re.compile(r"^import \{[^}]*\} from '\./[\w-]+\.js';\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?(?:const|function|class) ([\w$]+))", re.MULTILINE)


@cache
def asset(name: str, page: str = "") -> str:
    """Text of a shared file.

    Parameters
    ----------
    name : str
        ``dom.js``, ``player.js``, ``view.js``, ``base.css``, or ``kind.js`` and ``kind.css``.
    page : str
        Package of the kind of data, see ``dsaudit.media.page_of``; empty: what shows any kind.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    """
    if name not in _OF_A_KIND:
        return resources.files(__package__).joinpath("static", name).read_text(encoding="utf-8")
    own, otherwise = _OF_A_KIND[name]
    file = resources.files(page).joinpath(own) if page else None
    return file.read_text(encoding="utf-8") if file and file.is_file() else otherwise


def joined(page: str = "") -> str:
    """The shared modules and the kind's as one script without imports; what they export stands at its top level.

    Each keeps its own names to itself. They import by name, without renaming, and export ``const``, ``function`` and
    ``class``.
    """
    return "\n".join(_closed(asset(f"{name}.js", page)) for name in SHARED)


def _closed(module: str) -> str:
    exported = ", ".join(name for _, name in _EXPORT.findall(module))
    body = _EXPORT.sub(r"\1", _IMPORT.sub("", module))
    return f"const {{ {exported} }} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"
