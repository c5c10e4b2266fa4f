"""The audit: load, measure, gather evidence, judge, store, report."""

from __future__ import annotations

import gc
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit import catalogue
from dsaudit import settings as config
from dsaudit.dataset.annotations import annotations_of, joined, read_annotations
from dsaudit.dataset.inline import with_texts
from dsaudit.dataset.names import absolute, safe_text
from dsaudit.dataset.remote import full_address, is_remote
from dsaudit.engine.mapping import engine
from dsaudit.engine.progress import here
from dsaudit.errors import InconclusiveError, UsageError
from dsaudit.evidence.context import Context
from dsaudit.evidence.embeddings import embedder
from dsaudit.evidence.external import external_for
from dsaudit.evidence.gather import asked_for, gather, reads, skipped
from dsaudit.evidence.metrics import causes, culprits, metrics
from dsaudit.evidence.next_hour import next_hour
from dsaudit.judge import findings_table, flagged_without_model, judge, rules_for
from dsaudit.media import kind_for, media_for
from dsaudit.media.base import FIELD_DOUBTS, Explaining, Overviewing
from dsaudit.media.identity import content_hashes
from dsaudit.media.previews import Previewer
from dsaudit.media.recognise import RECOGNISED, recognised
from dsaudit.media.scan import NOT_READ, measure_items
from dsaudit.relabel.correction import Corrected, corrected
from dsaudit.relabel.ledger.place import ledger_url, place_of
from dsaudit.relabel.memory import Memory
from dsaudit.relabel.review import Review, review, silenced, silenced_facts, verdicts_of
from dsaudit.report.say.causes import cause_text
from dsaudit.report.say.understood import understood_line
from dsaudit.store.cache import Cache
from dsaudit.store.files import to_json
from dsaudit.store.memory import give_back
from dsaudit.store.run import Run, Store, results_beside
from dsaudit.store.schema.metrics import Culprit, ErrorCause
from dsaudit.store.schema.run import SCHEMA_VERSION, Environment, NotDone, RunMeta, SettingUsed, Timings
from dsaudit.store.schema.shape import typed
from dsaudit.store.status import status_file
from dsaudit.types import EXCHANGED, MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    import pandas as pd

    from dsaudit.dataset.external import External
    from dsaudit.engine.progress import Progress
    from dsaudit.evidence.tables import Evidence
    from dsaudit.judge import Judgement
    from dsaudit.kind import Kind
    from dsaudit.media.base import Media
    from dsaudit.rule import Rule
    from dsaudit.settings import Settings
    from dsaudit.store.run import RunWriter
    from dsaudit.store.schema.run import ReviewFacts
    from dsaudit.store.status import StatusFile
    from dsaudit.types import Dataset, Decision

    Source = str | os.PathLike[str] | pd.DataFrame


_MAX_DRAWN = 6_000
"""Items up to which each is drawn while it is read: a report holds about as many; those of a larger set are read again.
"""


def run_audit(source: Source, settings: Settings, *, out: Path | None, progress: Progress | None) -> Run:
    """Audit ``source`` and return the finished run; see ``dsaudit.api.audit``."""
    settings = replace(settings, tune=None)  # a search belongs to training; an audit takes the defaults
    with engine(settings.engine, jobs=settings.jobs, gpus=settings.device in ("auto", "cuda")):
        return _run(_Task.of(source, settings, catalogue.rules(), progress or here()), out)


def run_training(source: Source, settings: Settings, *, out: Path | None, progress: Progress | None) -> Run:
    """Train the baseline on ``source``, keep its model; see ``dsaudit.api.train``."""
    settings = replace(settings, pred_probs=None, in_sample=False)  # training makes its own
    with engine(settings.engine, jobs=settings.jobs, gpus=settings.device in ("auto", "cuda")):
        return _run(_Task.of(source, settings, (), progress or here(), training_only=True), out)


