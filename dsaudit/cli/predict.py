"""dsaudit predict RUN DATASET."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from dsaudit.cli import options as o


def predict(
    run: o.Run,
    dataset: o.Source,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="[predictions.csv]")] = "",
    force: o.Force = False,
    format: Annotated[str, o.format_option()] = "text",
    *,
    settings: dict[str, Any],
) -> None:
    """Write what the model of `dsaudit train` says of other items: a CSV row each, with a column for each class."""
    from pathlib import Path

    from dsaudit.api import predict as predicted
    from dsaudit.store.files import to_json, write_new
    from dsaudit.store.run import Run

    made, path = Run.open(run, trained=True), Path(output or "predictions.csv")
    probs = predicted(made, dataset, **settings)
    read = probs.notna().all(axis=1)
    table = probs.set_axis(list(map(_cell, probs.columns)), axis=1).set_axis(list(map(_cell, probs.index)), axis=0)
    best = probs[read].idxmax(axis=1).map(_cell).reindex(probs.index).to_numpy()
    table.insert(0, "predicted", best, allow_duplicates=True)
    table.insert(1, "probability", probs.max(axis=1).to_numpy(), allow_duplicates=True)
    written = table.to_csv(index_label="item_id", float_format="%.4g", lineterminator="\n")
    write_new(path, written.encode("utf-8", "surrogatepass"), force=force)
    if format == "json":
        told = {"run": made.id, "file": str(path), "n_items": len(probs), "n_read": int(read.sum())}
        typer.echo(to_json(told))
        return
    typer.echo(
        f"{made.kind.nouns.some(len(probs))} in {path}: the class that is likeliest, and the probability of each"
    )
    if not read.all():
        typer.echo(f"{made.kind.nouns.some(int((~read).sum()))} cannot be read, and their cells are empty")


def _cell(text: str) -> str:
    from dsaudit.relabel.cells import defused, written_out

    return defused(written_out(text))
