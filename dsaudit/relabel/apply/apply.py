"""Applying decisions: a new manifest, or a new folder tree. The user's own files are never changed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from dsaudit.dataset.columns import CORRECTED, Choice, resolved
from dsaudit.dataset.inline import is_inline
from dsaudit.dataset.remote import as_file, full_address, is_remote
from dsaudit.dataset.segment import file_and_segment, file_of
from dsaudit.engine.progress import Silent, here
from dsaudit.errors import StoreError, UsageError
from dsaudit.media import kind_for
from dsaudit.media.base import Rewriting
from dsaudit.media.identity import content_hashes
from dsaudit.relabel.apply.added_columns import ID_NAMES, decision_columns, id_column, is_formula
from dsaudit.relabel.apply.layout import splits_left_out
from dsaudit.relabel.apply.manifest import FORMATS, read_sheet, rendered, sheet_of, sheet_of_frame, sheet_of_table
from dsaudit.relabel.apply.plan import Disputed, Plan, plan
from dsaudit.relabel.apply.rewrite import Rewritten, new_cells, rewriting, rewritten
from dsaudit.relabel.apply.target import Target, target_of
from dsaudit.relabel.apply.tree import LINKS, Grown, Link, asked_repairs, check_tree, grow, mark, new_tree
from dsaudit.relabel.apply.values import decided_changes, list_of, proposed_changes
from dsaudit.relabel.correction import rulings_of
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.prelabel import model_decisions
from dsaudit.store.cache import Cache
from dsaudit.store.files import write_atomic, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from dsaudit.dataset.columns import Roles
    from dsaudit.dataset.rows import Rows
    from dsaudit.dataset.table import Table
    from dsaudit.engine.progress import Progress
    from dsaudit.relabel.apply.manifest import Sheet
    from dsaudit.relabel.apply.plan import Line
    from dsaudit.relabel.apply.values import Change
    from dsaudit.relabel.correction import Rulings
    from dsaudit.store.run import Run
    from dsaudit.types import Decision


@dataclass(frozen=True, slots=True)
class Pooled:
    """Items of a pool that have a label now.

    Attributes
    ----------
    n : int
    manifest : Path or None
        Where they are listed, or would be; None where no manifest is written.
    content : bytes
        What it holds.
    """

    n: int
    manifest: Path | None
    content: bytes


@dataclass(frozen=True)
class Applied:
    """What was written, or would be.

    Attributes
    ----------
    source : Path or None
        The user's folder or manifest; None for a DataFrame.
    plan : Plan
        What becomes of every row.
    manifest, tree : Path or None
        What was written; in a dry run what would be.
    grown : Grown
        What was put into the tree, and what went wrong with single items.
    n_to_repair : int
        Items that repairs were asked for.
    rewritten : mapping of item id to Rewritten
        What repairs make of items that are words: of the manifest's own, and in a dry run of files.
    notes : tuple of str
        What the user ought to know, one sentence each.
    changes : tuple of Change
        Values of fields that are replaced.
    of_item : mapping of item id to Rulings
        What stands on fields.
    changes_list : Path or None
        Where the list of these values is, or would be.
    dry_run : bool
    root : Path or None
        Folder that the manifest's paths start from, where it is not the manifest's own.
    run : Path or None
        The run that the decisions belong to.
    pool : Pooled or None
        The same of the pool that was read beside it; None without one, or where none of it has a label.
    """

    source: Path | None
    plan: Plan
    manifest: Path | None = None
    tree: Path | None = None
    grown: Grown = field(default_factory=Grown)
    n_to_repair: int = 0
    rewritten: Mapping[str, Rewritten] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    of_item: Mapping[str, Rulings] = field(default_factory=dict)
    changes_list: Path | None = None
    dry_run: bool = False
    root: Path | str | None = None
    run: Path | None = None
    pool: Pooled | None = None

    @property
    def kept(self) -> list[Line]:
        """Rows that are not excluded."""
        return [line for line in self.plan.lines if not line.excluded]


def apply_decisions(
    where: str | os.PathLike[str] | Run | pd.DataFrame,
    *,
    decisions: Sequence[Decision] | None = None,
    output: str | os.PathLike[str] | None = None,
    tree: str | os.PathLike[str] | None = None,
    link: Link = "copy",
    disputed: Disputed = "leave",
    prelabels: float | None = None,
    repairs: Mapping[str, Any] | None = None,
    only: Sequence[str] = (),
    accept_repairs: float | None = None,
    dry_run: bool = False,
    force: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Applied:
    """Write a dataset as people's decisions leave it, into new files.

    Parameters
    ----------
    where : path, Run or DataFrame
        A run, or a dataset; see ``relabel.apply.target.target_of``.
    decisions : sequence of Decision, optional
        By default the ledger of the run, or the one that ``ledger`` in the settings names.
    output : path, optional
        The new manifest; its suffix says CSV, TSV, JSONL or Parquet. By default ``<name>.corrected.<suffix>``
        beside the source, unless a tree is made. Every column of the user's own manifest is kept as it is;
        ``corrected_label``, ``excluded``, ``decided_by`` and ``reason`` are added, or brought up to date
        where an earlier call added them. Where decisions are of fields alone, as of cells of rows, there are no new
        columns, and a list ``<name>.changes.csv`` of the values that changed beside it.
    tree : path, optional
        A new folder ``<split>/<label>/<name>`` with the items that are kept and a manifest of them.
    link : {"copy", "hardlink", "symlink", "relative-symlink"}
        How files get into the tree.
    disputed : {"leave", "exclude"}
        What becomes of items that people say different things of.
    prelabels : float, optional
        Items of the run without a label that nobody decided get what its model says, where that is right with at least
        this probability, at the lower end of its 95 % interval: ``decided_by`` is ``model``, and so is the ledger's row
        of each.
    repairs : mapping of str to value, optional
        What is to be mended, by the names that the kind of data declares in ``Kind.repairs``: files in a tree, items
        that are cells of a manifest in the new manifest, which then has no new columns unless people decided anything.
    only : sequence of str
        Repair only items that these rules, by code or name, found in the run.
    accept_repairs : float, optional
        Take repairs of fields that the run proposes, right with at least this probability, 0 to 1, where nobody has
        decided: by ``dsaudit`` in the list of changes, and not in the ledger.
    dry_run : bool
        Nothing is written.
    force : bool
        Overwrite an earlier result. The source is never overwritten.
    jobs : int, optional
        Processes that repair.
    progress : Progress, optional
    **settings
        Fields of ``dsaudit.settings.Settings``.

    Raises
    ------
    UsageError
        Options that cannot be followed.
    LedgerError
        There are no decisions, and no repair is asked for; or they cannot be read.
    StoreError
        The result cannot be written; then nothing is.
    """
    for name, value, known in (("link", link, LINKS), ("disputed", disputed, get_args(Disputed))):
        if value not in known:
            raise UsageError(f"--{name} {value!r} is not known", hint=f"choose from: {', '.join(known)}")
    show = progress or here()
    target = target_of(where, **settings)
    rows = target.rows()
    asked = _asked(target, rows, repairs or {}, only, in_tree=tree is not None)
    if decisions is None:
        decisions = target.decisions(needed=asked is None and accept_repairs is None and prelabels is None)
    machine = [] if prelabels is None else model_decisions(target.required_run, decisions, least=prelabels)
    hashes = _hashes(target, rows, show)
    of_item, changes = _changes(target, rows, hashes, decisions, accept_repairs)
    known_as = [of_item[i].known_as if i in of_item else own for i, own in zip(rows.ids, hashes, strict=True)]
    planned = plan(rows, known_as, decisions, disputed=disputed, prelabels=machine)
    kept = [line for line in planned.lines if not line.excluded]
    manifest = _manifest_path(target, output, force=force or dry_run) if output is not None or tree is None else None
    trunk = _trunk(target, tree, rows, beside=manifest, force=force or dry_run) if tree is not None else None
    repair_ids = _flagged(target, only) if only else None
    planned, pool = _pooled(target, rows, known_as, decisions, machine, planned, manifest, disputed, force or dry_run)
    listed = _list_path(manifest, changes, force=force or dry_run)
    sheet = _sheet(target, rows)
    columns, changes, unfit = _corrected(sheet, changes)
    alone = asked is not None or bool(of_item or changes)
    root = _root_of(target, sheet, rows, manifest)
    notes = [*_notes(planned, rows, manifest, in_tree=kept if trunk is not None else ()), *unfit]
    to_repair = [x for x in kept if repair_ids is None or x.item_id in repair_ids] if asked else []
    grown = Grown()
    made: dict[str, Rewritten] = {}
    if to_repair and isinstance(target.media, Rewriting) and (dry_run or _in_cells(rows)):
        with show.stage("repairing", len(to_repair)) as tick:
            made, grown.problems = rewritten(to_repair, target.media, asked, jobs=jobs, progress=tick)
        grown.repairs = {item_id: one.done for item_id, one in made.items()}
    if not dry_run:
        files = {} if pool is None or pool.manifest is None else {pool.manifest: pool.content}
        if manifest is not None:
            new = (made, columns, rewriting(target.media, asked))
            files[manifest] = _rendered_manifest(target, sheet, rows, planned, manifest, *new, alone=alone)
        if listed is not None:
            files[listed] = list_of(changes)
        if trunk is not None:
            with show.stage("building the tree", len(kept)) as tick, new_tree(trunk) as folder:
                grown = grow(
                    folder,
                    kept,
                    link=link,
                    media=target.media,
                    repairs=asked,
                    repair_ids=repair_ids,
                    found=_found(target) if asked else None,
                    final=trunk,
                    jobs=jobs,
                    progress=tick,
                )
                _finish_tree(folder, target, sheet, rows, planned, grown, link=link, repairs=asked)
        _write(files)
        target.record(machine)
    told = (planned, manifest, trunk, grown, len(to_repair), made, tuple(notes), tuple(changes), of_item, listed)
    return Applied(target.path, *told, dry_run, root, target.run.path if target.run else None, pool)


def _hashes(target: Target, rows: Rows, show: Progress) -> list[str | None]:
    """Content hash of every item as it is now."""
    with show.stage("comparing files", len(rows.ids)) as tick:
        of_uri = content_hashes(rows.uris, cache=Cache(target.results / "cache"), progress=tick)
    return [of_uri[uri] for uri in rows.uris]


def _pooled(
    target: Target,
    rows: Rows,
    known_as: Sequence[str | None],
    decisions: Sequence[Decision],
    machine: Sequence[Decision],
    planned: Plan,
    manifest: Path | None,
    disputed: Disputed,
    force: bool,
) -> tuple[Plan, Pooled | None]:
    """The plan with what is gone counted over the pool, too; and the items of the pool that have a label now."""
    if (beside := target.pool(rows)) is None:
        return planned, None
    own, pool = beside
    hashes = _hashes(target, pool, Silent())
    everything = dict(zip([*rows.ids, *pool.ids], [*known_as, *hashes], strict=True))
    planned = replace(planned, n_gone=Memory(decisions).n_gone(everything))
    of_pool = plan(pool, hashes, decisions, disputed=disputed, prelabels=machine)
    known = zip(of_pool.lines, pool.excluded or (), strict=True)
    keep = [line.corrected_label is not None and not line.excluded and not out for line, out in known]
    if manifest is None or not any(keep):
        return planned, Pooled(sum(keep), None, b"") if any(keep) else None
    assert own.path is not None
    suffix = own.path.suffix.lower() if own.path.is_file() and own.path.suffix.lower() in FORMATS else ".csv"
    path = manifest.with_name(f"{manifest.stem}.pool{suffix}")
    if os.path.lexists(path) and not force:
        raise StoreError(f"{path} exists", hint="choose another --output, or replace it with --force")
    sheet = _sheet(own, pool)
    content = _rendered_manifest(own, sheet, pool, of_pool, path, {}, {}, str, alone=False, keep=keep)
    return planned, Pooled(sum(keep), path, content)


def _write(files: Mapping[Path, bytes]) -> None:
    for path, content in files.items():
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, methodcaller("write_bytes", content))


def _changes(
    target: Target,
    rows: Rows,
    hashes: Sequence[str | None],
    decisions: Sequence[Decision],
    accept_repairs: float | None,
) -> tuple[dict[str, Rulings], list[Change]]:
    """What stands on fields, and the values that are replaced."""
    of_item = rulings_of(Memory(decisions), rows.ids, rows.uris, hashes)
    changes = decided_changes(rows, of_item)
    if accept_repairs is not None:
        changes += proposed_changes(rows, hashes, of_item, target.run, accept_repairs)
    return of_item, changes


def _list_path(manifest: Path | None, changes: Sequence[Change], *, force: bool) -> Path | None:
    """Where the list of changed values goes: beside the new manifest."""
    if not changes:
        return None
    if manifest is None:
        raise UsageError("values of fields go into a new manifest, not into a tree", hint="add --output FILE")
    listed = manifest.with_name(f"{manifest.stem}.changes.csv")
    if os.path.lexists(listed) and not force:
        raise StoreError(f"{listed} exists", hint="choose another --output, or replace it with --force")
    return listed


def _corrected(sheet: Sheet, changes: Sequence[Change]) -> tuple[dict[str, Sequence[Any]], list[Change], list[str]]:
    """New columns of a sheet, the changes that are in them, and what is to be said of those that cannot be."""
    of_field: dict[str, dict[int, str | None]] = {}
    for one in changes:
        of_field.setdefault(one.field, {})[one.row] = one.new
    columns, refused = sheet.corrected(of_field)
    apart = set(refused)
    unfit = [one for one in changes if (one.field, one.row) in apart]
    notes = [f"{x.item_id}: {x.new!r} is no value of the type of column {x.field!r}, so it was left" for x in unfit[:5]]
    notes += [f"so were {len(unfit) - 5:,} others"] if len(unfit) > 5 else []
    return columns, [one for one in changes if (one.field, one.row) not in apart], notes


def _in_cells(rows: Rows) -> bool:
    """Whether items are cells of a manifest, not files."""
    return any(map(is_inline, rows.uris[:1]))


def _asked(
    target: Target, rows: Rows, repairs: Mapping[str, Any], only: Sequence[str], *, in_tree: bool
) -> object | None:
    """What is to be repaired, in the media's own words; refused where there is no place for it."""
    asked = asked_repairs(target.media, repairs)
    if only and not asked:
        flags = [option.option for option in kind_for(target.media.modality).repairs if option.default is None]
        hint = f"add {' or '.join(flags)}" if flags else "these items have no repairs"
        raise UsageError("--only says which items to repair, but no repair is asked for", hint=hint)
    if asked and not in_tree and not _in_cells(rows):
        raise UsageError("repairs of files go into a new folder tree only", hint="add --tree DIR")
    for option in kind_for(target.media.modality).repairs if target.run is None else ():
        if option.found and repairs.get(option.name):
            why = f"{option.option} mends what an audit found, and there is no run"
            raise UsageError(why, hint="audit first, and give the run")
    return asked


