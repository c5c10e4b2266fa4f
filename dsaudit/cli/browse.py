"""dsaudit browse DATASET."""

from __future__ import annotations

from typing import Annotated

import typer

from dsaudit.cli import options as o


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="browse")(browse)


def browse(
    dataset: o.Source,
    per_class: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Items drawn from each class.")] = 12,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The HTML file.")] = "browse.html",
    seed: o.Seed = None,
    jobs: o.Jobs = None,
    modality: o.Modality = None,
    path_column: o.PathColumn = None,
    label_column: o.LabelColumn = None,
    text_column: o.TextColumn = None,
    root: o.Root = None,
    group_pattern: o.GroupPattern = None,
    report_mb: o.ReportMb = None,
) -> None:
    """Look at your data first: a contact sheet with a random sample of every class, with players."""
    from dsaudit.api import browse as make_sheet
    from dsaudit.cli.render import bars

    path = make_sheet(
        dataset,
        output=output,
        per_class=per_class,
        progress=bars(),
        seed=seed,
        jobs=jobs,
        modality=modality,
        path_column=path_column,
        label_column=label_column,
        text_column=text_column,
        root=root,
        group_pattern=group_pattern,
        report_mb=report_mb,
    )
    typer.echo(str(path))
