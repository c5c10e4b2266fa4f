"""The ``@rule`` and ``@measure`` declarations. Imports nothing heavy: a catalogue of rules opens at once."""

from __future__ import annotations

import inspect
import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.types import Scope, Severity

Status = Literal["preview", "stable", "deprecated", "removed"]

SECTIONS = ("What it does", "Why is this bad?", "What to do", "Options", "Limits", "References")
"""Headings that every rule's docstring has, in this order, each underlined with dashes."""

_WORTH = {"error": 1.0, "warning": 0.1, "info": 0.02}
_CODE = re.compile(r"[A-Z]{3}\d{3}")


class NotJudgedError(Exception):
    """Raised by a rule that has nothing to say about a set; ``reason`` says why in words for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Option:
    """A threshold of a rule: a keyword-only parameter with a default."""

    name: str
    default: float | int | str | bool
    doc: str
    """Unit, range and meaning, from the docstring's Options section."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check on the data: a pure function from evidence tables to scores.

    Attributes
    ----------
    code, name : str
        ``AUD001`` and ``quiet-clip``; the name is the function's with dashes.
    summary : str
        First line of the docstring.
    doc : mapping of str to str
        Section heading to text, see ``SECTIONS``.
    message : str
        Format string for one finding; its fields are columns of the returned frame, options, or
        ``subject``, ``n_items``, ``members`` ("9 clips"), ``one`` ("clip") and ``many`` ("clips").
    headline : (str, str)
        All findings of the rule in one sentence, for one finding and for several. Fields: ``n`` findings,
        ``flagged`` ("61 of 1,730 clips"), ``members`` ("9 clips" in sets), ``copies`` (members beyond one per
        set), ``things`` ("clips"). Empty: the report makes do with the summary.
    cost : str
        What the findings cost or prove, in a sentence with the same fields; may be empty.
    worth : float
        What acting on one flagged item, or on one superfluous member of a set, is worth, in items: 1 is an
        item that cannot be used at all. Orders the report's first page.
    severity : Severity
    scope : Scope
        What the index of the returned frame names.
    modalities : tuple of str
        Kinds of dataset the rule applies to; empty means all.
    needs : tuple of str
        Names of the evidence tables, from the positional parameters.
    options : tuple of Option
    uses_label : bool
        Whether the given label is part of the finding's identity: a finding about a label is another
        finding once the label has changed.
    named_subject : bool
        Whether a set is known by its name, such as a pair of classes, and not by the items that are in it now.
    status, since : str
    run : callable
        Returns a frame indexed by subject with ``score`` (float, 0 worst to 1 healthy), ``flagged``
        (bool) and the columns that ``message`` formats; optionally ``suggestion`` (str, a label) and,
        for every scope but ``item``, ``item_ids`` (list of str, most telling first).
    """

    code: str
    name: str
    summary: str
    doc: Mapping[str, str]
    message: str
    headline: tuple[str, str]
    cost: str
    worth: float
    severity: Severity
    scope: Scope
    modalities: tuple[str, ...]
    needs: tuple[str, ...]
    options: tuple[Option, ...]
    uses_label: bool
    named_subject: bool
    status: Status
    since: str
    run: Callable[..., pd.DataFrame] = field(repr=False)
    measures: tuple[Measure, ...] = ()

    def __call__(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
        """Run the rule on tables, as the function it was declared on."""
        return self.run(*args, **kwargs)

    @property
    def of_two_sets(self) -> bool:
        """Whether it holds one set against another, which an audit has not."""
        return "drift" in self.needs

    @property
    def message_fields(self) -> frozenset[str]:
        """Names that ``message`` formats."""
        return frozenset(
            name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(self.message) if name
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """A raw number a rule adds to the one decode of every item."""

    modality: str
    name: str
    fn: Callable[[Any], float]
    version: str = "1"
    """Part of the cache key: changes whenever ``fn`` would give other numbers."""

    def __reduce__(self) -> tuple[Any, ...]:
        """What ``measure`` made goes to worker processes by its name, which is no longer that of the function."""
        place = (self.fn.__module__, self.fn.__qualname__)
        if "<" not in place[1] and _at(*place) is self:
            return _at, place
        return Measure, (self.modality, self.name, self.fn, self.version)


def _at(module: str, name: str) -> Any:
    return attrgetter(name)(import_module(module))


def rule(
    code: str,
    *,
    message: str,
    since: str,
    headline: tuple[str, str] = ("", ""),
    cost: str = "",
    worth: float | None = None,
    severity: Severity = "warning",
    scope: Scope = "item",
    modalities: tuple[str, ...] = (),
    uses_label: bool = False,
    named_subject: bool = False,
    status: Status = "stable",
    measures: tuple[Measure, ...] = (),
) -> Callable[[Callable[..., pd.DataFrame]], Rule]:
    """Declare a function as a rule.

    Positional parameters name the evidence it needs; keyword-only parameters with defaults are its
    options; the function's name is the rule's name; its docstring is the documentation.

    Raises
    ------
    TypeError
        At import, when the code, the signature or the docstring does not follow these conventions.
    """
    if not _CODE.fullmatch(code):
        raise TypeError(f"rule code {code!r} is not three capitals and three digits")

    def declare(fn: Callable[..., pd.DataFrame]) -> Rule:
        summary, doc = parse_doc(inspect.getdoc(fn) or "")
        parameters = inspect.signature(fn).parameters.values()
        documented = _definitions(doc.get("Options", ""))
        options = tuple(
            Option(p.name, p.default, documented.get(p.name, ""))
            for p in parameters
            if p.kind is inspect.Parameter.KEYWORD_ONLY
        )
        if any(isinstance(o.default, type) for o in options):  # inspect's mark for no default is a class
            raise TypeError(f"{code}: every option needs a default")
        return Rule(
            code=code,
            name=fn.__name__.replace("_", "-"),
            summary=summary,
            doc=doc,
            message=message,
            headline=headline,
            cost=cost,
            worth=_WORTH[severity] if worth is None else worth,
            severity=severity,
            scope=scope,
            modalities=modalities,
            needs=tuple(p.name for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY),
            options=options,
            uses_label=uses_label,
            named_subject=named_subject,
            status=status,
            since=since,
            run=fn,
            measures=measures,
        )

    return declare


def measure(modality: str, *, version: str = "1") -> Callable[[Callable[[Any], float]], Measure]:
    """Declare a raw number that a rule needs: a function of the decoded sample, named like its column.

    Pass the result to ``rule(measures=(…,))``; it runs in the same decode as every other measurement.
    Change ``version`` whenever it would give other numbers: results are cached.

    Examples
    --------
    >>> @measure("audio")
    ... def peak(sample):
    ...     return float(abs(sample).max())
    >>> peak.name, peak.version
    ('peak', '1')
    """

    def declare(fn: Callable[[Any], float]) -> Measure:
        return Measure(modality, fn.__name__, fn, version)

    return declare


def parse_doc(text: str) -> tuple[str, dict[str, str]]:
    r"""Split a rule's docstring into its first line and its underlined sections.

    Examples
    --------
    >>> parse_doc("Clip is silent.\n\nWhat it does\n------------\nLooks at the peak.\n")
    ('Clip is silent.', {'What it does': 'Looks at the peak.'})
    """
    summary, _, rest = text.partition("\n")
    parts = re.split(r"^(\S[^\n]*)\n-{3,}\n", rest, flags=re.MULTILINE)
    return summary.strip(), {h.strip(): b.strip() for h, b in zip(parts[1::2], parts[2::2], strict=True)}


def _definitions(section: str) -> dict[str, str]:
    """``name : unit, range`` followed by indented text, as in numpydoc, to one line per name."""
    found: dict[str, str] = {}
    for block in re.split(r"^(?=\w+ : )", section, flags=re.MULTILINE):
        name, colon, text = block.partition(" : ")
        if colon:
            found[name.strip()] = " ".join(text.split())
    return found