def _run(task: _Task, out: Path | None) -> Run:
    """Load, measure, gather evidence, judge, store, report."""
    results = out if out is not None else results_beside(task.source)
    dataset, external = task.load(indexes=Cache(results / "cache"))
    store = Store(results)
    with task.watched(store):
        decisions = decided(task.settings, store)
        corrections = corrected_fields(dataset, decisions, store)
        dataset = corrections.dataset
        task.tell((understood_line(dataset, task.kind.nouns), *dataset.notes, *external.notes))
        measurements = task.measure(dataset, external, store)
        review = task.review(dataset, measurements, decisions, corrections)
        context = task.context(review, measurements, external, store)
        del measurements
        evidence = task.gather(context)
        with store.new_run() as writer:
            judged = task.judge(context, evidence, review, store, writer, pace=decisions.pace)
            task.store(writer, context, evidence, judged)
            # the report is drawn from what was written: what it was made of makes room, cycles too
            del dataset, external, decisions, corrections, review, context, evidence, judged
            gc.collect()
            give_back()
            if not task.training_only and task.settings.report:
                task.report(writer, store)
    return Run(writer.path)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the rules found, what people had dealt with before, and what is said of the dataset as a whole."""

    judgement: Judgement
    quiet: pd.DataFrame
    review: ReviewFacts | None
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Task:
    """What is asked for: the steps of a run, each as the settings have it."""

    source: Source
    settings: Settings
    rules: tuple[Rule, ...]
    kind: Kind
    media: Media
    told: pd.DataFrame
    """Labels of several people that the user brought along."""
    progress: Progress
    clock: Clock
    training_only: bool

    @classmethod
    def of(
        cls,
        source: Source,
        settings: Settings,
        available: Sequence[Rule],
        progress: Progress,
        *,
        training_only: bool = False,
    ) -> _Task:
        """Refuses what the settings ask for in vain before any work is done."""
        clock, settings = Clock(progress), recognised(source, settings)
        if settings.unlabelled is not None:  # a run is asked again from another folder
            settings = replace(settings, unlabelled=str(absolute(settings.unlabelled)))
        rules, kind, media = _rules(available, settings), kind_for(settings.modality), media_for(settings.modality)
        told = annotations_of({})
        if settings.annotations:
            told = read_annotations(Path(settings.annotations).expanduser(), items=(kind.name, kind.nouns.one))
        return cls(source, settings, rules, kind, media, told, progress, clock, training_only)

    @property
    def needs(self) -> frozenset[str] | None:
        """Tables that the rules ask for, where the user chose among these; None: whatever can be told."""
        if not self.settings.select or self.training_only:
            return None
        return frozenset(name for rule in self.rules for name in rule.needs)

    def reads(self, external: External) -> bool:
        """Whether anything that was asked for needs the items themselves."""
        return self.needs is None or reads([rule.needs for rule in self.rules], external)

    def tell(self, notes: Sequence[str], *, told: Collection[str] = ()) -> None:
        """Each note once, but for those that were told before."""
        for note in dict.fromkeys(notes):
            if note not in told:
                self.progress.note(note)

    @contextmanager
    def watched(self, store: Store) -> Iterator[None]:
        """Inside the block it is told among the results how far the run is."""
        source = _source_path(self.source) or "a DataFrame"
        where = config.shown(self.settings.engine)
        with status_file(store.path, source=source, engine=where, began=self.clock.began) as file:
            self.clock.watched_by(file)
            yield

    def load(self, *, indexes: Cache) -> tuple[Dataset, External]:
        with self.clock.stage("reading", 0):
            pool = self.settings.unlabelled
            dataset = open_source(
                self.source, self.settings, self.kind, most=self.kind.most, unlabelled=pool, indexes=indexes
            )
            return dataset, external_for(dataset, self.settings, self.kind)

    def measure(self, dataset: Dataset, external: External, store: Store) -> pd.DataFrame:
        """Everything measured of each item, which is encoded and drawn too while it is in memory."""
        measures = (measure for rule in self.rules for measure in rule.measures)
        read = self.reads(external)
        with self.clock.stage("measuring", len(dataset.items)) as tick:
            return measure_items(
                dataset.items,
                self.media,
                cache=store.cache,
                extra=tuple(m for m in measures if m.modality == self.kind.name),
                jobs=self.settings.jobs,
                progress=tick,
                sink=embedder(self.media, self.settings, external, store.cache)
                if read and asked_for("embedded", self.needs)
                else None,
                previews=self.settings.report and not self.training_only and len(dataset.items) <= _MAX_DRAWN,
                read=read,
            )

    def review(
        self, dataset: Dataset, measurements: pd.DataFrame, decisions: LedgerState, corrections: Corrected
    ) -> Review:
        """People's decisions applied to the dataset, whose items are known by their content from now on."""
        dataset = replace(dataset, items=dataset.items.assign(content_hash=measurements["content_hash"]))
        unread = measurements.index[measurements["status"] == NOT_READ]
        told = review(
            dataset,
            decisions.rows,
            unread=unread,
            where=decisions.where,
            head=decisions.head,
            fields=corrections.of_item,
        )
        if self.settings.ledger and not told.facts:
            self.progress.note(f"no decisions yet in {config.shown(self.settings.ledger)}")
        if not len(told.dataset.items):
            raise InconclusiveError("people's decisions exclude every item", hint="look at them all with --no-memory")
        return told

    def context(self, review: Review, measurements: pd.DataFrame, external: External, store: Store) -> Context:
        single = {i: tuple(d for d in r.opinions if d.rule != EXCHANGED) for i, r in review.resolutions.items()}
        opinions = annotations_of({item_id: said for item_id, said in single.items() if said})
        left = review.dataset.items.index
        return Context(
            review.dataset,
            measurements if measurements.index.equals(left) else measurements.loc[left],
            self.media,
            self.settings,
            store.cache,
            self.clock.stage,
            external,
            annotations=joined([self.told, opinions]),
            verdicts=verdicts_of(review.resolutions, review.dataset.items) if review.resolutions else None,
            on_epoch=self.progress.epoch,
            apart=review.apart,
        )

    def gather(self, context: Context) -> Evidence:
        """Evidence of the dataset, with the tables that take long or that a run folder keeps already made."""
        evidence = gather(context, needs=self.needs, read=self.reads(context.external))
        for name in ("survey_begun", "projection_begun"):
            evidence.find(name)
        if self.training_only and (reason := evidence.why_missing("pred_probs")):
            raise InconclusiveError(f"no baseline was trained: {reason}")
        for name in ("embeddings", "pred_probs", "projection", "neighbours", "dynamics", "label_quality", "arguments"):
            evidence.find(name)
        if asked_for("duplicates", self.needs):
            evidence.find("duplicates")
        for column in self.kind.columns:
            if column.copies and column.name in context.measurements:
                del context.measurements[column.name]
        self.tell(context.notes, told=context.external.notes)
        return evidence

    def judge(
        self,
        context: Context,
        evidence: Evidence,
        review: Review,
        store: Store,
        writer: RunWriter,
        *,
        pace: int | None,
    ) -> _Judged:
        """``pace``: items that people get through in an hour, as far as it is known."""
        with self.clock.stage("judging", len(rules_for(self.kind.name, self.rules))) as tick:
            with writer.growing("scores") as keep:
                judgement = judge(
                    self.rules,
                    evidence,
                    modality=self.kind.name,
                    settings=self.settings.rules,
                    nouns=self.kind.nouns,
                    progress=tick,
                    keep=keep,
                )
            flagged = flagged_without_model(judgement)
            single = {o.rule.code for o in judgement.outcomes if o.rule.scope == "item"}
            faulty = {name: ids for name, ids in flagged.items() if name[0] in single}
            groups = typed(tuple[Culprit, ...], culprits(context, evidence, faulty))
            found = causes(context, evidence, flagged, culprits=[c.group for c in groups])
            told = told_causes(typed(tuple[ErrorCause, ...], found), groups, context.dataset, self.rules)
            figures = metrics(context, evidence) | {"causes": told, "culprits": groups}
        grave = {o.rule.code for o in judgement.outcomes if o.rule.severity != "info"}
        bad = {i for (code, _), ids in faulty.items() if code in grave for i in ids}
        figures |= {"next_hour": None if self.training_only else next_hour(context, evidence, bad, pace)}
        judgement, quiet, facts = silence(judgement, review)
        hashes = [value for value in context.dataset.items["content_hash"] if isinstance(value, str)]
        known = store.known(_source_path(self.source), {rule.code for rule in self.rules}, hashes)
        rows = (replace(f, state="known") if f.fingerprint in known else f for f in judgement.findings)
        judgement = replace(judgement, findings=tuple(rows))
        return _Judged(judgement, quiet, facts, figures)

    def store(self, writer: RunWriter, context: Context, evidence: Evidence, judged: _Judged) -> None:
        with self.clock.stage("writing", 0):
            _write_tables(writer, context, evidence, judged)
            if self.training_only:
                note = evidence.get("baseline").save_model(writer.path / "model")
                context.notes.extend([note] if note else [])
            _write_meta(writer, context, evidence, judged, source_path=_source_path(self.source))
        writer.json("timings", _timings(writer, self.clock))

    def report(self, writer: RunWriter, store: Store) -> None:
        page_dir = store.path / "runs" / writer.run_id
        with self.clock.stage("drawing the report", 0) as tick:
            run = Run(writer.path)
            html = report_bytes(run, self.settings, page_dir=page_dir, tick=tick, draw=not run.meta.n_unread)
        writer.bytes("report.html", html)
        writer.json("timings", _timings(writer, self.clock))


