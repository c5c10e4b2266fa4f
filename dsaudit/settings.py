"""Settings: defaults < ``dsaudit.toml`` or ``[tool.dsaudit]`` < environment < flags; each value knows its source.

A setting is declared once, as a field of ``Settings``: type, default, range, words, flag, and the commands with it.
Checks, names in the environment, options of the command line and documentation are made from that. It is a dataclass
because a pydantic model takes 0.15 s to import and build, half of what a start may take, and words its refusals itself.

A settings file is looked for in the dataset's folder and its parents, then in the working directory::

    seed = 7
    ignore = ["AUD012"]

    [rules.quiet-clip]
    min_dbfs = -50

A dataset is data: of a file that lies in it, and may come from anywhere, nothing counts that runs code, opens a
connection or leads elsewhere (``Setting.own``). The nearest file that does not lie in it is the person's own.
"""

from __future__ import annotations

import os
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import cache
from itertools import islice
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, get_args, get_origin, get_type_hints

from dsaudit.errors import ConfigError

FailOn = Literal["error", "warning", "info", "never"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Quality = Literal["quick", "standard", "best"]
Head = Literal["linear", "knn", "forest", "boosting", "ensemble"]

_ENVIRONMENT = "DSAUDIT_"
_FILES = ("FILE", "DIR", "WHERE")
_OUT = "out"
"""Where results go: a flag only; a file that lies in a dataset may still name it, in vain."""
_READ = "audit train browse inspect"
APART = re.compile(
    r"(?:meta|metadata|manifests?|annotations?|labels?|splits?|lists?|csvs?|info|evaluation_setup|.*ground_?truth)",
    re.IGNORECASE,
)
"""Folders that hold manifests and stand beside those of the items."""
_UPWARDS = re.compile(rb"(?:\.\.[/\\]+(?:[^\s,;|\"':=/\\]{1,255}[/\\]+){0,8})+")
_UP = re.compile(rb"\.\.[/\\]")
_READ_BYTES, _LONGEST_PATH = 1 << 22, 4096
_SPLITS = re.compile(r"(?:train|val|test|dev|eval)[a-z]*|fold[-_ ]?\d+", re.IGNORECASE)
_LISTS = re.compile(
    r"(?:labels?|metadata|manifest|annotations?|train|test|dev|valid|validated|validation|testing|dataset)"
    r"(?:[-_](?:list|files|info|infos))?\.(?:csv|tsv|jsonl?|ndjson|parquet|txt)(?:\.gz)?",
    re.IGNORECASE,
)
_NO_ITEMS = frozenset(
    {"", ".py", ".md", ".toml", ".json", ".yaml", ".yml", ".cfg", ".ini", ".sh", ".ipynb", ".html", ".csv"}
)
_LOOKED_AT, _HIGHEST = 500, 4


@dataclass(frozen=True, slots=True)
class Setting:
    """How a setting is declared.

    Attributes
    ----------
    help : str
        One sentence, as ``--help`` has it; ``{choices}`` stands for its choices, ``{kinds}`` and ``{encoders}`` for
        what is installed.
    commands : str
        Commands that take it as a flag, with spaces between.
    default : Any
    metavar : str
        What the flag takes: ``FILE``, ``DIR`` and ``WHERE`` are paths, ``RULE.OPTION=VALUE`` a table of tables.
        Empty: its type.
    more : str
        What else there is to say of it in the documentation.
    unset : str
        What None stands for, where ``--help`` says so.
    between : (number, number)
        Least and most.
    unit : str
        Said after the range.
    flag : str
        Empty: ``--`` and the name with dashes. A switch turns its default round.
    also : str
        Another flag for the same.
    example : str
        An entry of a table, as the flag takes it.
    reads : bool
        Whether it says how a dataset is read: one that was audited is read as it was then.
    own : bool
        Whether it runs code, opens a connection or leads elsewhere, so that only the person may say it: by flag,
        environment or own settings file, not by a file that lies in the dataset.
    name : str
    type : type
        ``int``, ``float``, ``bool``, ``str``, ``tuple`` or ``Mapping``, from the field's annotation.
    choices : tuple of str
        From the field's annotation; empty: any.

    Examples
    --------
    >>> SETTINGS["folds"].expected, SETTINGS["folds"].option, SETTINGS["folds"].variable
    ('a whole number from 2 to 20', '--folds', 'DSAUDIT_FOLDS')
    """

    help: str
    commands: str
    default: Any = None
    metavar: str = ""
    more: str = ""
    unset: str = ""
    between: tuple[float, float] = (0, 0)
    unit: str = ""
    flag: str = ""
    also: str = ""
    example: str = ""
    reads: bool = False
    own: bool = False
    name: str = ""
    type: Any = str
    choices: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """Its flag: ``--fail-on``."""
        return self.flag or f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """Its name in the environment; empty for a table, which only a settings file holds."""
        return "" if self.type is Mapping else _ENVIRONMENT + self.name.upper()

    @property
    def takers(self) -> tuple[str, ...]:
        """Commands that take it; gate and drift audit what is not a run, so they take what an audit takes."""
        named = self.commands.split()
        return (*named, "gate", "drift") if "audit" in named else tuple(named)

    @property
    def joins(self) -> bool:
        """Whether it may be given several times, or as a list: a text with commas between."""
        return "[," in self.metavar

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        least, most = self.between
        if self.choices:
            return " or ".join(self.choices)
        words = {
            int: f"a whole number from {least} to {most:,}",
            float: f"a number from {least:g} to {most:g}{self.unit}",
            bool: "true or false",
            tuple: "rule codes or names, separated by commas",
            Mapping: "tables such as [rules.quiet-clip]" if "." in self.metavar else f"a table such as [{self.name}]",
            str: "the path of a file" if self.metavar in _FILES else "text",
        }
        return words[self.type]

    def read(self, value: Any) -> Any:
        """The value as it is kept.

        Raises
        ------
        ValueError
            With what was expected instead.
        """
        if self.type in (int, float):
            try:
                number = self.type(value)
            except (TypeError, ValueError, OverflowError):
                raise ValueError("a whole number" if self.type is int else self.expected) from None
            refused = (bool, float) if self.type is int else bool
            if not isinstance(value, refused) and self.between[0] <= number <= self.between[1]:
                return number
        elif self.choices:
            if value in self.choices:
                return value
        elif self.type is bool:
            if str(value).lower() in ("true", "false", "1", "0"):
                return str(value).lower() in ("true", "1")
        elif self.type is tuple:
            entries = value.split(",") if isinstance(value, str) else value
            if isinstance(entries, list | tuple) and all(isinstance(e, str) for e in entries):
                return tuple(e.strip() for entry in entries for e in entry.split(",") if e.strip())
        elif self.type is Mapping:
            inner = value.values() if isinstance(value, Mapping) and "." in self.metavar else ()
            if isinstance(value, Mapping) and all(isinstance(v, Mapping) for v in inner):
                return dict(value)
        elif isinstance(value, str):
            return value
        elif self.joins and isinstance(value, list | tuple) and all(isinstance(e, str) for e in value):
            return ",".join(value)
        elif self.metavar in _FILES and isinstance(value, os.PathLike):
            return os.fspath(value)
        raise ValueError(self.expected)

    @property
    def preset(self) -> str:
        """Its default in words; empty where there is nothing to say."""
        if isinstance(self.default, bool) or not isinstance(self.default, str | int | float):
            return self.unset
        return self.unset or f"{self.default:g}" if isinstance(self.default, float) else self.unset or str(self.default)

    def says(self, **installed: str) -> str:
        """``help`` with what it stands for filled in."""
        *some, last = self.choices or ("",)
        choices = f"{', '.join(some)} or {last}"
        return self.help.format(choices=choices, least=self.between[0], most=self.between[1], **installed)

    def documented(self) -> str:
        """Its entry in the documentation of ``Settings``."""
        says = self.says(kinds="the name of a kind of data", encoders="an encoder's name")
        says = f"False: {says}" if self.default is True else says
        must = "" if self.choices or self.expected == "text" else f"{self.expected[:1].upper()}{self.expected[1:]}."
        default = f"Default: {self.preset or self.default}." if self.preset or self.default is not None else ""
        words = " ".join(filter(None, (says, self.more, must, default)))
        kind = "{" + ", ".join(map(repr, self.choices)) + "}" if self.choices else self.type.__name__.lower()
        head = f"    {self.name} : {kind}{' or None' if self.default is None else ''}"
        return "\n".join([head, *wrap(words, 116, initial_indent=" " * 8, subsequent_indent=" " * 8)])


def _setting(help: str, commands: str, default: Any = None, metavar: str = "", **more: Any) -> Any:
    """A field of ``Settings``; typed as the attribute that it stands for."""
    metadata = {"declared": Setting(help, commands, default, metavar, **more)}
    return (
        field(default_factory=dict, metadata=metadata) if default == {} else field(default=default, metadata=metadata)
    )


def _column(words: str, commands: str) -> Any:
    usual = "None: found by its usual names."
    return _setting(f"Manifest column {words}.", commands, metavar="NAME", more=usual, reads=True)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that steers an audit."""

    select: tuple[str, ...] = _setting(
        "Only these rules: codes, prefixes or names.", "audit", (), more="Empty: all. The more specific entry wins."
    )
    ignore: tuple[str, ...] = _setting("Not these rules.", "audit", ())
    fail_on: FailOn = _setting("Exit 1 on findings this severe: {choices}.", "audit", "error")
    sample: int | None = _setting(
        "Look at N items only, drawn evenly over the classes.", "audit train", metavar="N", between=(1, 10**12)
    )
    seed: int = _setting(
        "Same input, settings and seed give the same results.",
        "audit train browse relabel demo",
        0,
        between=(0, 2**32 - 1),
    )
    jobs: int | None = _setting(
        "Worker processes.", "audit train browse report compare apply demo", between=(1, 1024), unset="all processors"
    )
    engine: str = _setting(
        "Where items are read and folds trained: local, ray (a cluster started here), auto (this machine's) or "
        "ray://HOST:10001.",
        "audit train",
        "local",
        "ENGINE",
        more="See ``dsaudit.engine.mapping.engine``.",
        own=True,
    )
    device: Device = _setting("{choices}.", "audit train predict", "auto", more="Where the baseline trains.")
    folds: int = _setting("Parts for out-of-sample predictions, {least} to {most}.", "audit train", 5, between=(2, 20))
    quality: Quality = _setting(
        "quick: a probe on frozen embeddings, in seconds; standard: fine-tuned in minutes; best: at length, for a GPU.",
        "audit train",
        "quick",
    )
    head: Head = _setting("What quick puts on the embeddings: {choices}.", "audit train", "linear")
    training: Mapping[str, Any] = _setting(
        "Hyper-parameter of fine-tuning, as optimizer=sgd.",
        "audit train",
        {},
        "NAME=VALUE",
        example="epochs=12",
        more="See ``dsaudit.model.recipe.Recipe``.",
    )
    encoder: str | None = _setting(
        "Who embeds: {encoders}, a folder of a model, module:callable or none.",
        "audit train",
        metavar="NAME",
        more="None: the kind's.",
        own=True,
    )
    embeddings: str | None = _setting(
        "Embeddings made elsewhere: npy, npz, parquet or csv.", "audit train", metavar="FILE", own=True
    )
    pred_probs: str | None = _setting(
        "Out-of-sample predicted probabilities made elsewhere: npy, npz, parquet or csv.",
        "audit",
        metavar="FILE",
        own=True,
    )
    in_sample: bool = _setting(
        "The probabilities of --pred-probs come from a model that saw these labels.",
        "audit",
        False,
        more="Nothing can then be said about how many are wrong.",
    )
    unlabelled: str | None = _setting(
        "A pool beside the dataset: a folder or manifest of more items, which have no label.",
        "audit train",
        metavar="DIR",
        more="What shares a group or content with held-out items is not learned from.",
        reads=True,
    )
    semi_supervised: bool = _setting(
        "Learn from items without a label, too, where that tells held-out ones better than labels alone; with quality "
        "standard or best also in the network, which takes several times as long.",
        "audit train",
        False,
        more="See ``dsaudit.model.semi_supervised`` and ``dsaudit.model.guessing``.",
    )
    transductive: bool = _setting(
        "Let semi-supervised learning see items without a label of the test split's and held-out groups.",
        "audit train",
        False,
    )
    precision: float | None = _setting(
        "Name candidates of which at least this share should be wrong, as .9.",
        "audit",
        metavar="SHARE",
        between=(0.01, 1),
        unit=", as .9 for 90 %",
        more="None, without budget either: the highest expected F1.",
    )
    budget: int | None = _setting("Name at most N label-error candidates.", "audit", metavar="N", between=(0, 10**12))
    items_per_hour: int | None = _setting(
        "Items that one person reviews, labels or collects in an hour, for what the next hour brings.",
        "audit",
        metavar="N",
        between=(1, 100_000),
        unset="as the ledger shows, or 240",
    )
    tune: int | None = _setting(
        "First try N sets of hyper-parameters on a validation part.", "train", metavar="N", between=(1, 1000)
    )
    modality: str = _setting(
        "What the items are: {kinds}.", f"{_READ} demo", "", "KIND", unset="what the dataset holds", reads=True
    )
    path_column: str | None = _column("with the file's path", f"{_READ} predict apply")
    label_column: str | None = _setting(
        "Manifest column with the label, a table's target; none: there is none.",
        f"{_READ} predict apply",
        metavar="NAME",
        more="None: found by its usual names.",
        reads=True,
        also="--target",
    )
    split_column: str | None = _column("with the split", "audit train inspect apply")
    group_column: str | None = _column("of what must stay together, such as the speaker", "audit train inspect apply")
    id_column: str | None = _column("with the item's id", "audit train predict inspect apply")
    text_column: str | None = _setting(
        "Manifest column with the text, where items are texts; several, as premise,hypothesis, are one item.",
        f"{_READ} predict",
        metavar="NAME[,NAME]",
        more="None: found by its usual names.",
        reads=True,
    )
    segment_columns: str | None = _setting(
        "Columns START,END of the stretch (or start and length), or X0,Y0,X1,Y1 of the box, that a row is; or none.",
        "audit train predict inspect apply",
        metavar="COLUMNS",
        reads=True,
        more="None: those with common names.",
    )
    column_type: Mapping[str, str] = _setting(
        "What a column of a table holds, as zip=category: identifier, category, number, date, text or constant.",
        "audit train predict inspect apply",
        {},
        "NAME=TYPE",
        example="zip=category",
        reads=True,
    )
    sql: str | None = _setting(
        "Read the rows of a table from a database, instead of DATASET: postgresql://…, sqlite:///PATH.",
        "audit train inspect apply",
        metavar="URL",
        own=True,
    )
    query: str | None = _setting(
        "One SELECT for --sql, in a transaction that cannot write.",
        "audit train inspect apply",
        metavar="SELECT",
        own=True,
    )
    root: str | None = _setting(
        "Folder that a manifest's paths start from, or an address: s3://, gs://, az:// or hf://.",
        f"{_READ} predict apply",
        metavar="DIR",
        reads=True,
        more="None: the manifest's own.",
    )
    group_pattern: str | None = _setting(
        "Group = first group of this pattern in the item's path.",
        _READ,
        metavar="REGEX",
        reads=True,
        more="Where it has no group, its whole match.",
    )
    label_pattern: str | None = _setting(
        "Label = first group of this pattern in the item's path.",
        _READ,
        metavar="REGEX",
        reads=True,
        more="Where it has no group, its whole match.",
    )
    ledger: str | None = _setting(
        "Where people's decisions are: a file or postgresql://…; default: ledger.sqlite among the results.",
        "audit train apply relabel remap apart undo log verify export import prelabel next",
        metavar="WHERE",
        own=True,
    )
    memory: bool = _setting(
        "Look at the data as it is, without what people have decided.",
        "audit train",
        True,
        flag="--no-memory",
        more="True: corrected labels are in force, excluded items left out, confirmed ones not flagged again.",
    )
    annotations: str | None = _setting(
        "Labels of several annotators, a row per item and annotator.",
        "audit",
        metavar="FILE",
        more="Or one column per annotator.",
        own=True,
    )
    rules: Mapping[str, Mapping[str, Any]] = _setting(
        "Change a threshold, as quiet-clip.min_dbfs=-50.",
        "audit",
        {},
        "RULE.OPTION=VALUE",
        flag="--set",
        example="quiet-clip.min_dbfs=-50",
    )
    gate: Mapping[str, Any] = _setting(
        "A limit that the gate holds the run to, as SPL=0 or 'accuracy.balanced>=0.9'.",
        "gate drift",
        {},
        "NAME=LIMIT",
        flag="--limit",
        example="SPL=0",
        more="See ``dsaudit.policy.limit``.",
    )
    costs: Mapping[str, Any] = _setting(
        "What taking one class for another costs, as stop:go=10 or '*:go=10'; other errors cost 1.",
        "audit train",
        {},
        "GIVEN:PREDICTED=COST",
        flag="--cost",
        example="stop:go=10",
        more="See ``dsaudit.analysis.model.cost``.",
    )
    report: bool = _setting(
        "Write no report: findings, tables and JSON only.",
        "audit train",
        True,
        flag="--no-report",
        more="One can be made later, with ``dsaudit report``.",
    )
    report_mb: float = _setting(
        "Cap on the report's size in MiB.", "audit browse report compare", 25.0, between=(8, 1000), unit=" MiB"
    )
    sources: Mapping[str, str] = field(default_factory=dict)
    """Name of a setting, or of an entry of a table as ``gate.SPL``, to where its value came from; absent: default."""

    def described(self) -> dict[str, dict[str, Any]]:
        """Every setting with its value and source, for the run folder."""
        return {
            name: {"value": shown(getattr(self, name)), "source": self.sources.get(name, "default")}
            for name in SETTINGS
        }


def shown(value: Any) -> Any:
    """A setting or a text as it may be written down: without the passwords of addresses."""
    if not isinstance(value, str):
        return value
    bare = re.sub(r"(?<=://)([^/@:\s]*):\S*@", r"\1:…@", value)
    return re.sub(r"(?i)(?<=[?&])(\w*(?:password|passwd|pwd|secret|token))=[^&\s]*", r"\1=…", bare)


def _declared() -> dict[str, Setting]:
    """Every setting by name, with what its annotation says of it."""
    found = {}
    hints = get_type_hints(Settings)
    for name, declared in ((f.name, f.metadata.get("declared")) for f in fields(Settings)):
        if declared is not None:
            hint = next((a for a in get_args(hints[name]) if type(None) in get_args(hints[name])), hints[name])
            choices = get_args(hint) if get_origin(hint) is Literal else ()
            plain = str if choices else get_origin(hint) or hint
            found[name] = replace(declared, name=name, type=plain, choices=choices)
    return found


SETTINGS: Mapping[str, Setting] = _declared()
Settings.__doc__ = "\n".join(
    [f"{Settings.__doc__}\n", "    Attributes", "    ----------", *(s.documented() for s in SETTINGS.values())]
)


def load_settings(near: Path | None = None, *, flags: Mapping[str, Any] | None = None) -> Settings:
    """Put the four sources together.

    Parameters
    ----------
    near : Path, optional
        The dataset, its results or a run; its folder and parents are searched for a settings file.
    flags : mapping, optional
        Values given on the command line or in the call; None means not given.

    Raises
    ------
    ConfigError
        For an unknown name, a value of the wrong kind, or a file that is not TOML.

    Examples
    --------
    >>> settings = load_settings(flags={"select": "AUD, FIL", "jobs": None})
    >>> settings.select, settings.sources["select"], "jobs" in settings.sources
    (('AUD', 'FIL'), 'flag', False)
    """
    settings = Settings()
    given = {
        k: v
        for k, v in (flags or {}).items()
        if v is not None and not (isinstance(v, tuple | list | Mapping) and not v)
    }
    data = _folders_of_data(near, given.get("root"))
    for path, table in _files(near, data):
        settings = _overlay(settings, _heeded(path, table, data), str(path))
    for name, setting in SETTINGS.items():
        if setting.variable and (value := os.environ.get(setting.variable)):
            settings = _overlay(settings, {name: value}, f"environment {setting.variable}")
    return _overlay(settings, given, "flag")


def settings_text(values: Mapping[str, str]) -> str:
    """The content of a ``dsaudit.toml`` with these settings, all of them text.

    Examples
    --------
    >>> print(settings_text({"modality": "text", "label_column": "the word"}), end="")
    modality = "text"
    label_column = "the word"
    """
    import json  # whose strings are TOML's, but for DEL

    quoted = {name: json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") for name, value in values.items()}
    return "".join(f"{name} = {value}\n" for name, value in quoted.items())


def in_environment(name: str) -> str:
    """What the environment says of a setting; empty for nothing.

    Examples
    --------
    >>> in_environment("root")
    ''
    """
    return os.environ.get(_ENVIRONMENT + name.upper(), "")


def ignored_variables() -> list[str]:
    """What is wrong with variables of the environment that look like settings and are none, a line each, by name."""
    known = [name.upper() for name, setting in SETTINGS.items() if setting.variable]
    told = []
    for variable in sorted(v for v in os.environ if v.startswith(_ENVIRONMENT) and os.environ[v]):
        name = variable.removeprefix(_ENVIRONMENT)
        if name in known:
            continue
        if name.lower() in SETTINGS:
            told.append(f"{variable} is ignored: tables are read from a settings file only")
            continue
        near = get_close_matches(name, known, n=1)
        told.append(f"{variable} is ignored: there is no such setting")
        told[-1] += f"; is it {_ENVIRONMENT}{near[0]}?" if near else ""
    return told


def _files(near: Path | None, data: tuple[Path, ...]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The person's own settings file, then that of the dataset, which knows it better; each the nearest of its sort."""
    start = near.absolute() if near is not None else None
    folders = [] if start is None else [start, *start.parents] if start.is_dir() else list(start.parents)
    found: dict[bool, tuple[Path, dict[str, Any]]] = {}
    for folder in [*folders, Path.cwd()]:
        if len(found) < 2 and (file := _file_in(folder)):
            found.setdefault(_lies_in(file[0], data), file)
    yield from (found[theirs] for theirs in sorted(found))


def _file_in(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    for name, key in (("dsaudit.toml", None), ("pyproject.toml", "dsaudit")):
        path = folder / name
        try:
            text = path.read_bytes()
        except OSError:
            continue
        try:
            table = tomllib.loads(text.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            if key:
                continue  # somebody else's broken pyproject.toml is not ours to refuse
            raise ConfigError(f"{path} is not valid TOML: {error}") from error
        tool = table.get("tool")
        section = tool.get("dsaudit") if isinstance(tool, dict) else None
        if isinstance(section, dict) or key is None:
            return path, section if isinstance(section, dict) else table
    return None


def _folders_of_data(near: Path | None, root: Any) -> tuple[Path, ...]:
    """Folders whose content came with the dataset: its own, that of its files, that of a run, and what this was of."""
    if near is None:
        return ()
    import json  # a start is to be fast

    start = near.absolute()
    folder = start if start.is_dir() else start.parent
    results = folder.parents[1] if (folder / "run.json").is_file() and len(folder.parents) > 1 else folder
    found = [
        folder,
        results,
        *_above(start, folder),
        *(p.parent for p in (folder, *folder.parents) if p.name == ".dsaudit"),
    ]
    if isinstance(root, str | os.PathLike):
        found.append(Path(root).expanduser())
    for path in (folder / "run.json", *results.glob("runs/[!.]*/run.json")):
        try:
            told = json.loads(path.read_bytes())["root"]
            found.append(Path(told))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):  # there is none, or it says nothing of it
            continue
    return tuple(dict.fromkeys(way for place in found for way in _ways_to(place)))


def _above(start: Path, folder: Path) -> list[Path]:
    """Folders above that of a dataset, or a part of one, that are of the dataset too, where settings lie in one.

    A manifest names items up there, or stands apart from them; or beside a folder lie others with items like its own.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps ".."
    higher, here = list(enumerate(folder.parents, start=1)), Path.cwd()
    holding = {k for k, place in higher if _file_in(place) is not None}
    if here.anchor == folder.anchor and not here.is_relative_to(folder) and _file_in(here) is not None:
        holding.add(next(k for k, place in higher if here.is_relative_to(place)))
    if not holding:
        return []
    up = 0 if start.is_dir() else max(_named_above(start, folder, max(holding)), bool(APART.fullmatch(folder.name)))
    sort = _sort_of_items(folder) if min(holding) <= _HIGHEST else {}
    for k in [k for k in sorted(holding) if up < k <= _HIGHEST] if sort else ():
        child = [folder, *folder.parents][k - 1]
        if _SPLITS.fullmatch(child.name) or _is_a_set(folder.parents[k - 1], child, _sort_of_items(child)):
            up = k
    return [*folder.parents][:up]


def _named_above(manifest: Path, folder: Path, enough: int) -> int:
    """How many folders above its own the paths in a manifest lead; no more is looked for than ``enough``."""
    names = [folder.relative_to(higher).as_posix().encode() + b"/" for higher in folder.parents[:_HIGHEST]]
    through = [re.compile(rb"(?<![^\s,;|\"':=\[])" + re.escape(name)) for name in names if name != b"/"]
    up, tail = 0, b""
    try:
        for block in _blocks(manifest):
            text = tail + block.replace(b"\0", b"").replace(b"\\u002e", b".").replace(b"\\u002f", b"/")
            up = max([up, *(len(_UP.findall(found)) for found in _UPWARDS.findall(text))])
            up = max([up, *(k for k, name in enumerate(through, start=1) if k > up and name.search(text))])
            if up >= enough:
                break
            tail = text[-_LONGEST_PATH:]
    except (OSError, EOFError, ValueError, zlib.error):  # whoever reads the dataset says what is wrong with it
        pass
    return up


def _blocks(manifest: Path) -> Iterator[bytes]:
    """What a manifest holds, unpacked; a table in columns by its texts."""
    if manifest.suffix.lower() == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(manifest).iter_batches():
            for column in batch.columns:
                cells = column.dictionary if pa.types.is_dictionary(column.type) else column
                if pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
                    yield "\n".join(text for text in cells.to_pylist() if text).encode("utf-8", "replace")
        return
    import gzip

    with gzip.open(manifest) if manifest.suffix.lower() == ".gz" else manifest.open("rb") as file:
        while block := file.read(_READ_BYTES):
            yield block


def _sort_of_items(folder: Path) -> dict[int, set[str]]:
    """Suffixes of the files in a folder by how deep they lie, of the least deep ones that could be items."""
    level = [folder]
    for depth in range(_HIGHEST):
        entries = [entry for place in level[:_LOOKED_AT] for entry in _entries(place)]
        found = {_suffix(e.name) for e in entries if not e.is_dir()} - _NO_ITEMS
        if found:
            return {depth: found}
        level = [Path(e.path) for e in entries if e.is_dir()]
    return {}


def _is_a_set(folder: Path, child: Path, sort: dict[int, set[str]]) -> bool:
    """Whether ``folder`` is a dataset and ``child`` a part of it: items like those lie in it, or in another part."""
    depth, suffixes = next(iter(sort.items()), (0, set()))
    for entry in _entries(folder):
        if not entry.is_dir():
            if _suffix(entry.name) in suffixes - {".txt"} or _LISTS.fullmatch(entry.name):
                return True
        elif entry.name != child.name and _sort_of_items(Path(entry.path)).get(depth, set()) & suffixes:
            return True
    return False


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """The first in a folder that are not hidden; none of one that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [e for e in islice(entries, _LOOKED_AT) if not e.name.startswith(".")]
    except OSError:
        return []


def _lies_in(path: Path, folders: tuple[Path, ...]) -> bool:
    """Whether a file is, by name or by what a link leads to, in one of the folders."""
    ways = {*_ways_to(path.parent), *_ways_to(path)}
    return any(way.is_relative_to(folder) for way in ways for folder in folders)


def _ways_to(path: Path) -> tuple[Path, Path]:
    return Path(os.path.abspath(path)), Path(os.path.realpath(path))  # noqa: PTH100 - Path.absolute keeps ".."


def _heeded(path: Path, table: Mapping[str, Any], data: tuple[Path, ...]) -> Mapping[str, Any]:
    """What counts of a settings file; what does not is told."""
    if not _lies_in(path, data):
        return table
    heeded = {raw: value for raw, value in table.items() if not _leads_out(raw.replace("-", "_"), value, data)}
    if ignored := [raw.replace("-", "_") for raw in table if raw not in heeded]:
        _tell_ignored("".join(c if c.isprintable() else "?" for c in str(path)), tuple(ignored))
    return heeded


def _leads_out(name: str, value: Any, data: tuple[Path, ...]) -> bool:
    """Whether a setting in a dataset's own file reaches beyond that dataset."""
    if name == _OUT or (name in SETTINGS and (SETTINGS[name].own or "://" in str(value))):
        return True
    leads = name in SETTINGS and SETTINGS[name].metavar in _FILES and isinstance(value, str)
    return leads and not _lies_in(Path(value).expanduser() / "x", data)


@cache
def _tell_ignored(path: str, names: tuple[str, ...]) -> None:
    """Once, however often the file is read."""
    import logging

    one = len(names) == 1
    flags = " ".join("--out" if name == _OUT else SETTINGS[name].option for name in names)
    logging.getLogger("dsaudit").warning(
        "dsaudit: %s lies in the dataset, so its %s %s ignored: to follow %s, give %s, or a settings file elsewhere",
        path,
        ", ".join(names),
        "is" if one else "are",
        "it" if one else "them",
        flags,
    )


def _overlay(settings: Settings, values: Mapping[str, Any], source: str) -> Settings:
    changes: dict[str, Any] = {}
    for raw, value in values.items():
        name = raw.replace("-", "_")
        if name not in SETTINGS:
            raise ConfigError(f"unknown setting {raw!r} ({source})", hint=f"known: {', '.join(SETTINGS)}")
        found = _checked(SETTINGS[name], value, source)
        if SETTINGS[name].type is Mapping:  # what a later source says comes later, under whichever name of a rule
            old = getattr(settings, name)
            new = {k: {**old.get(k, {}), **v} if isinstance(v, Mapping) else v for k, v in found.items()}
            found = {k: v for k, v in old.items() if k not in new} | new
        changes[name] = found
    if changes.get("precision") is not None and changes.get("budget") is not None:
        raise ConfigError(f"precision and budget ({source}) cut in two ways", hint="give one of them")
    if "precision" in changes or "budget" in changes:  # what a later source says replaces an earlier one's other way
        changes = {"precision": None, "budget": None} | changes
    entries = [f"{name}.{key}" for name in changes if SETTINGS[name].type is Mapping for key in values.get(name, ())]
    return replace(settings, **changes, sources={**settings.sources, **dict.fromkeys([*changes, *entries], source)})


def _checked(setting: Setting, value: Any, source: str) -> Any:
    try:
        return setting.read(value)
    except ValueError as refused:
        if setting.type is str and not setting.choices and hasattr(value, "shape"):  # too long to be shown
            arrays = f"np.savez('file.npz', {setting.name}=array, ids=ids)"
            hint = f"save it first, as in: {arrays if setting.metavar == 'FILE' else 'frame.to_csv(PATH)'}"
            what = f"{setting.name} ({source}) is a {type(value).__name__}, not the path of a file"
            raise ConfigError(what, hint=hint) from None
        raise ConfigError(f"{setting.name} = {value!r} ({source}): expected {refused}") from None
