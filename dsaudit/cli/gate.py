"""dsaudit gate RUN|DATASET."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o

Accepted = Annotated[
    str | None,
    typer.Option(
        "--accepted",
        metavar="FILE",
        help="Accepted findings; default: accepted.jsonl among the results beside the data.",
    ),
]


def gate(
    where: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN|DATASET",
            help="A run folder or folder of results, judged as it is; or a dataset, which is audited now.",
        ),
    ] = None,
    new_only: Annotated[
        str | None,
        typer.Option(
            "--new-only",
            metavar="REFERENCE",
            help="Count only what it does not have: a run or its dataset, a file of --output, a git revision.",
        ),
    ] = None,
    accepted: Accepted = None,
    out: o.Out = None,
    format: Annotated[str, o.report_format()] = "text",
    output: o.Output = None,
    *,
    settings: dict[str, Any],
) -> int:
    """Is the dataset good enough to go on with? By the limits in [gate] of dsaudit.toml; audits what is not a run.

    Exit codes: 0 pass; 1 fail: a limit is broken; 3 inconclusive: a limit could not be judged.
    """
    from dsaudit.api import gate as judge
    from dsaudit.cli.render import bars, show_run, write_outputs
    from dsaudit.report.emit.format import outputs

    files = outputs(output or ())
    verdict, run = judge(where, new_only=new_only, accepted=accepted, out=out, progress=bars(), **settings)
    write_outputs(run, files, verdict)
    show_run(run, format, verdict)
    return verdict.exit_code
