"""Settings: defaults < ``[tool.dsaudit]`` or ``dsaudit.toml`` < environment < flags; each value knows its source.

A settings file is looked for in the dataset's folder and its parents, then in the working directory::

    seed = 7
    ignore = ["AUD012"]

    [rules.quiet-clip]
    min_dbfs = -50
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from dsaudit.errors import ConfigError

FailOn = Literal["error", "warning", "info", "never"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Quality = Literal["quick", "standard", "best"]
Head = Literal["linear", "knn", "forest", "boosting", "ensemble"]

_ENVIRONMENT = "DSAUDIT_"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that steers an audit.

    Attributes
    ----------
    seed : int
        0 to 2**32 - 1. Same input, settings and seed give the same results.
    jobs : int or None
        Worker processes for decoding; None takes every processor.
    sample : int or None
        Audit only that many items, drawn evenly over the classes.
    select, ignore : tuple of str
        Rule codes, prefixes of codes, or names; the more specific entry wins. Empty ``select`` means all.
    fail_on : FailOn
        Least severity of a finding that makes the exit code 1.
    device : Device
        Where the baseline trains.
    folds : int
        2 to 20: parts that the out-of-sample predictions are made in.
    quality : Quality
        How the baseline is trained: ``quick`` a probe on frozen embeddings, ``standard`` the pretrained network
        fine-tuned in minutes, ``best`` all of it fine-tuned at length.
    head : Head
        What ``quick`` puts on the embeddings.
    training : mapping of str
        Hyper-parameters of fine-tuning, see ``dsaudit.model.recipe.Recipe``.
    tune : int or None
        Number of trials of a random search for better hyper-parameters, before training.
    encoder : str or None
        Who embeds the items: a name, ``module:callable``, ``timm:NAME`` or ``sentence-transformers:NAME``; None: the
        modality's own.
    embeddings, pred_probs : str or None
        File with embeddings or predicted probabilities made elsewhere; nothing is then trained for them.
    in_sample : bool
        Whether the probabilities of ``pred_probs`` come from a model that saw these labels: nothing can then be
        said about how many are wrong.
    precision : float or None
        Least share, .01 to 1, of the label-error candidates that is expected to be wrong; None, without ``budget``
        either: the cut with the highest expected F1.
    budget : int or None
        Most label-error candidates to name.
    modality : str
        Kind of item: ``audio``, ``image`` or ``text``. Where it is named nowhere, a dataset that plainly holds
        pictures or texts is read as such.
    path_column, label_column, split_column, group_column, id_column, text_column : str or None
        Columns of a manifest; None finds them by their usual names.
    root : str or None
        Folder that a manifest's relative paths start from; None: the manifest's own folder.
    group_pattern : str or None
        Regular expression on the item id; its first group, or else its whole match, is the item's group.
    report_mb : float
        Cap on the size of the HTML report, 8 to 1000 MiB.
    ledger : str or None
        Where people's decisions are kept: a file or a ``postgresql://`` address; None: ``ledger.sqlite``
        among the results.
    memory : bool
        Whether decisions are applied: corrected labels in force, excluded items left out, confirmed items
        not flagged again.
    annotations : str or None
        File with the labels of several annotators: one row per item and annotator, or one column per annotator.
    rules : mapping of rule name to mapping of option to value
    sources : mapping of str
        Field name to where its value came from; a field that is absent has its default.
    """

    seed: int = 0
    jobs: int | None = None
    sample: int | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: FailOn = "error"
    device: Device = "auto"
    folds: int = 5
    quality: Quality = "quick"
    head: Head = "linear"
    training: Mapping[str, Any] = field(default_factory=dict)
    tune: int | None = None
    encoder: str | None = None
    embeddings: str | None = None
    pred_probs: str | None = None
    in_sample: bool = False
    precision: float | None = None
    budget: int | None = None
    modality: str = "audio"
    path_column: str | None = None
    label_column: str | None = None
    split_column: str | None = None
    group_column: str | None = None
    id_column: str | None = None
    text_column: str | None = None
    root: str | None = None
    group_pattern: str | None = None
    report_mb: float = 25.0
    ledger: str | None = None
    memory: bool = True
    annotations: str | None = None
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def described(self) -> dict[str, dict[str, Any]]:
        """Every setting with its value and source, for the run folder."""
        return {
            f.name: {"value": shown(getattr(self, f.name)), "source": self.sources.get(f.name, "default")}
            for f in fields(self)
            if f.name != "sources"
        }