def _rules(available: Sequence[Rule], settings: Settings) -> tuple[Rule, ...]:
    """The rules that the settings choose; refuses bad thresholds and unknown rules before any work."""
    if not available:
        return ()
    chosen = catalogue.choose(available, select=settings.select, ignore=settings.ignore)
    if unknown := catalogue.unknown_rules(available, settings.rules):
        catalogue.find(unknown[0])  # raises, with the nearest name as the hint
    for rule in chosen:
        catalogue.options_for(rule, settings.rules)
    of_one = tuple(rule for rule in chosen if not rule.of_two_sets)
    if chosen and not of_one:
        raise UsageError(
            f"{chosen[0].code} is about two sets", hint="compare them with: dsaudit drift REFERENCE CURRENT"
        )
    return of_one


@dataclass(frozen=True, slots=True)
class LedgerState:
    """Every row of a ledger, its name, and the hash of its last row; nothing where there is none, or none is asked."""

    rows: tuple[Decision, ...] = ()
    where: str = ""
    head: str = ""

    @property
    def pace(self) -> int | None:
        """Items that people got through in an hour; None where that cannot be told."""
        rows = [row for row in self.rows if row.actor != MODEL and row.action != "revert" and row.at]
        if not rows:
            return None
        from datetime import datetime

        from dsaudit.analysis.model.next_hour import items_per_hour

        seconds = [datetime.fromisoformat(row.at).timestamp() for row in rows]
        batches = [row.request_id.partition("/")[0] if "/" in row.request_id else "" for row in rows]
        return items_per_hour(seconds, [row.actor for row in rows], batches)


