"""The kinds of data: packages here and in plugins, each with a ``KIND``. Finding them imports nothing heavy.

A plugin is a package with an entry point in the group ``dsaudit.kinds`` naming its ``Kind``.
"""

from __future__ import annotations

import pkgutil
import sys
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from dsaudit.errors import ConfigError, UsageError
from dsaudit.kind import Kind, named

if TYPE_CHECKING:
    from dsaudit.media.base import Media


def kinds() -> tuple[Kind, ...]:
    """Every kind of data, the one that is meant where several could be first, see ``Kind.rank``.

    Raises
    ------
    ConfigError
        When two kinds share a name, or a plugin cannot be imported.
    """
    return _found(tuple(sys.path))


@lru_cache(maxsize=8)
def _found(path: tuple[str, ...]) -> tuple[Kind, ...]:
    found: dict[str, Kind] = {}
    own = (import_module(f"{__name__}.{m.name}").KIND for m in pkgutil.iter_modules(__path__) if m.ispkg)
    for kind in (*own, *_plugins()):
        if found.setdefault(kind.name, kind) is not kind:
            raise ConfigError(f"two kinds of data are called {kind.name}", hint=f"their media: {kind.media}")
    return tuple(sorted(found.values(), key=lambda kind: (kind.rank < 0, kind.rank, kind.name)))


def _plugins() -> list[Kind]:
    loaded = []
    for point in entry_points(group="dsaudit.kinds"):
        try:
            kind = point.load()
        except Exception as error:
            kind = error
        if not isinstance(kind, Kind):
            raise ConfigError(
                f"the plugin {point.name!r} ({point.value}) cannot be loaded: {kind}",
                hint="uninstall it or mend its entry point",
            )
        loaded.append(kind)
    return loaded


def kind_for(name: str) -> Kind:
    """The kind of data of that name.

    Raises
    ------
    UsageError
        There is none.
    """
    known = kinds()
    for kind in known:
        if kind.name == name:
            return kind
    names = [kind.name for kind in known]
    raise UsageError(f"no such modality: {name!r}", hint=f"this version knows {', '.join(names[:-1])} and {names[-1]}")


def page_of(name: str) -> str:
    """Package that holds the script and style by which pages show that kind of data; empty where none is installed.

    Not what a run folder names: that may come from anywhere, and a package that is looked into is imported.
    """
    return next((kind.page for kind in kinds() if kind.name == name), "")


def media_for(name: str) -> Media:
    """What reads and measures that kind of data.

    Raises
    ------
    UsageError
        There is none.
    """
    media: Media = named(kind_for(name).media)
    return media
