"""What the command line and notebooks both call. Every command has its function here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsaudit.config import load_settings
from dsaudit.errors import DatasetError, StoreError, UsageError
from dsaudit.files import write_atomic, writing
from dsaudit.store import Run
from dsaudit.types import SEVERITIES

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.analysis.truth import TruthScore
    from dsaudit.engine.progress import Progress

    Source = str | os.PathLike[str] | pd.DataFrame


def audit(
    source: Source,
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Run:
    """Audit a labelled dataset and write a run folder with its report.

    Parameters
    ----------
    source : path or DataFrame
        Folder with one sub-folder per class; CSV, TSV, JSONL or Parquet manifest; or a DataFrame with
        ``path`` and ``label`` and optionally ``split``, ``group``, ``id``.
    out : path, optional
        Where results go; by default ``.dsaudit`` beside the data.
    progress : Progress, optional
        Told about stages of work; silent by default.
    **settings
        Fields of ``dsaudit.config.Settings``; they win over environment and settings file.

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
    """
    from dsaudit.pipeline import run_audit

    return run_audit(source, load_settings(_near(source), flags=settings), out=_path(out), progress=progress)


def train(
    source: Source,
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Run:
    """Train the baseline alone; ``run.metrics["baseline"]`` has its held-out scores, ``run.path / "model"`` the model.

    Parameters as for ``audit``.

    Raises
    ------
    InconclusiveError
        There is too little to train on; the message says of what.
    """
    from dsaudit.pipeline import run_training

    return run_training(source, load_settings(_near(source), flags=settings), out=_path(out), progress=progress)


def browse(
    source: Source,
    *,
    output: str | os.PathLike[str] = "browse.html",
    per_class: int = 12,
    progress: Progress | None = None,
    **settings: Any,
) -> Path:
    """Write a contact sheet: a random sample of every class with players and pictures.

    Parameters
    ----------
    output : path
        The HTML file.
    per_class : int
        Items drawn from each class, 1 or more.

    Returns
    -------
    Path
        The file written.
    """
    from dsaudit.engine.progress import Silent
    from dsaudit.media import media_for
    from dsaudit.media.previews import Previewer
    from dsaudit.pipeline import open_source
    from dsaudit.report.sheet import render_sheet

    chosen = load_settings(_near(source), flags=settings)
    media = media_for(chosen.modality)
    dataset = open_source(source, chosen, media)
    target = Path(output)
    with (progress or Silent()).stage("drawing", 0) as tick:
        html = render_sheet(
            dataset,
            media=media,
            n_per_class=per_class,
            seed=chosen.seed,
            cap_bytes=int(chosen.report_mb * 2**20),
            page_dir=target.absolute().parent,
            previews=Previewer(media, jobs=chosen.jobs, progress=tick),
        )
    _write_page(target, html)
    return target


def open_run(path: str | os.PathLike[str]) -> Run:
    """Open a run folder, or the newest run of a dataset.

    Raises
    ------
    RunError
        There is none, or it was written by a newer version.
    """
    return Run.open(path)


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
    """
    from dsaudit.engine.progress import Silent
    from dsaudit.pipeline import report_bytes

    settings = load_settings(None, flags={"report_mb": report_mb, "jobs": jobs})
    target = Path(output) if output is not None else run.report_path
    with (progress or Silent()).stage("drawing the report", 0) as tick:
        html = report_bytes(run, settings, cache=None, page_dir=target.absolute().parent, tick=tick)
    _write_page(target, html)
    return target


