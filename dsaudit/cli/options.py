"""Options that several commands share, each written once."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.errors import UsageError

Source = Annotated[
    str,
    typer.Argument(
        metavar="DATASET", help="Folder with one sub-folder per class, or a CSV, TSV, JSONL or Parquet file."
    ),
]
Out = Annotated[
    str | None, typer.Option("--out", metavar="DIR", help="Where results go; default: .dsaudit beside the data.")
]
Seed = Annotated[int | None, typer.Option(help="Same input, settings and seed give the same results. [0]")]
Jobs = Annotated[int | None, typer.Option(help="Worker processes. [all processors]")]
Sample = Annotated[int | None, typer.Option(metavar="N", help="Look at N items only, drawn evenly over the classes.")]
DeviceOption = Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or mps. [auto]")]
Folds = Annotated[int | None, typer.Option(help="Parts for out-of-sample predictions, 2 to 20. [5]")]
PathColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the file's path.")]
LabelColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the label.")]
SplitColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the split.")]
GroupColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Manifest column of what must stay together, such as the speaker."),
]
IdColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the item's id.")]
Root = Annotated[str | None, typer.Option(metavar="DIR", help="Folder that a manifest's paths start from.")]
GroupPattern = Annotated[
    str | None, typer.Option(metavar="REGEX", help="Group = first group of this pattern in the item's path.")
]
LedgerOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="WHERE",
        help="Where people's decisions are: a file or postgresql://…; default: ledger.sqlite among the results.",
    ),
]
NoMemory = Annotated[
    bool, typer.Option("--no-memory", help="Look at the data as it is, without what people have decided.")
]
Annotations = Annotated[
    str | None, typer.Option(metavar="FILE", help="Labels of several annotators, a row per item and annotator.")
]
ReportMb = Annotated[float | None, typer.Option("--report-mb", help="Cap on the report's size in MiB. [25]")]
RuleOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="RULE.OPTION=VALUE", help="Change a threshold, as quiet-clip.min_dbfs=-50."),
]


def rule_settings(entries: list[str] | None) -> dict[str, dict[str, Any]]:
    """``["quiet-clip.min_dbfs=-50"]`` as ``{"quiet-clip": {"min_dbfs": -50}}``.

    Raises
    ------
    UsageError
        For an entry of another form.
    """
    import tomllib

    settings: dict[str, dict[str, Any]] = {}
    for entry in entries or []:
        name, equals, text = entry.partition("=")
        rule, dot, option = name.strip().rpartition(".")
        if not (equals and dot and rule and option):
            raise UsageError(f"--set {entry!r} is not RULE.OPTION=VALUE", hint="as in: --set quiet-clip.min_dbfs=-50")
        try:
            value = tomllib.loads(f"value = {text.strip()}")["value"]
        except tomllib.TOMLDecodeError:
            value = text.strip()
        settings.setdefault(rule, {})[option] = value
    return settings