def shown(value: Any) -> Any:
    """A setting or a text as it may be written down: without the passwords of addresses."""
    return re.sub(r"(?<=://)([^/@:\s]*):\S*@", r"\1:…@", value) if isinstance(value, str) else value


_NAMES = tuple(f.name for f in fields(Settings) if f.name != "sources")
_INTEGERS = {"seed": (0, 2**32 - 1), "jobs": (1, 1024), "sample": (1, 10**12), "folds": (2, 20)}
_INTEGERS |= {"tune": (1, 1000), "budget": (0, 10**12)}
_FLAGS = ("memory", "in_sample")
_NUMBERS = {"report_mb": (8.0, 1000.0, "MiB"), "precision": (0.01, 1.0, "")}
_CHOICES: dict[str, tuple[str, ...]] = {
    "fail_on": get_args(FailOn),
    "device": get_args(Device),
    "quality": get_args(Quality),
    "head": get_args(Head),
}
_LISTS = ("select", "ignore")
_FILES = ("embeddings", "pred_probs", "root", "ledger", "annotations")
_HOLDERS = (tuple, list, Mapping)
"""What is as good as not given where it is empty."""
_TABLES = ("rules", "training")


def load_settings(near: Path | None = None, *, flags: Mapping[str, Any] | None = None) -> Settings:
    """Put the four sources together.

    Parameters
    ----------
    near : Path, optional
        The dataset; its folder and parents are searched for a settings file.
    flags : mapping, optional
        Values given on the command line or in the call; None means not given.

    Raises
    ------
    ConfigError
        For an unknown name, a value of the wrong kind, or a file that is not TOML.
    """
    settings = Settings()
    found = _find_file(near)
    if found:
        path, table = found
        settings = _overlay(settings, table, str(path))
    environment = {
        name: value
        for name in _NAMES
        if name not in _TABLES and (value := os.environ.get(_ENVIRONMENT + name.upper())) not in (None, "")
    }
    for name, value in environment.items():
        settings = _overlay(settings, {name: value}, f"environment {_ENVIRONMENT}{name.upper()}")
    given = {k: v for k, v in (flags or {}).items() if v is not None and not (isinstance(v, _HOLDERS) and not v)}
    return _overlay(settings, given, "flag")


def ignored_variables() -> list[str]:
    """What is wrong with variables of the environment that look like settings and are none, a line each, by name."""
    known = [name.upper() for name in _NAMES if name not in _TABLES]
    told = []
    for variable in sorted(v for v in os.environ if v.startswith(_ENVIRONMENT) and os.environ[v]):
        name = variable.removeprefix(_ENVIRONMENT)
        if name.lower() in _TABLES:
            told.append(f"{variable} is ignored: tables are read from a settings file only")
        elif name not in known:
            near = get_close_matches(name, known, n=1)
            told.append(f"{variable} is ignored: there is no such setting")
            told[-1] += f"; is it {_ENVIRONMENT}{near[0]}?" if near else ""
    return told


