"""What the command line and notebooks both call. Every command has its function here."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.doctor import ffmpeg
from dsaudit.errors import DatasetError, DsauditError, NoRunError, StoreError, UsageError
from dsaudit.media import kind_for, kinds
from dsaudit.settings import SETTINGS, load_settings, settings_text, shown
from dsaudit.store.files import write_atomic, writing
from dsaudit.store.run import ACCEPTED, Run, results_beside, tell_git
from dsaudit.types import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from dsaudit.analysis.planted_faults import TruthScore
    from dsaudit.comparison.comparison import Comparison
    from dsaudit.comparison.drift import Drift
    from dsaudit.dataset.inspection import Inspection
    from dsaudit.engine.progress import Progress
    from dsaudit.media.base import ExpectationFile
    from dsaudit.policy.reference import Reference
    from dsaudit.relabel.apply.apply import Applied
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.next_items import NextItems
    from dsaudit.relabel.prelabel import Prelabels
    from dsaudit.relabel.queue.filters import Filters
    from dsaudit.relabel.remap import Remap
    from dsaudit.rule import Rule
    from dsaudit.settings import Settings
    from dsaudit.store.schema.pilot import Pilot
    from dsaudit.store.status import Status
    from dsaudit.types import Accepted, Dataset, Decision, Finding, GalleryVerdict, GateVerdict, Remembered

    Source = str | os.PathLike[str] | pd.DataFrame


def audit(
    source: Source | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Run:
    """Audit a labelled dataset and write a run folder with its report.

    Parameters
    ----------
    source : path or DataFrame
        Folder with one sub-folder per class; CSV, TSV, JSONL or Parquet manifest; a DataFrame with ``path`` and
        ``label`` and optionally ``split``, ``group``, ``id``; or any table, whose rows are then the items; a
        ``Dataset`` or ``DatasetDict`` of Hugging Face's ``datasets``. None where ``sql`` and ``query`` name the rows
        of a database.
    out : path or address, optional
        Where results go; by default ``.dsaudit`` beside the data. At an address (``s3://``, ``gs://``, ``az://``) a
        copy of the run is put in the end, as ``runs/ID`` below it; its ``run.json`` comes last.
    progress : Progress, optional
        Told about stages of work; by default bars in a notebook, and silence elsewhere.
    **settings
        Fields of ``dsaudit.settings.Settings``; they win over environment and settings file. ``pred_probs`` and
        ``embeddings`` may be arrays or DataFrames, too; they are kept in ``supplied`` among the results.

    Returns
    -------
    Run
        Its tables are DataFrames: ``run.findings``, ``run.measurements``, ``run.predictions`` …

    Raises
    ------
    DatasetError, UsageError, ConfigError
        The input cannot be followed.
    StoreError
        Results cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes please", "no thanks", "yes please"], "label": ["yes", "no", "no"]})
    >>> run = audit(said, modality="text", out="results", select=["DUP"])
    >>> run.findings.loc[0, "name"], list(run.findings.loc[0, "item_ids"])
    ('conflicting-duplicate', ['row-00001', 'row-00003'])
    """
    from dsaudit.pipeline import run_audit

    place, far = _places(out)
    source = _rows_of(source, settings)
    run = run_audit(source, _settings(source, place, settings), out=place, progress=progress)
    return _sent(run, far, progress)


def train(
    source: Source | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Run:
    """Train the baseline alone; ``run.metrics.baseline`` has its held-out scores, ``run.path / "model"`` the model.

    Parameters as for ``audit``.

    Raises
    ------
    InconclusiveError
        There is too little to train on; the message says of what.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": [f"word {i}" for i in range(12)], "label": ["yes", "no"] * 6})
    >>> vectors = np.tile([[1.0, 0.0], [0.0, 1.0]], (6, 1)) + np.random.default_rng(0).normal(0, 0.1, (12, 2))
    >>> run = train(said, modality="text", embeddings=vectors, out="results")
    >>> run.metrics.baseline.accuracy.value
    1.0
    """
    from dsaudit.pipeline import run_training

    place, far = _places(out)
    source = _rows_of(source, settings)
    run = run_training(source, _settings(source, place, settings), out=place, progress=progress)
    return _sent(run, far, progress)


def predict(run: Run | str | os.PathLike[str], source: Source, **settings: Any) -> pd.DataFrame:
    """What a model that ``train`` made says of other items.

    Parameters
    ----------
    run : Run or path
        That ``train`` gave, its folder, or a dataset or ``.dsaudit`` folder: the newest there that keeps a model.
    source : path or DataFrame
        Items of the same kind, read as by ``audit``, with or without labels.
    **settings
        Of reading, as for ``audit``, and ``device``.

    Returns
    -------
    DataFrame float32 (n, k), index ``item_id``
        Probability of each class, 0 to 1, a column each; NaN for what cannot be read.

    Raises
    ------
    RunError
        There is no such model, or its encoder is another one today.

    Examples
    --------
    >>> import pandas as pd
    >>> words = ["pay", "pay", "pay", "card", "card", "card"] * 4
    >>> said = pd.DataFrame({"text": [f"{word} {i}" for i, word in enumerate(words)], "label": words})
    >>> run = train(said, modality="text", encoder="tfidf", out="results")
    >>> predict(run, pd.DataFrame({"text": ["my card", "pay now"]})).idxmax(axis=1).tolist()
    ['card', 'pay']
    """
    from dsaudit.evidence.trained import predicted
    from dsaudit.pipeline import open_source

    made, source = run if isinstance(run, Run) else Run.open(run, trained=True), _plain(source)
    chosen = load_settings(_near(source), flags={"modality": made.kind.name, **settings})
    dataset = open_source(source, chosen, kind_for(chosen.modality))
    return predicted(made, dataset.items, device=chosen.device)


def inspect(
    source: Source | None = None, *, write: str | os.PathLike[str] | None = None, **settings: Any
) -> Inspection:
    """Say how a dataset is understood, before anything in it is decoded.

    Parameters
    ----------
    source : path or DataFrame
        As of ``audit``.
    write : path, optional
        Keep the understanding in this settings file, which must not be there yet: columns, patterns and kind of data.
        Whoever reads the dataset beside it then guesses nothing.

    Returns
    -------
    Inspection

    Raises
    ------
    DatasetError, UsageError
        As of ``audit``.
    StoreError
        ``write`` is there already, or cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes please", "no thanks"], "intent": ["yes", "no"]})
    >>> found = inspect(said, modality="text")
    >>> found.n_items, [(column.name, column.role) for column in found.columns]
    (2, [('text', 'text'), ('intent', 'label')])
    """
    from dsaudit.dataset.inspection import inspection
    from dsaudit.media import kind_for, media_for
    from dsaudit.media.previews import text_shown
    from dsaudit.media.recognise import recognised
    from dsaudit.pipeline import open_source

    source = _rows_of(source, settings)
    chosen = recognised(source, load_settings(_near(source), flags=settings))
    dataset = open_source(source, chosen, kind_for(chosen.modality))
    if write is not None:
        _keep_understanding(Path(write).expanduser(), source, chosen, dataset)
    name = "a DataFrame" if hasattr(source, "columns") else str(source)
    return inspection(dataset, name=name, shown=partial(text_shown, media_for(chosen.modality)))


def _keep_understanding(target: Path, source: Source, chosen: Settings, dataset: Dataset) -> None:
    """Write the settings that read the dataset as it was read, without a guess where they say so much."""
    from dsaudit.media import kind_for
    from dsaudit.pipeline import open_source

    if target.exists():
        raise StoreError(f"{target} is there already", hint="give --write another name, or take the file away")
    given = {name: getattr(chosen, name) for name, setting in SETTINGS.items() if setting.reads}
    given = {name: value for name, value in given.items() if value}
    parts = {column.role: column.name for column in dataset.understood.used}
    columns = {f"{part}_column": name for part, name in parts.items()}
    if "start" in parts:
        columns["segment_columns"] = f"{parts['start']},{parts.get('end') or parts['length']}"
    elif "left" in parts or "box" in parts:
        corners = ("left", "top", "right", "bottom") if "right" in parts else ("left", "top", "width", "height")
        columns["segment_columns"] = parts.get("box") or ",".join(parts[part] for part in corners)
    kept = {name: value for name, value in columns.items() if name in SETTINGS} | given
    try:
        again = open_source(source, replace(chosen, **kept), kind_for(chosen.modality)).items.equals(dataset.items)
    except DsauditError:
        again = False
    text = settings_text(kept if again else given)  # parts of some layouts are no columns that could be named
    with writing(target.parent):
        write_atomic(target, lambda path: path.write_text(text, encoding="utf-8"))


def browse(
    source: Source,
    *,
    output: str | os.PathLike[str] | None = None,
    per_class: int = 12,
    progress: Progress | None = None,
    **settings: Any,
) -> Path:
    """Write a contact sheet: a random sample of every class with players and pictures.

    Parameters
    ----------
    output : path, optional
        The HTML file; by default ``browse.html`` where an audit keeps its results, beside the data.
    per_class : int
        Items drawn from each class, 1 or more.

    Returns
    -------
    Path
        The file written.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes please", "no thanks"], "label": ["yes", "no"]})
    >>> browse(said, modality="text", output="sheet.html").name
    'sheet.html'
    """
    from dsaudit.engine.progress import here
    from dsaudit.media import kind_for, media_for
    from dsaudit.media.previews import Previewer
    from dsaudit.media.recognise import recognised
    from dsaudit.pipeline import open_source
    from dsaudit.report.emit.contact_sheet import render_sheet

    source = _plain(source)
    chosen = recognised(source, load_settings(_near(source), flags=settings))
    media = media_for(chosen.modality)
    dataset = open_source(source, chosen, kind_for(chosen.modality))
    target = Path(output) if output is not None else results_beside(source) / "browse.html"
    with (progress or here()).stage("drawing", 0) as tick:
        html = render_sheet(
            dataset,
            previews=Previewer(media, jobs=chosen.jobs, progress=tick),
            n_per_class=per_class,
            seed=chosen.seed,
            cap_bytes=int(chosen.report_mb * 2**20),
            page_dir=target.absolute().parent,
        )
    _write_page(target, html)
    return target


def open_run(path: str | os.PathLike[str]) -> Run:
    """Open a run folder, or the newest run of a dataset.

    Raises
    ------
    RunError
        There is none, or it was written by a newer version.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes", "no"], "label": ["yes", "no"]})
    >>> run = audit(said, modality="text", out="results", select=["DUP"])
    >>> open_run("results").id == run.id
    True
    """
    return Run.open(path)


def status(place: str | os.PathLike[str]) -> list[Status]:
    """How far the runs are that are under way on a dataset; of one that was killed, where it was.

    Parameters
    ----------
    place : path
        A dataset, a run folder, or the folder that keeps the results.

    Returns
    -------
    list of Status
        The oldest first; see ``dsaudit.store.status.Status``.

    Raises
    ------
    NoRunError
        There are no results.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes", "no"], "label": ["yes", "no"]})
    >>> run = audit(said, modality="text", out="results", select=["DUP"])
    >>> status("results")  # it has ended
    []
    """
    from dsaudit.store.status import statuses

    return statuses(Path(place))


def render_report(
    run: Run,
    *,
    output: str | os.PathLike[str] | None = None,
    report_mb: float | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make the HTML report of a finished run again, for instance under another size cap.

    Returns
    -------
    Path
        The file written: ``output``, or the run's own ``report.html``.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes", "no"], "label": ["yes", "no"]})
    >>> run = audit(said, modality="text", out="results", select=["DUP"], report=False)
    >>> render_report(run, output="small.html", report_mb=8).stat().st_size < 2**23
    True
    """
    from dsaudit.engine.progress import here
    from dsaudit.pipeline import report_bytes

    settings = load_settings(None, flags={"report_mb": report_mb, "jobs": jobs})
    target = Path(output) if output is not None else run.report_path
    with (progress or here()).stage("drawing the report", 0) as tick:
        html = report_bytes(run, settings, page_dir=target.absolute().parent, tick=tick)
    _write_page(target, html)
    return target


def open_ledger(where: str | os.PathLike[str] | Run, *, ledger: str | None = None) -> Ledger:
    """Open the decisions of a run or dataset, or a ledger file or ``postgresql://`` address, for reading and writing.

    Parameters
    ----------
    where : path or Run
    ledger : str, optional
        Where the decisions are, when not among the results.

    Raises
    ------
    LedgerError
        It cannot be opened, or was written by a newer version.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes", "no"], "label": ["yes", "no"]})
    >>> run = audit(said, modality="text", out="results", select=["DUP"])
    >>> with open_ledger(run) as ledger:
    ...     ledger.count()  # nobody has decided anything
    0
    """
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.place import ledger_of

    return Ledger.open(ledger_of(where.path if isinstance(where, Run) else where, ledger=ledger))


def review(
    run: str | os.PathLike[str] | Run,
    *,
    ledger: str | None = None,
    filters: Filters | None = None,
    seed: int | None = None,
    gallery: str | os.PathLike[str] = "gallery",
    **options: Any,
) -> tuple[int, dict[str, int]]:
    """Open the screen where people hear what is doubtful and decide; returns when it is ended with Ctrl-C.

    Parameters
    ----------
    run : path or Run
        A run, or a dataset that was audited.
    ledger : str, optional
        Where decisions are kept: a file or a ``postgresql://`` address; by default among the results.
    filters : Filters, optional
        Only what a rule found, items with a label, a confusion (``"left:right"``), a split; the order.
    gallery : path
        The folder of the gallery that a key puts items into, see ``gallery_add``.
    **options
        As for ``dsaudit.relabel.screen.launch.serve_review``: ``actor``, ``blind``, ``overlap``, ``budget``, ``host``,
        ``port``, ``browser``, ``follow_links``, ``announce``, ``no_browser``.

    Returns
    -------
    (int, dict of str to int)
        Decisions made meanwhile, in all and by action.

    Examples
    --------
    >>> review("recordings/", filters=Filters(rule="label-error-candidate"))  # doctest: +SKIP
    (12, {'confirm': 4, 'relabel': 8})
    """
    from dsaudit.relabel.ledger.place import ledger_of
    from dsaudit.relabel.queue.filters import ALL
    from dsaudit.relabel.screen.launch import serve_review
    from dsaudit.report.say.cut import cut_of, opening

    opened = run if isinstance(run, Run) else Run.open(run)
    seed = load_settings(opened.root, flags={"seed": seed}).seed
    cut = cut_of(opened.metrics)

    def remember(item_id: str, must: str, reason: str, actor: str) -> object:
        return gallery_add([item_id], must=must, reason=reason, gallery=gallery, run=opened, actor=actor)

    options |= {"remember": remember, "filters": filters or ALL, "seed": seed, "opening": opening(cut) if cut else None}
    return serve_review(opened, ledger_of(opened.path, ledger=ledger), **options)


def remap(
    run: str | os.PathLike[str] | Run,
    finding: str | None = None,
    *,
    actor: str | None = None,
    ledger: str | None = None,
    dry_run: bool = False,
) -> tuple[Remap, list[Decision], str]:
    """Put right whole classes that stand for others: the right labels of all the items, as one decision.

    ``ledger.undo(actor)`` takes all of it back. What somebody has decided on already stays as it is.

    Parameters
    ----------
    run : path or Run
    finding : str, optional
        The beginning of the finding's fingerprint; needed where there are several of exchanged-classes.
    actor : str, optional
        Who decides; by default the name that one is logged in under.
    ledger : str, optional
        Where decisions are kept, when not among the results.
    dry_run : bool
        Store nothing.

    Returns
    -------
    (Remap, list of Decision, str)
        What was put right, the decisions, and who made them.

    Raises
    ------
    UsageError
        The run has no such finding, or several.
    LedgerError
        Nothing could be stored.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> said, speaker = np.tile(["no", "yes"], 60), np.repeat(["ann", "bob", "cy", "dee", "eve", "flo"], 20)
    >>> label = np.where(speaker == "ann", np.where(said == "no", "yes", "no"), said)
    >>> table = pd.DataFrame({"text": [f"{s} {i}" for i, s in enumerate(said)], "label": label, "speaker": speaker})
    >>> heard = np.where(said[:, None] == ["no", "yes"], 0.9, 0.1)  # by a model that learned from the other speakers
    >>> run = audit(table, report=False, pred_probs=heard, out="results", select=["LBL"])
    >>> found, decisions, who = remap(run, actor="ann")
    >>> dict(found.moves), len(decisions)
    ({'no': 'yes', 'yes': 'no'}, 20)
    """
    import getpass

    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.place import ledger_of
    from dsaudit.relabel.remap import chosen_remap, remap_decisions, remaps_of
    from dsaudit.relabel.screen.answer import checked_actor

    opened = run if isinstance(run, Run) else Run.open(run)
    chosen = chosen_remap(remaps_of(opened), finding)
    who = checked_actor(actor or getpass.getuser())
    where = ledger_of(opened.path, ledger=ledger)
    if dry_run and not Ledger.exists(where):
        return chosen, remap_decisions(opened, chosen, [], actor=who), who
    with Ledger.open(where, read_only=dry_run) as kept:
        if dry_run:
            return chosen, remap_decisions(opened, chosen, kept.rows(), actor=who), who
        return chosen, kept.append_after(lambda rows: remap_decisions(opened, chosen, rows, actor=who)), who


def apart(
    run: str | os.PathLike[str] | Run,
    items: Sequence[str],
    *,
    actor: str | None = None,
    note: str = "",
    ledger: str | None = None,
) -> tuple[list[Decision], str]:
    """Say that items are no copies of one another, whatever they look or sound like.

    Later audits never call two of them copies, nor frames of one scene, unless both are copies of a third. They are
    known by their content. ``ledger.undo(actor)`` takes all of it back.

    Parameters
    ----------
    run : path or Run
    items : sequence of str
        Their ids; or one beginning of the fingerprint of a finding about a set, whose items are meant.
    actor : str, optional
        Who decides; by default the name that one is logged in under.
    note : str
        Why, in their own words.
    ledger : str, optional
        Where decisions are kept, when not among the results.

    Returns
    -------
    (list of Decision, str)
        One row for each item, as stored, and who made them.

    Raises
    ------
    UsageError
        Fewer than two items, more than 500, or one that the run does not have.
    LedgerError
        Nothing could be stored.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"text": ["so long", "So  long", "hello", "hi"], "label": ["bye", "bye", "hey", "hey"]})
    >>> run = audit(table, out="results", select=["DUP"])
    >>> len(run.findings), len(apart(run, ["row-00001", "row-00002"], actor="ann")[0])
    (1, 2)
    >>> len(audit(table, out="results", select=["DUP"]).findings)
    0
    """
    import getpass

    from dsaudit.relabel.apart import apart_decisions
    from dsaudit.relabel.ledger.ledger import Ledger
    from dsaudit.relabel.ledger.place import ledger_of
    from dsaudit.relabel.screen.answer import checked_actor, checked_note

    opened = run if isinstance(run, Run) else Run.open(run)
    who = checked_actor(actor or getpass.getuser())
    decisions = apart_decisions(opened, items, actor=who, note=checked_note(note))
    with Ledger.open(ledger_of(opened.path, ledger=ledger)) as kept:
        return kept.append(decisions), who


def apply(
    where: Source | Run,
    *,
    output: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Applied:
    r"""Write a dataset as people's decisions leave it, into a new manifest or folder tree.

    Parameters
    ----------
    where : path, Run or DataFrame
        A run, or a dataset that was audited.
    output : path, optional
        The new manifest; by default ``<name>.corrected.<suffix>`` beside the data.
    **options
        As for ``dsaudit.relabel.apply.apply.apply_decisions``: ``tree``, ``link``, ``disputed``, ``repairs``, ``only``,
        ``accept_repairs``, ``dry_run``, ``force``; and fields of ``dsaudit.settings.Settings``.

    Returns
    -------
    Applied
        What was written and why, or would be.

    Examples
    --------
    >>> from pathlib import Path
    >>> from dsaudit.types import Decision
    >>> _ = Path("said.csv").write_text("text,label\nyes please,yes\nno thanks,yes\n")
    >>> run = audit("said.csv", modality="text", select=["FIL"])
    >>> wrong = run.items.loc["row-00002"]
    >>> with open_ledger(run) as ledger:
    ...     _ = ledger.append([Decision("ann", "relabel", wrong.name, wrong["content_hash"], wrong["label"], "no")])
    >>> _ = apply("said.csv", output="corrected.csv")
    >>> print(Path("corrected.csv").read_text(), end="")
    text,label,corrected_label,excluded,decided_by,reason
    yes please,yes,yes,false,,
    no thanks,yes,no,false,ann,relabelled yes -> no
    """
    from dsaudit.relabel.apply.apply import apply_decisions

    return apply_decisions(where, output=output, progress=progress, **options)


def expect(
    run: str | os.PathLike[str] | Run,
    *,
    output: str | os.PathLike[str] | None = None,
    to: str | None = None,
    margin: float = 0.25,
    force: bool = False,
) -> tuple[Path, ExpectationFile]:
    """Write what held of audited items, so that later ones are held against it in a pipeline.

    Of a table: types, missing values, closed sets of values, ranges, forms, keys, and what one column tells of another,
    by the cells that the audit did not name as wrong.

    Parameters
    ----------
    run : path or Run
    output : path, optional
        The new file; by default ``expected`` with the suffix that the tool wants, here.
    to : str, optional
        The tool: of tables ``pandera`` (the default) or ``great-expectations``. It need not be installed.
    margin : float
        By how much of its span a range is widened at either end, 0 or more.
    force : bool
        Replace a file.

    Returns
    -------
    (Path, ExpectationFile)
        The file, and what is in it.

    Raises
    ------
    UsageError
        Items of this kind can be held against nothing, or the run did not look at their cells.
    StoreError
        There is a file already, or it cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"town": ["Bern", "Graz", "Wien"] * 30, "size": [k % 9 for k in range(90)]})
    >>> path, made = expect(audit(table, modality="table", out="results", select=["TAB"], report=False))
    >>> path.name, "texts(c).isin(['Bern', 'Graz', 'Wien'])" in made.text
    ('expected.py', True)
    """
    from dsaudit.media import media_for
    from dsaudit.media.base import Expecting
    from dsaudit.store.files import write_new

    opened = run if isinstance(run, Run) else Run.open(run)
    media = media_for(opened.kind.name)
    if not isinstance(media, Expecting):
        raise UsageError(f"nothing is written of what holds of {opened.kind.nouns.many}", hint="of tables it is")
    to = to or media.tools[0]
    if to not in media.tools:
        raise UsageError(f"--to {to!r} is not known", hint=f"choose from: {', '.join(media.tools)}")
    if not 0 <= margin < float("inf"):
        raise UsageError(f"--margin {margin} is not 0 or more", hint="as in: --margin 0.25")
    made = media.expected(opened, to=to, margin=margin)
    target = Path(output or f"expected{made.suffix}").expanduser()
    write_new(target, made.text.encode("utf-8", "backslashreplace"), force=force)
    return target, made


def prelabel(run: str | os.PathLike[str] | Run, *, least: float = 0.0, ledger: str | None = None) -> Prelabels:
    r"""Labels that the model of a run proposes for items without one, and how likely each is right.

    Parameters
    ----------
    run : path or Run
    least : float
        Probability of being right from which an item gets one, 0 to 1.
    ledger : str, optional
        Where people's decisions are: items that they decided are left out. By default among the results.

    Returns
    -------
    Prelabels

    Raises
    ------
    InconclusiveError
        Every item has a label, or those without one were not predicted.

    Examples
    --------
    >>> from pathlib import Path
    >>> said = [f"{word} number {k},{label}" for k in range(8) for word, label in (("stop", "halt"), ("walk", "go"))]
    >>> _ = Path("said.csv").write_text("\n".join(["text,label", *said, "stop number 8,"]))
    >>> prelabel(audit("said.csv", modality="text", report=False)).table["prelabel"].tolist()
    ['halt']
    """
    from dsaudit.relabel.apply.target import run_and_ledger
    from dsaudit.relabel.prelabel import prelabels

    opened, decisions = run_and_ledger(run.path if isinstance(run, Run) else run, ledger=ledger)
    return prelabels(opened, decisions, least=least)


def next_items(run: str | os.PathLike[str] | Run, *, budget: int = 100, ledger: str | None = None) -> NextItems:
    r"""Which items without a label to label next, and what each stands for.

    Parameters
    ----------
    run : path or Run
    budget : int
        How many can be labelled, 1 or more.
    ledger : str, optional
        Where people's decisions are: items that they decided count as labelled. By default among the results.

    Returns
    -------
    NextItems

    Raises
    ------
    UsageError
        ``budget`` is below 1.
    InconclusiveError
        The run has no item without a label, none that can be chosen, or no embeddings.

    Examples
    --------
    >>> from pathlib import Path
    >>> said = [f"{word} number {k},{label}" for k in range(8) for word, label in (("stop", "halt"), ("walk", "go"))]
    >>> more = ["stop number 8,", *(f"the weather on day {k}," for k in range(4))]
    >>> _ = Path("said.csv").write_text("\n".join(["text,label", *said, *more]))
    >>> run = audit("said.csv", modality="text", report=False)
    >>> found = next_items(run, budget=1)
    >>> run.items["text"][found.table.index[0]][:11], found.n_pool
    ('the weather', 5)
    """
    from dsaudit.relabel.apply.target import run_and_ledger
    from dsaudit.relabel.next_items import next_items as chosen

    if budget < 1:
        raise UsageError(f"budget {budget} is below 1", hint="say how many items can be labelled")
    opened, decisions = run_and_ledger(run.path if isinstance(run, Run) else run, ledger=ledger)
    return chosen(opened, decisions, budget=budget)


def pilot(
    run: str | os.PathLike[str] | Run,
    question: str | None = None,
    *,
    answers: Sequence[str] = (),
    items: int = 48,
    people: int = 2,
    fresh: bool = False,
    seed: int | None = None,
    guide: str | os.PathLike[str] | None = None,
    screen: bool = True,
    **options: Any,
) -> Pilot:
    """Try a question on several people, blind, before anything is labelled; what they answer is no label.

    Parameters
    ----------
    run : path or Run
    question : str, optional
        Opens the screen with it until Ctrl-C. The wording of the last round goes on with that, another one begins a
        round. Without it nothing is asked.
    answers : sequence of str
        What people choose from; by default the classes.
    items : int
        How many a round asks about, 1 or more: of each class typical ones, some at its border and odd ones, one of a
        group and of copies as far as there are enough.
    people : int
        How many people answer each item.
    fresh : bool
        Draw others than those of the first round.
    seed : int, optional
    guide : path, optional
        Write a labelling guide there: an HTML page with a section per class, examples that can be played, and the pairs
        that people or the model confuse.
    screen : bool
        False only draws the round: its ledger is ``pilot/<number>/ledger.sqlite`` among the results.
    **options
        As for ``review``: ``actor``, ``host``, ``port``, ``browser``, ``announce``, ``no_browser``.

    Returns
    -------
    Pilot
        What each round showed: agreement by class, by pair and by kind of item, what splits people, where people and
        model part, who answers at random; and whether a round agrees better than the one before.

    Raises
    ------
    UsageError
        Answers that leave no choice.
    InconclusiveError
        Nothing was asked yet, and no guide is wanted.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": [f"{word} {k}" for k in range(9) for word in ("hello", "bye")]})
    >>> run = audit(said.assign(label=["hi", "farewell"] * 9), report=False, out="results")
    >>> found = pilot(run, "Would you say this to a friend?", answers=["yes", "no"], items=6, screen=False)
    >>> len(found.rounds[0].asked.items), found.rounds[0].agreement
    (6, None)
    """
    from dsaudit.relabel.ledger.place import LEDGER_FILE
    from dsaudit.relabel.pilot import begin_round, folder_of, pilot_of, rounds_of
    from dsaudit.relabel.queue.filters import Filters
    from dsaudit.relabel.screen.launch import serve_review
    from dsaudit.store.schema.pilot import Pilot

    opened = run if isinstance(run, Run) else Run.open(run)
    if question is not None:
        chosen = load_settings(opened.root, flags={"seed": seed}).seed
        wanted = question.strip()
        asked = begin_round(opened, wanted, answers=answers, n=items, people=people, fresh=fresh, seed=chosen)
        if screen:
            serve_review(
                opened,
                str(folder_of(opened, asked.number) / LEDGER_FILE),
                filters=Filters(items=tuple((one.item_id, "") for one in asked.items)),
                blind=True,
                overlap=asked.people,
                question=asked.question,
                answers=asked.answers,
                **options,
            )
    found = pilot_of(opened) if rounds_of(opened) or guide is None else Pilot((), ())
    if guide is not None:
        from dsaudit.media.previews import Previewer
        from dsaudit.report.emit.guide import render_guide

        target = Path(guide)
        previews = Previewer.of(opened, jobs=load_settings(None, flags={}).jobs)
        _write_page(target, render_guide(opened, found, previews=previews, page_dir=target.absolute().parent))
    return found


def compare(
    before: str | os.PathLike[str] | Run,
    after: str | os.PathLike[str] | Run | None = None,
    *,
    seeds: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    r"""Did it help? Train on the data before and after, judge both models on the very same test items.

    Parameters
    ----------
    before, after : path or Run
        A dataset stands for its newest run with embeddings. With one alone, its newest run is compared with its last
        run before people's decisions had changed anything.
    seeds : int
        How often to repeat with newly dealt folds, 1 or more in all.

    Returns
    -------
    Comparison
        Its ``outcome`` is ``improved``, ``worse``, ``no significant change``, ``inconclusive`` or ``refused``.

    Raises
    ------
    RunError
        There is no such run.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("said.csv").write_text("text,label\nyes please,yes\nno thanks,no\n")
    >>> first, second = (audit("said.csv", modality="text", report=False) for _ in range(2))
    >>> compare(first, second).outcome  # two texts teach nothing
    'refused'
    """
    from dsaudit.comparison.compare import compare_runs, pair

    return compare_runs(*pair(before, after), seeds=range(seeds), progress=progress)


def drift(
    reference: Source | Run,
    current: Source | Run,
    *,
    prior: str | os.PathLike[str] | Mapping[str, float] | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Drift:
    """What changed from one set to another, and what it costs a model that learned from the first.

    Parameters
    ----------
    reference, current : path, DataFrame or Run
        A dataset stands for its newest run with embeddings; one that has none is audited, with the ``settings``. The
        current set needs no labels.
    prior : path or mapping, optional
        Shares of the classes that are known of the current set: a CSV file of class and share, or JSON.
    progress, **settings
        As of ``audit``; ``rules`` holds thresholds, ``gate`` limits of figures as ``drift.auc``, ``fail_on`` the
        severity from which on a finding breaks one.

    Returns
    -------
    Drift
        Its ``findings`` in the order of what they cost, ``table`` with everything that was compared, ``model`` with
        expected accuracy and class shares, and ``exit_code``.

    Raises
    ------
    UsageError
        The sets cannot be compared: two kinds of data, two encoders.
    InconclusiveError
        There are too few items, or groups of such, to tell change from chance.

    Examples
    --------
    >>> import pandas as pd
    >>> said = [f"{word} number {k}" for k in range(20) for word in ("stop", "walk")]
    >>> first = pd.DataFrame({"text": said, "label": ["halt", "go"] * 20})
    >>> then = first.assign(text=[text.upper() for text in said])
    >>> runs = [audit(one, report=False, out=f"set-{k}", encoder="tfidf") for k, one in enumerate((first, then))]
    >>> found = drift(*runs)
    >>> found.findings[0].name, found.n_compared
    ('measurement-drift', (40, 40))
    """
    from dsaudit.comparison.drift import compare_sets
    from dsaudit.comparison.prior import read_prior
    from dsaudit.policy.drift import refuse_unknown

    refuse_unknown(settings.get("gate") or {})
    shares = read_prior(Path(prior)) if isinstance(prior, str | os.PathLike) else prior
    first, second = set_runs(reference, current, progress=progress, **settings)
    chosen = load_settings(
        _policy_near(second, current), flags={k: v for k, v in settings.items() if k in _OF_DRIFT and v is not None}
    )
    refuse_unknown(chosen.gate)
    return _judged_drift(compare_sets(first, second, prior=shares, seed=chosen.seed, progress=progress), second, chosen)


_OF_DRIFT = ("gate", "fail_on", "rules", "seed", "select", "ignore")


def _judged_drift(found: Drift, current: Run, chosen: Settings) -> Drift:
    """The same with what rules and limits say of it."""
    from dsaudit import catalogue
    from dsaudit.evidence.tables import Evidence
    from dsaudit.judge import judge
    from dsaudit.policy.drift import about_two_sets, drift_judged
    from dsaudit.policy.limit import limits_of

    rules = tuple(r for r in catalogue.rules() if r.of_two_sets)
    wanted = catalogue.choose(
        rules,
        select=[name for name in chosen.select if _names(name, rules)],
        ignore=[name for name in chosen.ignore if _names(name, rules)],
    )
    evidence = Evidence({"items": lambda: current.items, "drift": lambda: found.table})
    judged = judge(wanted, evidence, modality=found.kind.name, settings=chosen.rules, nouns=found.kind.nouns)
    if crashed := [o for o in judged.outcomes if o.outcome != "ran"]:
        raise RuntimeError(f"{crashed[0].rule.code} did not run: {crashed[0].reason}")
    found = replace(found, findings=tuple(sorted(judged.findings, key=lambda f: (-_cost(f), f.score, f.subject))))
    names = [(r.code, r.name) for r in rules]
    told = chosen.sources.get("fail_on", "default")
    limits = limits_of(chosen.gate, sources=chosen.sources, fail_on=chosen.fail_on, told=told)
    own = [one for one in limits if one.name in SEVERITIES or about_two_sets(one.name, names)]
    return replace(found, limits=drift_judged(own, found, names))


def _cost(finding: Finding) -> float:
    """Accuracy lost to it; where that is not known, after all others."""
    cost = finding.evidence.get("cost")
    return cost if isinstance(cost, float) else -1.0


def _names(entry: str, rules: Sequence[Rule]) -> bool:
    from dsaudit import catalogue

    try:
        return bool(catalogue.choose(rules, select=[entry]))
    except UsageError:
        return False


def set_runs(
    reference: Source | Run, current: Source | Run, *, progress: Progress | None = None, **settings: Any
) -> tuple[Run, Run]:
    """The runs that two sets stand for; one that was never audited is audited now, the second as the first was encoded.

    Parameters as of ``drift``.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes please", "no thanks"], "label": ["yes", "no"]})
    >>> run = audit(said, modality="text", out="first", select=["DUP"], report=False)
    >>> [one.id == run.id for one in set_runs(run, "first")]
    [True, True]
    """
    first = _set_run(reference, None, progress, settings)
    return first, _set_run(current, first, progress, settings)


def _set_run(source: Source | Run, like: Run | None, progress: Progress | None, settings: Mapping[str, Any]) -> Run:
    """The run that a set stands for; one that was never audited is audited now, with the encoder of ``like``."""
    if isinstance(source, Run):
        return source
    if not hasattr(source, "columns"):
        try:
            return Run.open(source, holding="embeddings")
        except NoRunError:
            if not Path(source).expanduser().exists():
                raise
    given = {k: v for k, v in settings.items() if k not in _OF_DRIFT or k == "seed"}
    if like is not None and len(like.embeddings):
        name = str(like.embeddings.attrs.get("encoder", "")).rpartition("-")[0]
        if name in kind_for(like.kind.name).encoders:
            given = {"encoder": name} | given
    return audit(source, progress=progress, **given | {"report": False})


def gate(
    where: Source | Run | None = None,
    *,
    new_only: str | os.PathLike[str] | Run | None = None,
    accepted: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> tuple[GateVerdict, Run]:
    """Whether a dataset is good enough to go on with: pass, fail, or inconclusive.

    The policy is the table ``[gate]`` of ``dsaudit.toml``, see ``dsaudit.policy.limit``; where it says nothing of them,
    there may be no findings as severe as ``fail_on``, and 95 % of the items must have been looked at. It never passes
    because nothing was looked at.

    Parameters
    ----------
    where : path, DataFrame or Run
        A dataset is audited, with the ``settings``; a run folder, or a folder of results, is judged as it is.
    new_only : path, Run or str, optional
        Findings that are there, too, do not count: another run or its dataset, a file of ``dsaudit gate --output``, or
        a revision of the git repository that the dataset lies in, which is audited for it.
    accepted : path, optional
        The file of accepted findings; by default ``accepted.jsonl`` among the results beside the data.
    out, progress, **settings
        As of ``audit``; and ``gate``, limits that win over the file's: ``{"SPL": 0, "accuracy.balanced": ">= 0.9"}``.
        Of a run that is judged as it is nothing but ``gate`` and ``fail_on`` can be said anew.

    Returns
    -------
    (GateVerdict, Run)

    Raises
    ------
    ConfigError
        The policy limits what is no rule and no figure, or the file of accepted findings cannot be read.
    RunError, UsageError
        There is nothing to judge, or to compare with.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes please", "yes please"], "label": ["yes", "no"]})
    >>> verdict, run = gate(said, modality="text", out="results", select=["DUP"])
    >>> verdict.outcome, verdict.reasons[0].name
    ('fail', 'error')
    >>> _ = accept(run, ["DUP"], reason="both are meant")
    >>> gate(run)[0].outcome
    'pass'
    """
    from datetime import date

    from dsaudit import catalogue
    from dsaudit.policy.accepted import read_accepted
    from dsaudit.policy.drift import about_two_sets
    from dsaudit.policy.limit import limits_of
    from dsaudit.policy.verdict import verdict_of

    finished = where if isinstance(where, Run) else _judged_as_it_is(where)
    if finished and (idle := [name for name in settings if name not in ("gate", "fail_on")]):
        hint = "name the dataset to have it audited anew"
        raise UsageError(f"a run is judged as it is: {SETTINGS[idle[0]].option} says nothing of it", hint=hint)
    reference = None if new_only is None else _reference(new_only)  # before there is a newer run
    if finished is None:
        assert not isinstance(where, Run)
        run = audit(where, out=out, progress=progress, **settings)
    else:
        run = finished
    if isinstance(reference, Run) and reference.path == run.path:
        raise UsageError(f"{run.path} would be compared with itself", hint="name another run with --new-only")
    chosen = load_settings(_policy_near(run, where), flags={k: settings.get(k) for k in ("gate", "fail_on")})
    fail_on, told = chosen.fail_on, chosen.sources.get("fail_on", "default")
    limits = limits_of(chosen.gate, sources=chosen.sources, fail_on=fail_on, told=told)
    of_two_sets = [(r.code, r.name) for r in catalogue.rules() if r.of_two_sets] if chosen.gate else []
    return verdict_of(
        run,
        [one for one in limits if not about_two_sets(one.name, of_two_sets)],
        accepted=read_accepted(_path(accepted) or _accepted_place(run)),
        against=None if reference is None else _found_in(reference, str(new_only), run, settings),
        today=date.today(),
        exists=_is_a_rule,
    ), run


def accept(
    where: str | os.PathLike[str] | Run,
    codes: Sequence[str],
    *,
    reason: str,
    expires: str = "",
    actor: str | None = None,
    accepted: str | os.PathLike[str] | None = None,
    prune: bool = False,
) -> tuple[tuple[Accepted, ...], Path]:
    """Accept findings as they are: ``gate`` does not count them, unless they expire.

    Parameters
    ----------
    where : path or Run
        A run, or a dataset that was audited.
    codes : sequence of str
        Which findings of it: rule codes, prefixes of codes, rule names, or beginnings of fingerprints of 8 or
        more digits.
    reason : str
        Why.
    expires : str
        The last day, as ``2027-01-31``; empty: for good.
    actor : str, optional
        Who accepts; by default the name that one is logged in under.
    accepted : path, optional
        The file; by default ``accepted.jsonl`` among the results beside the data.
    prune : bool
        Drop those whose finding is gone, and those that have expired.

    Returns
    -------
    (tuple of Accepted, Path)
        Those added or changed, and the file.

    Raises
    ------
    UsageError
        There is no such finding, or no reason is given.
    StoreError
        The file cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes please", "no thanks", "yes please"], "label": ["yes", "no", "no"]})
    >>> run = audit(said, modality="text", out="results", select=["DUP"])
    >>> added, path = accept(run, ["DUP"], reason="both were meant")
    >>> added[0].reason, path.name
    ('both were meant', 'accepted.jsonl')
    """
    import getpass
    from datetime import date

    from dsaudit.policy.accept import meant
    from dsaudit.policy.accepted import checked_day, merged, read_accepted, write_accepted

    if codes and not reason.strip():
        raise UsageError("no reason is given", hint="say why, as in: --reason 'recorded in a quiet room'")
    run, today = where if isinstance(where, Run) else Run.open(where), date.today().isoformat()
    if expires and (expires := checked_day(expires)) < today:
        raise UsageError(f"{expires} is over", hint="give the last day on which the findings are accepted")
    who = actor or getpass.getuser()
    found = meant(run, codes, reason=" ".join(reason.split()), by=who, at=today, expires=expires)
    place = _path(accepted) or _accepted_place(run)
    kept = merged(read_accepted(place), found, run=run if prune else None, today=today)
    try:
        with writing(place.parent):
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.parent.name == ".dsaudit":
                tell_git(place.parent)
        write_accepted(place, kept)
    except StoreError as error:
        raise StoreError(error.message, hint="name another file with --accepted") from error
    return found, place


def gallery_add(
    items: Sequence[str | os.PathLike[str]] = (),
    *,
    must: str = "",
    reason: str = "",
    gallery: str | os.PathLike[str] = "gallery",
    run: str | os.PathLike[str] | Run | None = None,
    reports: str | os.PathLike[str] | None = None,
    only_hash: bool = False,
    actor: str | None = None,
) -> tuple[Remembered, ...]:
    """Have a gallery remember items that a model got wrong, so that the error is known when it comes back.

    Parameters
    ----------
    items : sequence of str
        Ids of items of ``run``; files where there is none.
    must : str
        What a model must say of them: ``is: LABEL`` or ``not: LABEL``.
    reason : str
        Why.
    gallery : path
        Its folder; made where it is not there.
    run : Run or path, optional
        A run, or a dataset that was audited.
    reports : path, optional
        A CSV with a row for each item: ``item``, ``must`` and, where there is one, ``reason``, as users report them.
        Files are named relative to it.
    only_hash : bool
        Keep the hash of an item and no copy, as of what must not be passed on.
    actor : str, optional
        Who adds them; by default the name that one is logged in under.

    Returns
    -------
    tuple of Remembered
        Those added or changed.

    Raises
    ------
    UsageError
        There is no such item, or ``must`` is of another form.
    StoreError
        The gallery cannot be written.

    Examples
    --------
    >>> import pandas as pd
    >>> words = ["pay", "pay", "pay", "card", "card", "card"] * 4
    >>> said = pd.DataFrame({"text": [f"{word} {i}" for i, word in enumerate(words)], "label": words})
    >>> run = train(said, modality="text", encoder="tfidf", out="results")
    >>> added = gallery_add([run.items.index[0]], must="not: card", reason="a customer complained", run=run)
    >>> gallery_check([run]).counts
    {'right': 1}
    """
    import getpass
    from datetime import date

    from dsaudit.evidence.remembered import from_files, from_run, reported
    from dsaudit.policy.gallery import kept_copy, must_of, read_gallery, write_gallery
    from dsaudit.types import Remembered

    folder, table = Path(gallery).expanduser(), None if reports is None else Path(reports).expanduser()
    wanted = [Remembered("", must, " ".join(reason.split()), subject=os.fspath(item)) for item in items]
    listed = reported(table) if table else []
    if not (wanted or listed):
        raise UsageError("no item is named", hint="as in: dsaudit gallery add ITEM --run RUN --must 'not: stop'")
    for item in (*wanted, *listed):
        must_of(item.must)
    if run is not None:
        found = from_run(run if isinstance(run, Run) else Run.open(run, trained=True), [*wanted, *listed])
    else:
        found = [*from_files(wanted), *from_files(listed, beside=table.parent if table else Path())]
    told = {"by": actor or getpass.getuser(), "at": date.today().isoformat()}
    old, added = read_gallery(folder), []
    for item, uri in found:
        kept = {} if only_hash else kept_copy(folder, uri, item.content_hash)
        added.append(replace(item, must=must_of(item.must), **kept, **told))
    there = {(one.content_hash, one.must): one for one in (*old, *added)}
    write_gallery(folder, there.values())
    return tuple(added)


def gallery_check(
    models: Sequence[str | os.PathLike[str] | Run] = (),
    *,
    gallery: str | os.PathLike[str] = "gallery",
    pred_probs: Sequence[str | os.PathLike[str]] = (),
    source: Source | None = None,
    device: str = "auto",
) -> GalleryVerdict:
    r"""Whether models say of remembered items what they must.

    Each model is held against the one before it, the first against what was said when an item was added: an error is
    fixed, broken (it came back), or still there.

    Parameters
    ----------
    models : sequence of Run or path
        In the order they were made, of one kind of data; items of other kinds are left out. One that ``train`` made is
        asked; of the run's own items it counts what was predicted out of sample.
    gallery : path
    pred_probs : sequence of path
        Files of predicted probabilities that another model made: a column for each class, and one that names the item
        by its file in the gallery, its name or its content hash. They come after ``models``.
    source : path or DataFrame, optional
        A dataset in which items are looked for whose hash alone is kept.
    device : str
        Where a model runs.

    Returns
    -------
    GalleryVerdict

    Raises
    ------
    UsageError
        No model is named, or a file holds no probabilities.

    Examples
    --------
    >>> from pathlib import Path
    >>> _ = Path("a.wav").write_bytes(b"RIFF")
    >>> _ = gallery_add(["a.wav"], must="not: stop")
    >>> _ = Path("said.csv").write_text("item_id,stop,go\na.wav,0.9,0.1\n")
    >>> gallery_check(pred_probs=["said.csv"]).outcome
    'fail'
    """
    from dsaudit.dataset.arrays import read_numbers
    from dsaudit.evidence.remembered import labels_in, labels_said
    from dsaudit.media.identity import content_hashes
    from dsaudit.pipeline import open_source
    from dsaudit.policy.gallery import address, gallery_verdict, read_gallery
    from dsaudit.store.cache import Cache

    folder = Path(gallery).expanduser()
    items = read_gallery(folder)
    if not (models or pred_probs):
        raise UsageError(
            "no model is named", hint="name runs of dsaudit train, or probabilities with --pred-probs FILE"
        )
    opened = [run if isinstance(run, Run) else Run.open(run, trained=True) for run in models]
    if len(asked := {run.kind.name: run.kind.nouns.many for run in opened}) > 1:
        hint = "check those of each kind of data by themselves"
        raise UsageError(f"the models are of {' and of '.join(asked.values())}", hint=hint)
    items = tuple(item for item in items if not asked or item.kind in asked)
    said: dict[str, dict[str, str]] = {}
    for run in opened:
        kept = {item.content_hash: uri for item in items if (uri := address(folder, item))}
        if source is not None and (hidden := {item.content_hash for item in items} - kept.keys()):
            chosen = load_settings(_near(source), flags={"modality": run.kind.name})
            uris = list(open_source(source, chosen, kind_for(run.kind.name)).items["uri"])
            hashes = content_hashes(uris, cache=Cache(folder / "cache"))
            kept.update({h: uri for uri, h in hashes.items() if h in hidden})
        said[run.id] = labels_said(run, kept, device=device)
    for file in pred_probs:
        said[str(file)] = labels_in(read_numbers(Path(file).expanduser(), array="pred_probs"), items)
    return gallery_verdict(items, said)


def _judged_as_it_is(where: Source | None) -> Run | None:
    """The run that a run folder or a folder of results stands for; None for a dataset, which is to be audited."""
    if where is None or hasattr(where, "columns"):
        return None
    path = Path(where).expanduser()
    is_run = (path / "run.json").is_file() or next(path.glob("runs/[!.]*/run.json"), None) is not None
    return Run.open(path) if is_run else None


def _policy_near(run: Run, where: Source | Run | None) -> Path:
    """What the settings file with the policy is looked for near."""
    if isinstance(where, str | os.PathLike):
        return Path(where).expanduser()
    source = run.meta.source_path
    return Path(source) if source and Path(source).exists() else run.path


def _accepted_place(run: Run) -> Path:
    """The file of accepted findings: beside the data, where git has it, unless there is one among the results alone."""
    among = run.results / ACCEPTED
    beside = results_beside(run.meta.source_path) / ACCEPTED if run.meta.source_path else among
    return among if among.is_file() and not beside.is_file() else beside


def _is_a_rule(name: str) -> bool:
    from dsaudit import catalogue

    try:
        return bool(catalogue.choose(catalogue.rules(), select=[name]))
    except UsageError:
        return False


def _reference(new_only: str | os.PathLike[str] | Run) -> Run | Path | str:
    """The run, or the file, or the git revision that is meant."""
    if isinstance(new_only, Run):
        return new_only
    path = Path(new_only).expanduser()
    if not path.exists():
        return str(new_only)
    if path.is_dir() or path.suffix.lower() not in (".json", ".jsonl", ".sarif"):
        return Run.open(path)
    return path


def _found_in(reference: Run | Path | str, name: str, run: Run, settings: Mapping[str, Any]) -> Reference:
    """Its findings."""
    import tempfile

    from dsaudit.dataset.revision import copy_of
    from dsaudit.policy.reference import of_file, of_run

    if isinstance(reference, Run):
        if reference.meta.modality != run.meta.modality:
            kinds_ = f"{reference.kind.nouns.many}, not {run.kind.nouns.many}"
            raise UsageError(f"{reference.path} is of {kinds_}", hint="name a run on the same data with --new-only")
        return of_run(reference, name=reference.path.name)
    if isinstance(reference, Path):
        return of_file(reference, name=name)
    with tempfile.TemporaryDirectory(prefix="dsaudit-") as place:
        then = copy_of(run.meta.source_path, reference, Path(place) / "data")
        kept = Path(place) / "results"
        kept.mkdir()
        if run.cache is not None:  # what has not changed since need not be measured again
            (kept / "cache").symlink_to(run.results / "cache")
        given = {"modality": run.meta.modality, "memory": False, **settings, "report": False}
        return of_run(audit(then, out=kept, **given), name=name)


def demo(*, out: str | os.PathLike[str], progress: Progress | None = None, **settings: Any) -> tuple[Run, TruthScore]:
    """Audit the sample set of a kind of data and compare the findings with their planted faults.

    Parameters
    ----------
    out : path
        Folder of the results.
    **settings
        As of ``audit``; ``modality`` says which kind, by default the first that has a sample set.

    Returns
    -------
    Run, TruthScore
        Planted faults of checks that did not run are not counted.

    Raises
    ------
    UsageError
        There is no sample set of that kind.
    DatasetError
        The sample data are not installed.
    """
    import pandas as pd

    from dsaudit.analysis.planted_faults import compare_with_truth

    kind, folder = _sample(settings.get("modality"))
    if (folder / "annotations.csv").is_file():
        settings = {"annotations": str(folder / "annotations.csv")} | settings
    run = audit(folder / "manifest.csv", out=out, progress=progress, **settings | {"modality": kind})
    truth = pd.read_csv(folder / "truth.csv", dtype=str, keep_default_na=False)
    known = {r.name for r in run.rules if r.outcome != "skipped"}
    skipped = frozenset(truth["rule"]) - known | {r.name for r in run.rules if r.name not in known}
    if ffmpeg():
        skipped |= {"no-decoder"}  # with ffmpeg there is nothing that it could find
    return run, compare_with_truth(
        run.findings,
        truth,
        skipped=skipped,
        labels={str(i): str(label) for i, label in run.items["label"].dropna().items()},
        about_labels=frozenset(r.name for r in run.rules if r.uses_label),
    )


def _sample(modality: str | None) -> tuple[str, Path]:
    """The kind of the sample set that is meant, and its folder."""
    shown = [kind for kind in kinds() if kind.sample]
    kind = next((k for k in shown if not modality or k.name == modality), None)
    if kind is None:
        known = kind_for(str(modality))
        raise UsageError(f"there is no sample set of {known.nouns.many}", hint=f"--modality {shown[0].name} has one")
    here = Path(__file__).parent
    places = (base / "sample_data" / kind.sample for base in (here, here.parent))
    folder = next((p for p in places if (p / "truth.csv").is_file()), None)
    if folder is None:
        raise DatasetError("the sample data are not installed", hint="install dsaudit from its source folder")
    return kind.name, folder


def exit_code(run: Run) -> int:
    """Exit code of an audit: 0 clean, 1 findings at or above ``fail_on``, 3 nothing was measured.

    Examples
    --------
    >>> import pandas as pd
    >>> said = pd.DataFrame({"text": ["yes please", "yes please"], "label": ["yes", "no"]})
    >>> exit_code(audit(said, modality="text", out="results", select=["DUP"]))  # one text, two labels
    1
    """
    if not run.meta.n_measured and not run.meta.n_unread:
        return 3
    threshold = run.meta.settings["fail_on"].value
    if threshold == "never":
        return 0
    severe = SEVERITIES[: SEVERITIES.index(threshold) + 1]
    return int(any(run.meta.counts.get(s, 0) for s in severe))


def _settings(source: Source, out: str | os.PathLike[str] | None, flags: Mapping[str, Any]) -> Settings:
    near = _near(source)
    if any(hasattr(value, "shape") for value in (flags.get("pred_probs"), flags.get("embeddings"))):
        from dsaudit.evidence.external import filed

        flags = filed(flags, (_path(out) or results_beside(source)) / "supplied")
    return load_settings(near, flags=flags)


def _rows_of(source: Source | None, flags: Mapping[str, Any]) -> Source:
    """The dataset itself, or the rows that a database is asked for in its place."""
    if source is not None and not (flags.get("sql") or flags.get("query")):
        return _plain(source)
    hint = "give a folder or a file, or --sql URL with --query 'SELECT …'"
    if source is not None:
        raise UsageError("both a dataset and a query are named", hint=hint)
    chosen = load_settings(None, flags=flags)
    if not chosen.sql or not chosen.query:
        raise UsageError("no dataset is named" if not chosen.sql else "--sql needs a --query", hint=hint)
    from dsaudit.dataset.sql import read_sql

    return read_sql(chosen.sql, chosen.query)


def _plain(source: Source) -> Source:
    """The dataset itself; of an object of ``datasets`` its rows."""
    if isinstance(source, str | os.PathLike):
        from dsaudit.dataset.open import given_source
        from dsaudit.dataset.remote import is_remote

        return given_source(os.fspath(source)) if is_remote(os.fspath(source)) else source
    if hasattr(source, "columns"):
        return source
    from dsaudit.dataset.hub import frame_of, is_of_hub

    return frame_of(source) if is_of_hub(source) else source


def _near(source: Source) -> Path | None:
    if isinstance(source, str | os.PathLike):
        return None if "://" in os.fspath(source) else Path(source).expanduser()
    if not hasattr(source, "columns"):
        raise UsageError(
            f"a dataset is a path, a DataFrame or a datasets.Dataset, not {type(source).__name__}",
            hint='as in: dsaudit.audit("recordings/")',
        )
    return None


def _path(out: str | os.PathLike[str] | None) -> Path | None:
    if out is not None and "://" in os.fspath(out):
        raise UsageError(
            f"{shown(os.fspath(out))} is no folder here", hint="only audit and train send what they make to an address"
        )
    return Path(out).expanduser() if out is not None else None


def _places(out: str | os.PathLike[str] | None) -> tuple[Path | None, str]:
    """The folder here where results go, None for the usual one, and the address that gets a copy; empty: none."""
    if out is None or "://" not in os.fspath(out):
        return _path(out), ""
    from dsaudit.dataset.remote import is_remote, remote_root

    if not is_remote(os.fspath(out)):
        raise UsageError(
            f"results cannot be sent to {shown(os.fspath(out))}",
            hint="addresses begin with s3://, gs://, az:// or hf://",
        )
    return None, remote_root(out)


def _sent(run: Run, address: str, progress: Progress | None) -> Run:
    """The run, once a copy of it lies below the address."""
    if not address:
        return run
    from dsaudit.dataset.remote import send
    from dsaudit.engine.progress import here
    from dsaudit.errors import ItemError

    show, target = progress or here(), f"{address}/runs/{run.id}"
    try:
        with show.stage("sending", sum(path.is_file() for path in run.path.rglob("*"))) as tick:
            send(run.path, target, last="run.json", tick=tick)
    except (ItemError, OSError) as error:
        raise StoreError(
            f"the run is whole in {run.path}, but could not be sent to {target}: {error}",
            hint="it need not be made again: copy that folder there",
        ) from error
    show.note(f"a copy is at {target}")
    return run


def _write_page(target: Path, html: bytes) -> None:
    if target.is_dir():
        raise StoreError(f"{target} is a folder", hint="name a file, as in: --output report.html")
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, lambda p: p.write_bytes(html))