def decided(settings: Settings, store: Store) -> LedgerState:
    """People's decisions, as far as the settings allow and a ledger exists."""
    place = place_of(ledger_url(settings.ledger, beside=store.path))
    if not settings.memory or (place.path and not place.path.is_file()):
        return LedgerState()
    from dsaudit.relabel.ledger.ledger import Ledger  # a database toolkit: only where there is something to read

    where = place.path or place.url
    if not Ledger.exists(where):
        return LedgerState()
    with Ledger.open(where, create=False, read_only=True) as ledger:
        return LedgerState(tuple(ledger.rows()), ledger.where, ledger.head())


def corrected_fields(dataset: Dataset, decisions: LedgerState, store: Store) -> Corrected:
    """The dataset with fields as people corrected them, where they decided on any."""
    memory = Memory(decisions.rows)
    if not memory.of_fields():
        return Corrected(dataset)
    uris = dataset.items["uri"]
    hashes = content_hashes(uris, cache=store.cache)
    return corrected(dataset, memory, [hashes[uri] for uri in uris])


def silence(judgement: Judgement, review: Review) -> tuple[Judgement, pd.DataFrame, ReviewFacts | None]:
    """Findings that still speak, a table of those that people have dealt with, and the facts of the review."""
    by = silenced(judgement.findings, review.resolutions)
    table = findings_table(replace(f, state="reviewed") for k, f in enumerate(judgement.findings) if k in by)
    table["evidence"] = [to_json(e, indent=None) for e in table["evidence"]]
    table["silenced_by"] = [by[k] for k in sorted(by)]
    facts = review.facts and replace(review.facts, silenced=silenced_facts(judgement.findings, by))
    speaking = tuple(f for k, f in enumerate(judgement.findings) if k not in by)
    return replace(judgement, findings=speaking), table, facts