def _manifest_path(target: Target, output: str | os.PathLike[str] | None, *, force: bool) -> Path:
    source = target.path
    if output is not None:
        path = Path(output).expanduser().absolute()
    elif source is None or is_remote(str(source)):
        what = "the rows of a DataFrame or a query have" if source is None else "what lies behind an address has"
        why = f"{what} no place of {'their' if source is None else 'its'} own here"
        raise UsageError(why, hint="say where the new file goes, as in: --output corrected.csv")
    elif source.is_dir():
        path = source.parent / f"{source.name or 'data'}.corrected.csv"
    else:
        plain = source.with_suffix("") if source.suffix.lower() == ".gz" else source
        path = source.with_name(f"{plain.stem}.corrected{plain.suffix}")
    of_text = {suffix for suffix, kind in FORMATS.items() if kind != "excel"}
    of_source = () if source is None else (source.suffix.lower(),)  # a workbook is written where one was read
    known = [suffix for suffix in FORMATS if suffix in of_text or suffix in of_source]
    if path.suffix.lower() not in known:
        raise UsageError(
            f"{path.name} does not say what to write", hint=f"choose a name that ends in {' '.join(known)}"
        )
    if source is not None and (path == source or (path.exists() and source.exists() and path.samefile(source))):
        raise UsageError(f"{path} is your own manifest, which is never changed", hint="choose another --output")
    if path.is_dir():
        raise StoreError(f"{path} is a folder", hint="name a file, as in: --output corrected.csv")
    if os.path.lexists(path) and not force:
        raise StoreError(f"{path} exists", hint="choose another --output, or replace it with --force")
    return path


