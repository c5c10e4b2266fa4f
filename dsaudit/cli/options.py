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
Quality = Annotated[
    str | None,
    typer.Option(
        help="quick: a probe on frozen embeddings, in seconds; standard: fine-tuned in minutes; best: at length,"
        " for a GPU. [quick]"
    ),
]
Head = Annotated[
    str | None,
    typer.Option(help="What quick puts on the embeddings: linear, knn, forest, boosting or ensemble. [linear]"),
]
Training = Annotated[
    list[str] | None,
    typer.Option("--training", metavar="NAME=VALUE", help="Hyper-parameter of fine-tuning, as optimizer=sgd."),
]
Encoder = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Who embeds: speech, log-mel, module:callable, timm:NAME, sentence-transformers:NAME, none.",
    ),
]
Embeddings = Annotated[
    str | None, typer.Option(metavar="FILE", help="Embeddings made elsewhere: npy, npz, parquet or csv.")
]
PredProbs = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Out-of-sample predicted probabilities made elsewhere: npy, npz, parquet or csv."
    ),
]
InSample = Annotated[
    bool, typer.Option("--in-sample", help="The probabilities of --pred-probs come from a model that saw these labels.")
]
Precision = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Name candidates of which at least this share should be wrong, as .9."),
]
Budget = Annotated[int | None, typer.Option(metavar="N", help="Name at most N label-error candidates.")]
PathColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the file's path.")]
LabelColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the label.")]
SplitColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the split.")]
GroupColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Manifest column of what must stay together, such as the speaker."),
]
IdColumn = Annotated[str | None, typer.Option(metavar="NAME", help="Manifest column with the item's id.")]
TextColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="Manifest column with the text, where items are texts.")
]
Modality = Annotated[
    str | None, typer.Option(metavar="KIND", help="What the items are: audio, image or text. [what the dataset holds]")
]
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


def training_settings(entries: list[str] | None) -> dict[str, Any]:
    """``["optimizer=sgd"]`` as ``{"optimizer": "sgd"}``.

    Raises
    ------
    UsageError
        For an entry of another form.
    """
    settings: dict[str, Any] = {}
    for entry in entries or []:
        name, equals, text = entry.partition("=")
        if not (equals and name.strip()):
            raise UsageError(f"--training {entry!r} is not NAME=VALUE", hint="as in: --training epochs=12")
        settings[name.strip()] = _value(text)
    return settings


def _value(text: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def rule_settings(entries: list[str] | None) -> dict[str, dict[str, Any]]:
    """``["quiet-clip.min_dbfs=-50"]`` as ``{"quiet-clip": {"min_dbfs": -50}}``.

    Raises
    ------
    UsageError
        For an entry of another form.
    """
    settings: dict[str, dict[str, Any]] = {}
    for entry in entries or []:
        name, equals, text = entry.partition("=")
        rule, dot, option = name.strip().rpartition(".")
        if not (equals and dot and rule and option):
            raise UsageError(f"--set {entry!r} is not RULE.OPTION=VALUE", hint="as in: --set quiet-clip.min_dbfs=-50")
        settings.setdefault(rule, {})[option] = _value(text)
    return settings
