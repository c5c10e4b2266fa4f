"""The pictures of the README, from the sample data: ``python .github/pictures.py`` writes them anew.

Needs what ``pip install ".[test]"`` brings, and a Chromium that Playwright finds.
"""

from __future__ import annotations

import io
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from dsaudit.api import demo
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.screen.address import take_address
from dsaudit.relabel.screen.server import make_server
from dsaudit.relabel.screen.session import Session
from dsaudit.relabel.screen.web import create_app

HERE = Path(__file__).parent
SIZE = {"width": 1100, "height": 760}
CHROMIUM = ("/usr/bin/chromium", "/usr/bin/google-chrome")


def main() -> None:
    """Audit the sample recordings, photograph the report and the screen."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run, _ = demo(out=folder, modality="audio")
        found = next((p for p in CHROMIUM if Path(p).exists()), None)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(run.report_path.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        page.evaluate("document.querySelectorAll('.path bdi').forEach((b) => { b.textContent = 'dsaudit-demo'; })")
        keep(page, "report.png")
        with Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
            session = Session(run, ledger, actor="ann")
            place = take_address("127.0.0.1", 0)
            server = make_server(create_app(session, allowed_hosts=place.allowed_hosts, token=place.token))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [place.listener]})
            thread.start()
            page.goto(place.url)
            page.wait_for_selector("article[data-k]")
            page.mouse.click(400, 240)  # a gesture, and then the browser plays
            page.wait_for_timeout(400)
            keep(page, "screen.png")
            server.should_exit = True
            browser.close()
            thread.join()
            session.close()


def keep(page: Any, name: str) -> None:
    """A screenshot of few colours: some tens of kB."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(96, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(HERE / name, optimize=True)
    sys.stdout.write(f"{name}: {(HERE / name).stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
