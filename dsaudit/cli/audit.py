"""dsaudit audit DATASET."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="audit")(audit)


def audit(
    dataset: o.Source,
    out: o.Out = None,
    select: Annotated[list[str] | None, typer.Option(help="Only these rules: codes, prefixes or names.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Not these rules.")] = None,
    fail_on: Annotated[
        str | None, typer.Option(help="Exit 1 on findings this severe: error, warning, info or never. [error]")
    ] = None,
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
    pred_probs: o.PredProbs = None,
    in_sample: o.InSample = False,
    precision: o.Precision = None,
    budget: o.Budget = None,
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
    annotations: o.Annotations = None,
    rule_option: o.RuleOption = None,
    report_mb: o.ReportMb = None,
) -> int:
    """Audit a labelled dataset: findings, a baseline, and one HTML report."""
    from dsaudit.api import audit as run_audit
    from dsaudit.api import exit_code
    from dsaudit.cli.render import bars, check_format, show_run

    check_format(format)
    run = run_audit(
        dataset,
        out=out,
        progress=bars(),
        select=select,
        ignore=ignore,
        fail_on=fail_on,
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
        pred_probs=pred_probs,
        in_sample=in_sample or None,
        precision=precision,
        budget=budget,
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
        annotations=annotations,
        rules=o.rule_settings(rule_option),
        report_mb=report_mb,
    )
    show_run(run, format)
    return exit_code(run)
