"""The rules: found in ``dsaudit.checks`` and in plugins, chosen by code or name, shown as pages.

A plugin is a package with an entry point in the group ``dsaudit.checks`` naming a module or package of rules.
"""

from __future__ import annotations

import difflib
import importlib
import math
import pkgutil
import sys
from functools import lru_cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from dsaudit.errors import ConfigError, UsageError
from dsaudit.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

RETIRED: dict[str, str] = {}
"""Codes that are no more, and the code that took their place."""


def rules() -> tuple[Rule, ...]:
    """Every rule, sorted by code.

    Raises
    ------
    ConfigError
        When two rules share a code or a name, or a plugin cannot be imported.
    """
    return _found(tuple(sys.path))


@lru_cache(maxsize=8)
def _found(path: tuple[str, ...]) -> tuple[Rule, ...]:
    import dsaudit.checks

    found: dict[str, Rule] = {}
    names: dict[str, str] = {}
    for module in (*_modules(dsaudit.checks), *_plugins()):
        for value in vars(module).values():
            if not isinstance(value, Rule) or value.run.__module__ != module.__name__:
                continue
            other = found.get(value.code)
            if (other and other.run is not value.run) or names.get(value.name, value.code) != value.code:
                raise ConfigError(
                    f"two rules are called {value.code} {value.name}", hint=f"one is in {module.__name__}"
                )
            found[value.code] = value
            names[value.name] = value.code
    return tuple(found[code] for code in sorted(found))


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for info in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
        yield importlib.import_module(info.name)


def _plugins() -> Iterator[ModuleType]:
    for point in entry_points(group="dsaudit.checks"):
        try:
            yield from _modules(point.load())
        except Exception as error:
            raise ConfigError(
                f"the plugin {point.name!r} ({point.value}) cannot be loaded: {error}",
                hint="uninstall it or mend its entry point",
            ) from error


def choose(available: Iterable[Rule], *, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """Those rules that are selected and not ignored; of two entries that match, the longer one wins.

    Parameters
    ----------
    select, ignore : iterable of str
        Codes (``AUD001``), prefixes of codes (``AUD``) or names (``quiet-clip``). No ``select`` means all.

    Raises
    ------
    UsageError
        For an entry that no rule answers to.
    """
    pool = tuple(available)
    wanted, unwanted = tuple(select), tuple(ignore)
    for entry in (*wanted, *unwanted):
        if not any(_strength(entry, r) for r in pool):
            raise UsageError(f"no rule is called {entry!r}", hint=_suggestion(entry, pool))
    chosen = []
    for candidate in pool:
        yes = max((_strength(e, candidate) for e in wanted), default=1 if not wanted else 0)
        no = max((_strength(e, candidate) for e in unwanted), default=0)
        if yes > no:
            chosen.append(candidate)
    return tuple(chosen)


def _strength(entry: str, candidate: Rule) -> int:
    """How exactly ``entry`` names the rule: 0 not at all."""
    code = RETIRED.get(entry.upper(), entry.upper())
    if entry.lower() == candidate.name or code == candidate.code:
        return len(candidate.code) + 1
    return 1 + len(code) if code and candidate.code.startswith(code) else 0


def _suggestion(entry: str, pool: Iterable[Rule]) -> str:
    names = [n for r in pool for n in (r.name, r.code)]
    close = difflib.get_close_matches(entry.lower(), [n.lower() for n in names], n=1)
    return f"did you mean {close[0]}?" if close else "list them with: dsaudit rules"


def find(entry: str) -> Rule:
    """The rule with that code or name.

    Raises
    ------
    UsageError
        When there is none.
    """
    available = rules()
    for candidate in available:
        if _strength(entry, candidate) > len(candidate.code):
            return candidate
    raise UsageError(f"no rule is called {entry!r}", hint=_suggestion(entry, available))


def options_for(candidate: Rule, settings: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The rule's options with the user's values over the defaults.

    Raises
    ------
    ConfigError
        For an option the rule does not have, or a value of another kind than its default.
    """
    values = {o.name: o.default for o in candidate.options}
    # in the order of their sources: a flag may name the rule by its code where the file used its name
    for key, chosen in settings.items():
        if _strength(key, candidate) <= len(candidate.code):
            continue
        for raw, value in chosen.items():
            name = raw.replace("-", "_")
            if name not in values:
                known = ", ".join(values) or "none"
                raise ConfigError(f"{candidate.name} has no option {raw!r}", hint=f"its options: {known}")
            values[name] = _like(values[name], value, f"{candidate.name}.{name}")
    return values


def _like(default: Any, value: Any, where: str) -> Any:
    kind = type(default)
    try:
        if kind is bool:
            if str(value).lower() not in ("true", "false"):
                raise ValueError
            return str(value).lower() == "true"
        if isinstance(value, bool):
            raise ValueError
        number = kind(value)
        if isinstance(number, float) and not math.isfinite(number):
            raise ValueError
        if kind is int and number != float(value):
            raise ValueError
        return number
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"{where} = {value!r}: expected {kind.__name__}") from None


def unknown_rules(available: Iterable[Rule], settings: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Names in the user's rule settings that no rule answers to."""
    pool = tuple(available)
    return sorted(key for key in settings if not any(_strength(key, r) > len(r.code) for r in pool))


def described(candidate: Rule, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The rule as plain values for JSON, with ``options`` as the values in force."""
    values = options or {}
    return {
        "code": candidate.code,
        "name": candidate.name,
        "summary": candidate.summary,
        "doc": dict(candidate.doc),
        "message": candidate.message,
        "headline": list(candidate.headline),
        "cost": candidate.cost,
        "worth": candidate.worth,
        "severity": candidate.severity,
        "scope": candidate.scope,
        "modalities": list(candidate.modalities),
        "needs": list(candidate.needs),
        "options": [
            {"name": o.name, "default": o.default, "value": values.get(o.name, o.default), "doc": o.doc}
            for o in candidate.options
        ],
        "uses_label": candidate.uses_label,
        "status": candidate.status,
        "since": candidate.since,
        "references": candidate.doc.get("References", ""),
    }


def page(candidate: Rule) -> str:
    """The rule's documentation as plain text."""
    lines = [
        f"{candidate.code} {candidate.name}",
        candidate.summary,
        "",
        f"severity {candidate.severity} · about one {candidate.scope} · {candidate.status} since {candidate.since}"
        f" · needs {', '.join(candidate.needs)}",
    ]
    options = "\n".join(f"{o.name} = {o.default}   {o.doc}" for o in candidate.options)
    for heading, text in candidate.doc.items():
        body = options if heading == "Options" and options else text
        lines += ["", heading, *("  " + line for line in body.splitlines())]
    return "\n".join(lines)