def demo(*, out: str | os.PathLike[str], progress: Progress | None = None, **settings: Any) -> tuple[Run, TruthScore]:
    """Audit the sample recordings and compare the findings with their planted faults.

    Raises
    ------
    DatasetError
        The sample recordings are not installed.
    """
    import pandas as pd

    from dsaudit.analysis.truth import compare_with_truth

    here = Path(__file__).parent
    folder = next((p for p in (here / "sample_data", here.parent / "sample_data") if (p / "truth.csv").is_file()), None)
    if folder is None:
        raise DatasetError("the sample recordings are not installed", hint="install dsaudit from its source folder")
    run = audit(folder / "manifest.csv", out=out, progress=progress, **settings)
    truth = pd.read_csv(folder / "truth.csv", dtype=str, keep_default_na=False)
    skipped = frozenset(r["name"] for r in run.rules if r["outcome"] == "skipped")
    if _ffmpeg():
        skipped |= {"no-decoder"}  # with ffmpeg there is nothing that it could find
    return run, compare_with_truth(run.findings, truth, skipped=skipped)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of ``doctor``.

    Attributes
    ----------
    what, found : str
    ok : bool
    optional : bool
        Whether an audit works without it.
    hint : str
        What to do where it is not ok.
    """

    what: str
    ok: bool
    found: str
    optional: bool = False
    hint: str = ""


def doctor() -> tuple[Check, ...]:
    """Examine the installation: versions, device, pretrained weights by checksum, decoders."""
    import platform
    import sys

    from dsaudit import __version__
    from dsaudit.pipeline import package_versions

    checks = [
        Check("dsaudit", True, __version__),
        Check("python", True, f"{platform.python_version()} on {platform.platform()}, {sys.executable}"),
    ]
    versions = package_versions()
    checks += [Check(name, bool(v), v or "not installed", hint=f"pip install {name}") for name, v in versions.items()]
    try:
        from dsaudit.model.device import pick_device

        checks.append(Check("device", True, str(pick_device("auto"))))
    except ImportError as error:
        checks.append(
            Check("device", False, f"torch cannot be imported: {error}", hint="pip install 'torch>=2.6,<2.14'")
        )
    from dsaudit.model.backbone import BACKBONES

    for backbone in BACKBONES:
        state = backbone.check()
        checks.append(
            Check(f"weights {backbone.name}", state.ok, f"{state.detail} ({backbone.licence})", hint=backbone.pip_line)
        )
    try:
        import soundfile

        formats = ", ".join(sorted(soundfile.available_formats()))
        checks.append(Check("decoder", True, f"libsndfile {soundfile.__libsndfile_version__}: {formats}"))
    except (ImportError, OSError) as error:
        checks.append(Check("decoder", False, f"soundfile: {error}", hint="pip install soundfile"))
    ffmpeg = _ffmpeg()
    checks.append(
        Check(
            "ffmpeg",
            bool(ffmpeg),
            ffmpeg or "not found: M4A, AAC, WMA, AMR and video containers cannot be read",
            optional=True,
            hint="install the ffmpeg program and have it on PATH",
        )
    )
    return tuple(checks)


def exit_code(run: Run) -> int:
    """Exit code of an audit: 0 clean, 1 findings at or above ``fail_on``, 3 nothing was measured."""
    if not run.meta["n_measured"]:
        return 3
    threshold = run.meta["settings"]["fail_on"]["value"]
    if threshold == "never":
        return 0
    severe = SEVERITIES[: SEVERITIES.index(threshold) + 1]
    return int(any(run.meta["counts"].get(s, 0) for s in severe))


def _ffmpeg() -> str | None:
    import shutil

    return shutil.which("ffmpeg")


def _near(source: Source) -> Path | None:
    if isinstance(source, str | os.PathLike):
        return Path(source).expanduser()
    if not hasattr(source, "columns"):
        raise UsageError(
            f"a dataset is a path or a DataFrame, not {type(source).__name__}",
            hint='as in: dsaudit.audit("recordings/")',
        )
    return None


def _path(out: str | os.PathLike[str] | None) -> Path | None:
    return Path(out).expanduser() if out is not None else None


def _write_page(target: Path, html: bytes) -> None:
    if target.is_dir():
        raise StoreError(f"{target} is a folder", hint="name a file, as in: --output report.html")
    with writing(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, lambda p: p.write_bytes(html))
