"""Commands and their options: those of settings, those of repairs, and those that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand

from dsaudit.errors import UsageError
from dsaudit.media import kinds
from dsaudit.report.emit.format import FORMATS
from dsaudit.settings import SETTINGS, Setting

Source = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="Folder with one sub-folder per class or with tar shards, or a CSV, TSV, JSONL or Parquet file; here or "
        "at an address: s3://, gs://, az://, hf://.",
    ),
]
SourceOrQuery = Annotated[
    str | None,
    typer.Argument(metavar="DATASET", help="The same; none where --sql and --query name the rows of a database."),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Where results go; default: .dsaudit beside the data. At an address "
        "(s3://…) audit and train put a copy of the run in the end.",
    ),
]


Run = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, or a dataset or .dsaudit folder with runs.")]


def choice(flag: str, known: Sequence[str], help: str, metavar: str | None = None) -> Any:
    """An option that takes one of ``known``; ``{}`` in ``help`` stands for all of them."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in known:
            raise UsageError(f"{flag} {value!r} is not known", hint=f"choose from: {', '.join(known)}")
        return value

    words = help.format(f"{', '.join(known[:-1])} or {known[-1]}")
    return typer.Option(flag, metavar=metavar, help=words, callback=check)


def format_option(*more: str, help: str = "What stdout gets: {}.") -> Any:
    """``--format``: text, json or ``more``."""
    return choice("--format", ("text", "json", *more), help)


def report_format(*more: str) -> Any:
    """``--format`` of what a run holds: every format there is, or ``more``."""
    return choice("--format", (*FORMATS, *more), "What stdout gets: {}.")


AuditedRun = Annotated[str, typer.Argument(metavar="RUN", help="A run, or a dataset that was audited.")]
Tool = Annotated[str, choice("--to", ("csv", "label-studio"), "csv, for a spreadsheet, or label-studio.", "TOOL")]
UrlPrefix = Annotated[
    str | None,
    typer.Option(metavar="URL", help="label-studio: where the data's folder is served; else by Label Studio itself."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an earlier file.")]


Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        metavar="[FORMAT=]FILE",
        help="Write a file, too, in the format of its suffix (.sarif, .md, .xml for JUnit) or the one named;"
        " may be given several times.",
    ),
]


class Offered(NamedTuple):
    """An option of a group: how typer reads it, and what is made of that; None: it was not given."""

    annotation: Any
    read: Callable[[Any], Any] = lambda typed: typed


def add(app: typer.Typer, name: str, command: Callable[..., Any]) -> None:
    """Add a command to the command line.

    Parameters
    ----------
    command : callable
        Its parameters ``settings``, the settings that are declared for it, and ``repairs``, those of every kind of
        data, each stand for a group of options, offered in its place; it is given a dict of those that were typed.
    """
    groups = {"settings": {s.name: _setting(s) for s in SETTINGS.values() if name in s.takers}}
    groups["repairs"] = _repairs()
    own_parameters = signature(command, eval_str=True).parameters
    used = groups.keys() & own_parameters.keys()
    parameters: list[Parameter] = []
    for own in own_parameters.values():
        if own.name not in groups:
            parameters.append(own.replace(kind=Parameter.KEYWORD_ONLY))
        for key, offered in groups.get(own.name, {}).items():
            kept = Parameter(f"{own.name}_{key}", Parameter.KEYWORD_ONLY, default=None, annotation=offered.annotation)
            parameters.append(kept)

    @wraps(command)
    def call(**typed: Any) -> Any:
        for group in used:
            found = {key: offered.read(typed.pop(f"{group}_{key}")) for key, offered in groups[group].items()}
            typed[group] = {key: value for key, value in found.items() if value is not None}
        return command(**typed)

    call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    app.command(name=name, cls=_Command)(call)


class _Command(TyperCommand):
    """Its help has a heading for each panel of options."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            if record := parameter.get_help_record(ctx):
                usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
                panels.setdefault(getattr(parameter, "rich_help_panel", None) or usual, []).append(record)
        for panel, records in panels.items():
            if records:
                with formatter.section(panel):
                    formatter.write_dl(records)


def _repairs() -> dict[str, Offered]:
    """Options of the repairs of every kind of data, by name; one that several kinds have is offered once."""
    found: dict[str, Offered] = {}
    for kind in kinds():
        for option in kind.repairs:
            preset = "" if option.default is None else f"  [default: {option.default}]"
            declared = typer.Option(
                option.option,
                metavar=option.metavar or None,
                help=option.help + preset,
                rich_help_panel=f"Repairs of {kind.nouns.many}",
            )
            found.setdefault(option.name, Offered(Annotated[option.type | None, declared]))
    return found


def _setting(setting: Setting) -> Offered:
    preset = f" [{setting.preset}]" if setting.preset else ""
    names = [setting.option, setting.also] if setting.also else [setting.option]
    declared = typer.Option(*names, metavar=setting.metavar or None, help=setting.says(**_installed()) + preset)
    if setting.type is bool:
        return Offered(Annotated[bool, declared], lambda typed: (not setting.default) if typed else None)
    if setting.type is Mapping:
        return Offered(
            Annotated[list[str] | None, declared], lambda typed: read_entries(setting, typed) if typed else None
        )
    if setting.joins:
        return Offered(Annotated[list[str] | None, declared], lambda typed: ",".join(typed) if typed else None)
    reads = list[str] if setting.type is tuple else setting.type
    return Offered(Annotated[reads | None, declared])


def _installed() -> dict[str, str]:
    """The kinds of data and the encoders that there are, in words."""
    *some, last = [kind.name for kind in kinds()]
    encoders = dict.fromkeys(name for kind in kinds() for name in kind.encoders)
    return {"kinds": f"{', '.join(some)} or {last}" if some else last, "encoders": ", ".join(encoders)}


def read_entries(setting: Setting, entries: Iterable[str]) -> dict[str, Any]:
    """Entries as typed: ``["optimizer=sgd"]`` as ``{"optimizer": "sgd"}``, ``["a.b=1"]`` as ``{"a": {"b": 1}}``.

    Raises
    ------
    UsageError
        For an entry of another form than the setting's.
    """
    found: dict[str, Any] = {}
    nested = "." in setting.metavar
    for entry in entries:
        name, equals, text = entry.partition("=")
        outer, _, key = name.strip().rpartition(".") if nested else ("", "", name.strip())
        if not (equals and key and (outer or not nested)):
            hint = f"as in: {setting.option} {setting.example}"
            raise UsageError(f"{setting.option} {entry!r} is not {setting.metavar}", hint=hint)
        (found.setdefault(outer, {}) if nested else found)[key] = _value(text)
    return found


def _value(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()