def _find_file(near: Path | None) -> tuple[Path, dict[str, Any]] | None:
    folders: list[Path] = []
    if near is not None:
        start = near.absolute()
        folders = [start, *start.parents] if start.is_dir() else list(start.parents)
    folders.append(Path.cwd())
    for folder in folders:
        for name, key in (("dsaudit.toml", None), ("pyproject.toml", "dsaudit")):
            path = folder / name
            try:
                text = path.read_bytes()
            except OSError:
                continue
            try:
                table = tomllib.loads(text.decode("utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                if key:
                    continue  # somebody else's broken pyproject.toml is not ours to refuse
                raise ConfigError(f"{path} is not valid TOML: {error}") from error
            if key is None:
                return path, table.get("tool", {}).get("dsaudit", table)
            if isinstance(section := table.get("tool", {}).get(key), dict):
                return path, section
    return None


def _overlay(settings: Settings, values: Mapping[str, Any], source: str) -> Settings:
    changes: dict[str, Any] = {}
    for raw, value in values.items():
        name = raw.replace("-", "_")
        if name not in _NAMES:
            raise ConfigError(f"unknown setting {raw!r} ({source})", hint=f"known: {', '.join(_NAMES)}")
        changes[name] = _checked(name, value, source)
    if "rules" in changes:
        # what a later source says of a rule comes later, under whichever of its names
        merged = {k: v for k, v in settings.rules.items() if k not in changes["rules"]}
        merged |= {k: {**settings.rules.get(k, {}), **v} for k, v in changes["rules"].items()}
        changes["rules"] = merged
    if "training" in changes:
        changes["training"] = {**settings.training, **changes["training"]}
    if changes.get("precision") is not None and changes.get("budget") is not None:
        raise ConfigError(f"precision and budget ({source}) cut in two ways", hint="give one of them")
    if "precision" in changes or "budget" in changes:  # what a later source says replaces an earlier one's other way
        changes = {"precision": None, "budget": None} | changes
    return replace(settings, **changes, sources={**settings.sources, **dict.fromkeys(changes, source)})


def _checked(name: str, value: Any, source: str) -> Any:
    def refuse(expected: str) -> ConfigError:
        return ConfigError(f"{name} = {value!r} ({source}): expected {expected}")

    if name in _INTEGERS:
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise refuse("a whole number") from None
        lowest, highest = _INTEGERS[name]
        if isinstance(value, bool | float) or not lowest <= number <= highest:
            raise refuse(f"a whole number from {lowest} to {highest:,}")
        return number
    if name in _NUMBERS:
        least, most, unit = _NUMBERS[name]
        expected = f"a number from {least:g} to {most:g} {unit}".strip()
        expected += ", as .9 for 90 %" if name == "precision" else ""
        try:
            amount = float(value)
        except (TypeError, ValueError):
            raise refuse(expected) from None
        if isinstance(value, bool) or not least <= amount <= most:
            raise refuse(expected)
        return amount
    if name in _FLAGS:
        if str(value).lower() not in ("true", "false", "1", "0"):
            raise refuse("true or false")
        return str(value).lower() in ("true", "1")
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise refuse(" or ".join(_CHOICES[name]))
        return value
    if name in _LISTS:
        entries = value.split(",") if isinstance(value, str) else value
        if not isinstance(entries, list | tuple) or not all(isinstance(e, str) for e in entries):
            raise refuse("rule codes or names, separated by commas")
        return tuple(e.strip() for entry in entries for e in entry.split(",") if e.strip())
    if name == "rules":
        if not isinstance(value, Mapping) or not all(isinstance(v, Mapping) for v in value.values()):
            raise refuse("tables such as [rules.quiet-clip]")
        return value
    if name == "training":
        if not isinstance(value, Mapping):
            raise refuse('a table such as [training] or {"epochs": 3}')
        return dict(value)
    if name in _FILES and isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        return value
    if hasattr(value, "shape"):  # an array or a table, which is too long to be shown
        hint = f"save it first, as in: np.savez('file.npz', {name}=array, ids=ids)"
        raise ConfigError(f"{name} ({source}) is a {type(value).__name__}, not the path of a file", hint=hint)
    raise refuse("the path of a file" if name in _FILES else "text")