def told_causes(
    causes: Sequence[ErrorCause], culprits: Sequence[Culprit], dataset: Dataset, rules: Sequence[Rule]
) -> tuple[ErrorCause, ...]:
    """Each cause with its sentence, for which the rules' headlines give the words."""
    kind, headlines = kind_for(dataset.modality), {r.code: r.headline[1] for r in rules}
    source = dataset.group_source
    texts = [cause_text(one, kind=kind, headlines=headlines, group_source=source, culprits=culprits) for one in causes]
    return tuple(replace(one, text=text) for one, text in zip(causes, texts, strict=True))


def _source_path(source: Source) -> str | None:
    if hasattr(source, "columns"):
        return None
    return full_address(source) if is_remote(os.fspath(source)) else safe_text(str(absolute(source)))


class Clock:
    """Stages that are shown while they run, and their durations."""

    def __init__(self, progress: Progress) -> None:
        self.started, self.began = time.monotonic(), time.time()
        self.stages: dict[str, float] = {}
        self._progress = progress
        self._file: StatusFile | None = None

    def watched_by(self, file: StatusFile) -> None:
        """Have the file told from now on how far everything is."""
        self._file = file

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a stage of ``total`` steps and remember how long it took."""
        started, began, done = time.monotonic(), time.time(), 0

        def tell(n: int) -> None:
            nonlocal done
            done += n
            if self._file is not None:
                self._file.tell(name, began, done, total, self.stages)

        try:
            with self._progress.stage(name, total) as tick:
                tell(0)

                def both(n: int) -> None:
                    tick(n)
                    tell(n)

                yield both
        finally:
            self.stages[name] = round(self.stages.get(name, 0.0) + time.monotonic() - started, 3)
            give_back()


def open_source(
    source: Source,
    settings: Settings,
    kind: Kind,
    *,
    most: int = 0,
    unlabelled: str | None = None,
    indexes: Cache | None = None,
) -> Dataset:
    """The dataset as the settings describe it, with a pool beside it where one is named; a sample of more than ``most``
    items, where they name no size."""
    from dsaudit.dataset import open_dataset

    dataset = open_dataset(
        source,
        kind,
        path_column=settings.path_column,
        label_column=settings.label_column,
        split_column=settings.split_column,
        group_column=settings.group_column,
        group_pattern=settings.group_pattern,
        label_pattern=settings.label_pattern,
        id_column=settings.id_column,
        text_column=settings.text_column,
        segment_columns=settings.segment_columns,
        column_types=settings.column_type,
        root=settings.root,
        unlabelled=unlabelled,
        sample=settings.sample or most or None,
        seed=settings.seed,
        indexes=indexes,
    )
    if dataset.sampled_from and not settings.sample:
        n, many = dataset.sampled_from, kind.nouns.many
        note = f"of {n:,} {many} {most:,} are looked at, drawn evenly over the classes; --sample {n} looks at all"
        dataset = replace(dataset, notes=(note, *dataset.notes))
    media = media_for(kind.name)
    if isinstance(media, Explaining):
        dataset = media.explained(dataset)
    if settings.sources.get("modality") != RECOGNISED:
        return dataset
    read_as = f"read as {kind.nouns.many}; --modality says otherwise"
    return replace(dataset, notes=(read_as, *dataset.notes))


def _write_tables(writer: RunWriter, context: Context, evidence: Evidence, judged: _Judged) -> None:
    items = with_texts(context.dataset.items)
    writer.table("items", items.assign(uri=[uri and safe_text(uri) for uri in items["uri"]]))
    writer.table("measurements", context.measurements)
    for name in ("embeddings", "neighbours", "projection", "dynamics", "label_quality", "arguments"):
        table = evidence.find(name)
        if table is not None:
            writer.table(name, table)
    surveyed = evidence.find("survey")
    if surveyed is not None and set(FIELD_DOUBTS) <= set(surveyed.columns):
        writer.table("field_doubts", surveyed[list(FIELD_DOUBTS)].dropna(subset=["fields"]))
    if (agreed := evidence.find("consensus")) is not None:
        writer.table("consensus", agreed.labels)
    baseline = evidence.find("baseline")
    if baseline is not None:
        writer.table("predictions", baseline.table(context.items["label"]))
        if (found := evidence.find("unlabelled")) is not None:
            writer.table("unlabelled", found.table)
        if baseline.tuning:
            writer.json("tuning", baseline.tuning)
    findings = findings_table(judged.judgement.findings)
    writer.records("findings", findings)
    findings["evidence"] = [to_json(e, indent=None) for e in findings["evidence"]]
    writer.table("findings", findings)
    if isinstance(context.media, Overviewing) and (context.measurements["status"] == "ok").all():
        writer.json("overview", context.media.overview(items, findings))
    writer.json("metrics", judged.metrics)
    if len(judged.quiet):
        writer.table("silenced", judged.quiet)


def _write_meta(
    writer: RunWriter, context: Context, evidence: Evidence, judged: _Judged, *, source_path: str | None
) -> None:
    from dsaudit import __version__
    from dsaudit.dataset import fingerprint

    dataset, settings, judgement = context.dataset, context.settings, judged.judgement
    baseline, embedded = evidence.find("baseline"), evidence.find("embedded")
    left_out = [NotDone(what, reason) for what, reason in skipped(evidence).items()]
    left_out += [NotDone(f"{o.rule.code} {o.rule.name}", o.reason) for o in judgement.outcomes if o.outcome != "ran"]
    counts: dict[str, int] = {}
    for finding in judgement.findings:
        counts[finding.severity] = counts.get(finding.severity, 0) + 1
    measured = context.measurements["status"] == "ok"
    torch = bool(embedded and embedded.torch) or bool(baseline and baseline.trained)
    writer.json(
        "rules",
        [
            catalogue.described(o.rule, o.options)
            | {"outcome": o.outcome, "reason": o.reason, "n_checked": o.n_checked, "n_flagged": o.n_flagged}
            for o in judgement.outcomes
        ],
    )
    writer.json(
        "run",
        RunMeta(
            schema_version=SCHEMA_VERSION,
            dsaudit_version=__version__,
            modality=dataset.modality,
            kind=kind_for(dataset.modality).appearance,
            source=dataset.source,
            source_path=source_path,
            root=str(dataset.root),
            review=judged.review,
            n_items=len(dataset.items),
            n_labelled=int(dataset.items["label"].notna().sum()),
            n_measured=int(measured.sum()),
            n_unread=int((context.measurements["status"] == NOT_READ).sum()),
            classes=dataset.classes,
            fingerprint=fingerprint(dataset.items),
            seed=settings.seed,
            sampled_from=dataset.sampled_from,
            group_source=dataset.group_source,
            columns={column.role: column.name for column in dataset.understood.used if column.role != "cell"},
            notes=(*dataset.notes, *context.notes),
            settings={name: SettingUsed(**own) for name, own in settings.described().items()},
            skipped=tuple(left_out),
            counts=counts,
            environment=environment(baseline.device if baseline else "not used", torch=torch),
        ),
    )


def environment(device: str, *, torch: bool) -> Environment:
    """What the results depend on beside data and settings; PyTorch only where it took part."""
    import platform

    packages = {k: v for k, v in package_versions().items() if v and (torch or k != "torch")}
    return Environment(platform.python_version(), platform.platform(), device, packages)


def package_versions() -> dict[str, str | None]:
    """Installed versions of the packages that the results depend on; None where missing."""
    from importlib.metadata import PackageNotFoundError, version

    names = (
        "torch numpy scipy pandas pyarrow scikit-learn faiss-cpu umap-learn plotly librosa soundfile soxr onnx"
        " livekit-wakeword"
    )
    found: dict[str, str | None] = {}
    for name in names.split():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _timings(writer: RunWriter, clock: Clock) -> Timings:
    return Timings(writer.run_id, writer.created_at, round(time.monotonic() - clock.started, 3), clock.stages)


def report_bytes(
    run: Run,
    settings: Settings,
    *,
    page_dir: Path,
    tick: Callable[[int], None] = lambda n: None,
    draw: bool = True,
) -> bytes:
    """The HTML report of a run whose tables are written; ``draw``: with pictures and sound."""
    from dsaudit.report.emit.html import render_report

    previews = Previewer.of(run, jobs=settings.jobs, progress=tick) if draw else None
    cap_bytes = int(settings.report_mb * 2**20)
    try:
        html = render_report(run, previews=previews, cap_bytes=cap_bytes, page_dir=page_dir)
    except ValueError as error:
        raise UsageError(f"the report does not fit: {error}", hint="allow more with --report-mb") from error
    if previews is not None:
        previews.save()
    return html
