"""dsaudit gallery add and check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dsaudit.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsaudit.types import GalleryVerdict

Folder = Annotated[str, typer.Option("--gallery", metavar="DIR", help="The gallery's folder.")]


def add(
    items: Annotated[
        list[str] | None, typer.Argument(metavar="ITEM…", help="Files; with --run, ids of items of that run.")
    ] = None,
    must: Annotated[
        str, typer.Option("--must", metavar="TEXT", help="What a model must say: 'not: LABEL' or 'is: LABEL'.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="A run, or a dataset that was audited, with the items.")
    ] = None,
    reports: Annotated[
        str | None,
        typer.Option("--reports", metavar="FILE", help="A CSV of item, must and reason, as users report them."),
    ] = None,
    only_hash: Annotated[
        bool, typer.Option("--only-hash", help="Keep no copy: a dataset that has them says what they are.")
    ] = False,
    gallery: Folder = "gallery",
    actor: Annotated[
        str | None, typer.Option("--actor", metavar="NAME", help="Who adds them; default: your login.")
    ] = None,
) -> None:
    """Remember items that a model got wrong. Copies them into a folder meant for git; the originals stay."""
    from dsaudit.api import gallery_add

    added = gallery_add(
        items or (),
        must=must,
        reason=reason,
        gallery=gallery,
        run=run,
        reports=reports,
        only_hash=only_hash,
        actor=actor,
    )
    typer.echo(f"{len(added):,} item{'s' * (len(added) != 1)} in {gallery}")
    typer.echo(f"Next     dsaudit gallery check RUN --gallery {gallery}     with runs of dsaudit train")


def check(
    models: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN…", help="Runs of dsaudit train, or others that have the items; the oldest first."),
    ] = None,
    pred_probs: Annotated[
        list[str] | None,
        typer.Option("--pred-probs", metavar="FILE", help="Probabilities that another model gave; several times, too."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATASET", help="Where items are looked for whose hash alone is kept."),
    ] = None,
    gallery: Folder = "gallery",
    device: Annotated[str, typer.Option("--device", help="Where a model runs.")] = "auto",
    format: Annotated[str, o.format_option()] = "text",
) -> int:
    """Does a model repeat an error? Says of each what is fixed, broken (it came back) and still wrong.

    Exit codes: 0 none is wrong; 1 some are; 3 a model was not asked about some, or there are none.
    """
    from dataclasses import asdict

    from dsaudit.api import gallery_check
    from dsaudit.store.files import to_json

    found = gallery_check(models or (), gallery=gallery, pred_probs=pred_probs or (), source=data, device=device)
    if format == "json":
        typer.echo(to_json({"gallery": gallery, "counts": found.counts, **asdict(found)}))
    else:
        for line in _lines(found):
            typer.echo(line)
    return found.exit_code


def _lines(found: GalleryVerdict) -> Iterator[str]:
    from dsaudit.report.say.words import shown

    counts = ", ".join(f"{n:,} {state}" for state, n in found.counts.items()) or "it is empty"
    yield f"{found.outcome.capitalize():13}{counts}"
    names = [name.rsplit("/", 1)[-1] for name in found.models]
    if len(names) > 1:
        yield f"Models       {', '.join(names)}; an item's labels are in their order"
    for one in found.items:
        if one.states[-1] == "right":
            continue
        said = " → ".join(shown(label) if label is not None else "–" for label in one.said)
        before = f"{shown(one.item.was)} → " if one.item.was else ""
        why = f"  ({shown(one.item.reason)})" if one.item.reason else ""
        how, _, label = one.item.must.partition(": ")
        must = f"must {'not ' * (how == 'not')}be {shown(label)}, says {before}{said}"
        yield f"{one.states[-1]:13}{shown(one.item.subject or one.item.content_hash[:12])}  {must}{why}"
