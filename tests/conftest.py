"""What every test may ask for."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# tests run on every core: none of them, nor what they start, may take a second one
os.environ.setdefault("OMP_NUM_THREADS", "1")

# the same examples every time: what fails here fails for everybody
hypothesis.settings.register_profile("fixed", derandomize=True)
hypothesis.settings.load_profile("fixed")

_ROOT = Path(__file__).parents[1]
_CHROMIUM = os.environ.get("DSAUDIT_CHROMIUM")
_REAL_DATA = Path(os.environ.get("DSAUDIT_REAL_DATA") or _ROOT.parent / "shared" / "data")


def pytest_xdist_auto_num_workers() -> int:
    """A worker more than there are cores: a fifth of the time goes into waiting for browsers, servers and processes."""
    from dsaudit.engine.local import n_jobs

    return n_jobs(None) + 1


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """``real_data("esc10")`` is that folder of real recordings; the test is skipped where it is absent."""

    def folder(name: str) -> Path:
        path = _REAL_DATA / name
        if not path.exists():
            pytest.skip(f"real data absent: {path} (set DSAUDIT_REAL_DATA)")
        return path

    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; the test is skipped where there is none."""
    # the one without windows takes half of the time
    candidates = (_CHROMIUM, "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next((p for c in candidates if c and (p := shutil.which(c))), None)
    if found is None:
        pytest.skip("no Chromium on PATH (set DSAUDIT_CHROMIUM)")
    return found


@pytest.fixture(scope="module")  # while it is there its event loop runs, and no test can have one of its own
def browser(chromium: str) -> Iterator[Any]:
    """A Chromium driven by Playwright that plays without being touched."""
    api = pytest.importorskip("playwright.sync_api")
    flags = ["--no-sandbox", "--headless=new", "--disable-gpu", "--no-first-run", "--disable-sync"]
    flags += ["--disable-background-networking", "--disable-component-update"]
    with api.sync_playwright() as play:
        started = play.chromium.launch(
            executable_path=chromium, args=[*flags, "--autoplay-policy=no-user-gesture-required"]
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """``once(name, make)``: a folder that ``make`` fills once for all workers; who writes there copies it."""

    def at(name: str, make: Callable[[Path], None]) -> Path:
        place = tmp_path_factory.getbasetemp()
        place = (place.parent if "PYTEST_XDIST_WORKER" in os.environ else place) / name
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            made = place.with_suffix(".made")
            if not made.exists():
                make(place)
                made.touch()
        return place

    return at


@pytest.fixture(scope="session")
def audited_words(once: Callable[..., Path]) -> tuple[Path, Path]:
    """Easily learnt words, and the results of their audit."""

    def make(place: Path) -> None:
        from fabric import write_dataset

        import dsaudit

        dsaudit.audit(write_dataset(place / "words"), out=place / "results", jobs=1)

    place = once("audited_words", make)
    return place / "words", place / "results"


@pytest.fixture(scope="session")
def doubted_words(once: Callable[..., Path]) -> Path:
    """The same words, with the results of their audit among them: the first four of ``low`` lie in ``mid``, their names
    with an x before them, and one of ``high`` can hardly be heard."""

    def make(root: Path) -> None:
        from fabric import word, write_dataset, write_wav

        import dsaudit

        write_dataset(root)
        for path in sorted((root / "low").iterdir())[:4]:
            path.rename(root / "mid" / f"x{path.name}")
        write_wav(root / "high" / "feed0001_nohash_9.wav", 0.001 * word(99, pitch_hz=110.0 * 1.7**2))
        dsaudit.audit(root, jobs=1)

    return once("doubted_words", make)


@pytest.fixture
def doubted(doubted_words: Path, tmp_path: Path) -> Path:
    """A copy of ``doubted_words`` that was not audited yet, but is read and learnt already."""
    return shutil.copytree(doubted_words, tmp_path / "words", ignore=shutil.ignore_patterns("runs"))


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done to items is done in this process, for tests that count it or put something in its place."""
    from dsaudit.engine import mapping
    from dsaudit.media import scan

    def here(fn: Any, batches: Any, **options: Any) -> Any:
        return map(fn, batches)

    for module in (mapping, scan):
        monkeypatch.setattr(module, "map_batches", here)


@pytest.fixture
def warm(audited_words: tuple[Path, Path]) -> Callable[[Path], Path]:
    """``warm(out)``: results in which the items of ``audited_words`` are read already, for an audit of that folder."""

    def at(out: Path) -> Path:
        shutil.copytree(audited_words[1] / "cache", out / "cache")
        return out

    return at


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("DSAUDIT_"):
            monkeypatch.delenv(name)
