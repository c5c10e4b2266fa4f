"""Size of the report of clips and of pictures, time to render it and time to open it in headless Chromium.

Run as ``python tests/benchmarks/bench_report.py``; prints one line of JSON per size. Previews are made up, so the
rendering time is that of the page alone.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from report.make_run import WORDS, FakeMedia, make_run, previewer

from dsaudit.media.base import Preview
from dsaudit.media.image import KIND
from dsaudit.media.previews import Previewer
from dsaudit.report.emit.html import render_report

SIZES = (1_730, 10_000, 100_000)


class Pictures(FakeMedia):
    """As large as previews of photographs are: 22 kB, and 1.5 kB for the thumbnail."""

    def __init__(self) -> None:
        super().__init__(mime="image/jpeg")
        grain = np.random.default_rng(0).normal(128, 40, (96, 128, 3)).clip(0, 255).astype(np.uint8)
        self.data, self.thumbnail = (self._file(grain, *form) for form in ((480, "JPEG", 62), (128, "WEBP", 8)))

    @staticmethod
    def _file(grain: np.ndarray[Any, Any], px: int, form: str, quality: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(grain).resize((px, px * 3 // 4)).save(buffer, form, quality=quality)
        return buffer.getvalue()

    def preview(self, path: Path, *, with_data: bool = True) -> Preview:
        return Preview("image/jpeg", self.data if with_data else b"", self.thumbnail)


def opened_s(path: Path, chromium: str) -> dict[str, float]:
    """Seconds until the page answers, and until its map is drawn; medians of 3."""
    from playwright.sync_api import sync_playwright

    ready, drawn = [], []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--headless=new", "--disable-gpu"]
        )
        for _ in range(3):
            page: Any = browser.new_page(viewport={"width": 1280, "height": 900})
            start = time.perf_counter()
            page.goto(path.as_uri())
            page.wait_for_selector("html[data-ready]", state="attached")
            ready.append(time.perf_counter() - start)
            start = time.perf_counter()
            page.evaluate("document.querySelector('#map').scrollIntoView()")
            while not page.evaluate("dsaudit.map.drawn"):  # the page's policy lets nothing in it ask again and again
                page.wait_for_timeout(20)
            drawn.append(time.perf_counter() - start)
            page.close()
        browser.close()
    return {"ready_s": round(sorted(ready)[1], 2), "map_drawn_s": round(sorted(drawn)[1], 2)}


def main() -> None:
    """Measure every size."""
    chromium = os.environ.get("DSAUDIT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        media = (previewer(seconds=1.0), Previewer(cast("Any", Pictures()), jobs=1))
        for (kind, previews), n in itertools.product(zip(("clips", "pictures"), media, strict=True), SIZES):
            run = make_run(Path(folder) / "runs" / "x", n=n, classes=WORDS)
            if kind == "pictures":
                run.meta = replace(run.meta, kind=KIND.appearance)
            start = time.perf_counter()
            html = render_report(run, previews=previews, page_dir=Path(folder))
            figures = {
                "kind": kind,
                "n_items": n,
                "mib": round(len(html) / 2**20, 2),
                "render_s": round(time.perf_counter() - start, 2),
            }
            page = Path(folder) / "report.html"
            page.write_bytes(html)
            print(json.dumps(figures | (opened_s(page, chromium) if chromium else {})))


if __name__ == "__main__":
    main()