def _trunk(target: Target, tree: str | os.PathLike[str], rows: Rows, *, beside: Path | None, force: bool) -> Path:
    """Where the tree is to stand; refused where it would harm the source or hold the manifest ``beside`` it."""
    trunk = Path(tree).expanduser().absolute()
    check_tree(trunk, source=target.path, uris=rows.uris, force=force)
    if beside is not None and trunk in beside.parents:
        raise UsageError("the tree gets a manifest of its own", hint="choose a place outside of it for --output")
    return trunk


def _sheet(target: Target, rows: Rows) -> Sheet:
    source = target.source
    if not isinstance(source, Path):
        return sheet_of_frame(source)
    if rows.source != "folder":
        with as_file(full_address(source) if is_remote(str(source)) else str(source)) as file:
            return read_sheet(file, target.choice)
    if rows.table is not None:
        return sheet_of_table(rows.table, target.choice, n=len(rows.ids))
    return sheet_of(
        {"path": rows.ids, "label": rows.labels, "split": rows.splits, "group": rows.groups, "item_id": rows.ids}
    )


def _rendered_manifest(
    target: Target,
    sheet: Sheet,
    rows: Rows,
    planned: Plan,
    manifest: Path,
    made: Mapping[str, Rewritten],
    corrected: Mapping[str, Sequence[Any]],
    change: Callable[[str], str],
    *,
    alone: bool,
    keep: Sequence[bool] | None = None,
) -> bytes:
    """The new manifest; ``alone``: without new columns, unless people decided on items as a whole. ``keep``: of these
    rows, from wherever it is."""
    kind = FORMATS[manifest.suffix.lower()]
    columns: dict[str, Any] = dict(corrected)
    if not alone or CORRECTED in sheet.names or any(line.fate != "undecided" for line in planned.lines):
        columns |= decision_columns(sheet, planned.lines, kind, consensus=target.run.consensus if target.run else None)
    if made:
        roles = _roles(target, sheet, rows)
        for part, name in enumerate(roles.texts or (roles.path,)):
            columns[name] = new_cells(sheet.column(name), planned.lines, made, change=change, part=part)
    if rows.source == "folder" or keep is not None:
        # a folder has no manifest: this one's paths start from where it is, and the ids stay what they were
        roles = _roles(target, sheet, rows)
        if not roles.inline:
            own = "path" not in sheet.names
            columns["path" if own else roles.path] = [_relative(uri, manifest.parent) for uri in rows.uris]
        columns |= _read_elsewhere(sheet, roles, rows)
    return rendered(sheet, kind, columns, [True] * len(planned.lines) if keep is None else keep)


