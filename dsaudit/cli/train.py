"""dsaudit train DATASET."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="train")(train)


def train(
    dataset: o.Source,
    out: o.Out = None,
    format: Annotated[str, typer.Option(help="What stdout gets: text or json.")] = "text",
    sample: o.Sample = None,
    seed: o.Seed = None,
    jobs: o.Jobs = None,
    device: o.DeviceOption = None,
    folds: o.Folds = None,
    quality: o.Quality = None,
    head: o.Head = None,
    training: o.Training = None,
    encoder: o.Encoder = None,
    embeddings: o.Embeddings = None,
    tune: Annotated[
        int | None, typer.Option(metavar="N", help="First try N sets of hyper-parameters on a validation part.")
    ] = None,
    modality: o.Modality = None,
    path_column: o.PathColumn = None,
    label_column: o.LabelColumn = None,
    split_column: o.SplitColumn = None,
    group_column: o.GroupColumn = None,
    id_column: o.IdColumn = None,
    text_column: o.TextColumn = None,
    root: o.Root = None,
    group_pattern: o.GroupPattern = None,
    ledger: o.LedgerOption = None,
    no_memory: o.NoMemory = False,
) -> None:
    """Train the baseline alone: held-out accuracy, confusion matrix, and a model kept in the run."""
    from dsaudit.api import train as run_train
    from dsaudit.cli.render import bars, check_format, show_baseline

    check_format(format)
    run = run_train(
        dataset,
        out=out,
        progress=bars(),
        sample=sample,
        seed=seed,
        jobs=jobs,
        device=device,
        folds=folds,
        quality=quality,
        head=head,
        training=o.training_settings(training),
        encoder=encoder,
        embeddings=embeddings,
        tune=tune,
        modality=modality,
        path_column=path_column,
        label_column=label_column,
        split_column=split_column,
        group_column=group_column,
        id_column=id_column,
        text_column=text_column,
        root=root,
        group_pattern=group_pattern,
        ledger=ledger,
        memory=False if no_memory else None,
    )
    show_baseline(run, format)
