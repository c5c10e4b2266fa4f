"""How fast the re-labelling screen is: from the key press to the next item painted, and how many bytes an item costs.

Run by hand: ``python tests/benchmarks/bench_screen.py RUN [--n 250] [--pause-ms 150] [--latency-ms 0]``, where RUN is
a finished run, for instance of ../shared/data/speech_commands. A real Chromium goes through the queue by keyboard;
decisions go into a throw-away ledger. Per decision it takes the time of the key event as the browser stamps it, and the
time at which the frame that shows the next item has been handed to the screen: the article is new, its picture is
decoded, and two animation frames have begun since, so that the first of them is painted.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
from pathlib import Path

from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.screen.address import take_address
from dsaudit.relabel.screen.server import make_server
from dsaudit.relabel.screen.session import Session
from dsaudit.relabel.screen.web import create_app
from dsaudit.store.run import Run

TARGET_MS = 100.0
WATCH = """() => {
  window.took = [];
  let pressed = null;
  addEventListener('keydown', (event) => { pressed = event.timeStamp; }, true);
  const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  new MutationObserver(async () => {
    const article = document.querySelector('article[data-k]');
    if (!article || pressed === null || article === window.last) return;
    window.last = article;
    const from = pressed;
    pressed = null;
    const picture = article.querySelector('img.spectrum, img.photo');
    const ready = !picture || picture.complete;
    if (picture && !ready) await picture.decode().catch(() => {});
    await painted();
    window.took.push({ ms: performance.now() - from, ready });
  }).observe(document.querySelector('#main'), { childList: true, subtree: true });
}"""


def serve(run: Run, ledger: Ledger):
    session = Session(run, ledger, actor="bench")
    place = take_address("127.0.0.1", 0)
    up = threading.Event()
    app = create_app(session, allowed_hosts=place.allowed_hosts, token=place.token)
    server = make_server(app, ready=up.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place.listener]}, daemon=True)
    thread.start()
    up.wait(30)
    return place.url, server, thread


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--n", type=int, default=250)
    parser.add_argument("--pause-ms", type=int, default=150, help="between the arrival of an item and the next key")
    parser.add_argument("--latency-ms", type=int, default=0, help="added to every request, as of a server far away")
    args = parser.parse_args()
    chromium = next(p for c in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(c)))
    run = Run.open(args.run)
    with tempfile.TemporaryDirectory() as folder, Ledger.open(Path(folder) / "ledger.sqlite") as ledger:
        url, server, thread = serve(run, ledger)
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--headless=new", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            network = page.context.new_cdp_session(page)
            network.send("Network.enable")
            if args.latency_ms:
                limits = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
                network.send("Network.emulateNetworkConditions", {**limits, "latency": args.latency_ms})
            sent = []
            network.on("Network.loadingFinished", lambda e: sent.append(e["encodedDataLength"]))
            page.goto(url)
            page.wait_for_selector("article[data-k]")
            page.wait_for_timeout(1500)
            first_load = sum(sent)
            page.evaluate(WATCH)
            keys = "c1cucxcs2c"
            waiting = page.evaluate("window.dsaudit.state.queue.left") - 1  # behind the last comes no picture
            for j in range(min(args.n, waiting)):
                page.keyboard.press(keys[j % len(keys)])
                while page.evaluate("window.took.length") < j + 1:
                    page.wait_for_timeout(5)
                page.wait_for_timeout(args.pause_ms)
            while page.evaluate("window.dsaudit.outbox.pending.length"):
                page.wait_for_timeout(20)
            took = page.evaluate("window.took")
            browser.close()
        server.should_exit = True
        thread.join(20)
        stored = ledger.count()
    ms = [t["ms"] for t in took]
    late = sum(not t["ready"] for t in took)
    print(f"{len(ms)} decisions, {stored} rows in the ledger, {late} pictures not ready on arrival")
    print(
        f"key to next item painted: median {statistics.median(ms):.0f} ms, p95 {quantile(ms, 0.95):.0f} ms, "
        f"max {max(ms):.0f} ms (target {TARGET_MS:.0f})"
    )
    each = (sum(sent) - first_load) / len(ms)
    print(f"first page with its 9 items {first_load / 1024:.0f} KiB, then {each / 1024:.1f} KiB per item")


if __name__ == "__main__":
    main()