def _finish_tree(
    folder: Path,
    target: Target,
    sheet: Sheet,
    rows: Rows,
    planned: Plan,
    grown: Grown,
    *,
    link: Link,
    repairs: object,
) -> None:
    """The tree's own manifest, and a note of how it came to be."""
    from dsaudit import __version__

    own = target.path is not None and rows.source != "folder"
    kind = sheet.format if own or sheet.format != "parquet" else "csv"
    columns = decision_columns(sheet, planned.lines, kind, consensus=target.run.consensus if target.run else None)
    roles = _roles(target, sheet, rows)
    columns |= _read_elsewhere(sheet, roles, rows)
    place = "path" if roles.path in ID_NAMES and "path" not in sheet.names else roles.path
    columns[place] = [grown.paths.get(item_id) for item_id in rows.ids]
    columns |= _whole(sheet, roles, rows)
    columns["original_path"] = [file_of(uri) for uri in rows.uris]
    if repairs:
        columns["repairs"] = ["; ".join(grown.repairs.get(item_id, ())) for item_id in rows.ids]
    data = rendered(sheet, kind, columns, [item_id in grown.paths for item_id in rows.ids])
    suffix = {"jsonl": ".jsonl", "parquet": ".parquet", "tsv": ".tsv"}.get(kind, ".csv")
    with writing(folder):
        (folder / f"manifest{suffix}").write_bytes(data)
        mark(
            folder,
            {
                "dsaudit_version": __version__,
                "source": None if target.path is None else str(target.path),
                "run": target.run.id if target.run else None,
                "link": link,
                "repairs": repr(repairs) if repairs else None,
                "counts": planned.counts,
            },
        )


def _whole(sheet: Sheet, roles: Roles, rows: Rows) -> dict[str, list[Any]]:
    """Columns of stretches, in a tree whose files hold just these: empty there, and kept under other names."""
    named = roles.crop.names if roles.crop else (roles.segment.start, roles.segment.end) if roles.segment else ()
    is_part = [file_and_segment(uri)[1] is not None for uri in rows.uris]
    columns: dict[str, list[Any]] = {}
    for name in named:
        cells = sheet.column(name)
        columns[name] = [None if part else cell for part, cell in zip(is_part, cells, strict=True)]
        columns[f"original_{name}"] = cells
    return columns if any(is_part) else {}


def _roles(target: Target, sheet: Sheet, rows: Rows) -> Roles:
    """The part of each column of the sheet: as it was read, where its columns are still called so."""
    table: Table | None = rows.table
    if table is not None and table.roles.path in sheet.names:
        return table.roles
    choice = target.choice if rows.source != "folder" else Choice(items=target.kind.manifest_columns)
    return resolved(sheet.names, choice, where="the dataset", cells=sheet.column, guessed=sheet.guessed)


def _read_elsewhere(sheet: Sheet, roles: Roles, rows: Rows) -> dict[str, list[Any]]:
    """Columns of what was not read from the sheet itself: ids, and what names of folders and tables say."""
    cells = sheet.column(roles.id) if roles.id in sheet.names else []
    columns: dict[str, list[Any]] = {}
    if rows.source == "folder":
        parts = (
            ("label", roles.label, rows.labels),
            ("split", roles.split, rows.splits),
            ("group", roles.group, rows.groups),
        )
        columns |= {
            name: values
            for name, own, values in parts
            if own not in sheet.names and name not in sheet.names and any(values)
        }
    name = id_column(sheet.names, roles, [None if v is None else str(v) for v in cells], rows.ids)
    return columns if name is None else columns | {name: rows.ids}


def _flagged(target: Target, only: Sequence[str]) -> frozenset[str]:
    """Items that any of these rules found something in."""
    if target.run is None:
        raise UsageError("there is no run to say which items a rule found", hint="audit first, and give the run")
    names = {n for rule in target.run.rules for n in (rule.code, rule.name)}
    for wanted in only:
        if wanted not in names:
            raise UsageError(f"no rule is called {wanted!r} in run {target.run.id}", hint="see: dsaudit rules")
    tables = [t for t in (target.run.findings, target.run.silenced) if len(t)]
    hits = [t[t["code"].isin(list(only)) | t["name"].isin(list(only))] for t in tables]
    return frozenset(item_id for t in hits for ids in t["item_ids"] for item_id in ids)


def _found(target: Target) -> dict[str, dict[str, dict[str, Any]]]:
    """By item what the run found in it alone: the evidence by the rule's name."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for table in (target.run.findings, target.run.silenced) if target.run else ():
        for row in table.to_dict("records"):
            if len(row["item_ids"]) == 1 and (evidence := row.get("evidence")):
                own = found.setdefault(str(row["item_ids"][0]), {})
                own[str(row["name"])] = json.loads(evidence) if isinstance(evidence, str) else dict(evidence)
    return found


def _root_of(target: Target, sheet: Sheet, rows: Rows, manifest: Path | None) -> Path | str | None:
    """Where the paths of the new manifest start from; None where that is its own folder, or they are absolute."""
    if manifest is not None and is_remote(str(rows.root)):
        return full_address(rows.root)
    if manifest is None or target.path is None or rows.source == "folder" or manifest.parent == rows.root:
        return None
    roles = _roles(target, sheet, rows)
    paths = [] if roles.inline else sheet.column(roles.path)[:1000]
    return rows.root if any(not Path(str(path)).is_absolute() for path in paths) else None


def _relative(uri: str, folder: Path) -> str:
    from dsaudit.dataset.names import safe_text

    if is_remote(uri):
        return safe_text(file_of(uri))
    try:
        return safe_text(os.path.relpath(file_of(uri), folder).replace(os.sep, "/"))
    except ValueError:  # another drive
        return safe_text(file_of(uri))


def _notes(planned: Plan, rows: Rows, manifest: Path | None, *, in_tree: Sequence[Line]) -> list[str]:
    notes = splits_left_out(in_tree)
    if manifest is None or FORMATS[manifest.suffix.lower()] in ("csv", "tsv"):
        known = set(rows.labels) | set(rows.given_labels or ())
        if new := sorted(
            {x.corrected_label for x in planned.lines if x.corrected_label and is_formula(x.corrected_label)} - known
        ):
            notes.append(f"new labels that a spreadsheet would compute have a ' before them: {', '.join(new[:5])}")
    odd = (
        sum(1 for uri in rows.uris if any(0xD800 <= ord(c) <= 0xDFFF for c in uri))
        if not all(map(str.isascii, rows.uris))
        else 0
    )
    if odd:
        notes.append(f"{odd} files have names that are not UTF-8, which a manifest cannot hold: rename them to use it")
    return notes
