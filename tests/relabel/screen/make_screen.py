"""A review served from a thread, and a window on it: what the tests of the screen are made of."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.memory import Memory, Resolution
from dsaudit.store.files import frame_to_parquet
from dsaudit.store.run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from dsaudit.types import Decision

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ITEM = "article[data-k]"
# Browsers refuse so before the first gesture; a driven one counts every question as a gesture.
SILENT = """let heard = false;
addEventListener('keydown', () => { heard = true; }, true);
const { play } = HTMLMediaElement.prototype;
HTMLMediaElement.prototype.play = function () {
  return heard ? play.call(this) : Promise.reject(new DOMException('no gesture', 'NotAllowedError'));
};"""


class Served:
    """A review on a port of its own, that can go away and come back on the same port."""

    def __init__(self, run: Run, ledger: Path, **options: Any) -> None:
        self.run, self.path, self.options, self.port = run, ledger, options, 0
        self.start()

    def start(self) -> None:
        from dsaudit.relabel.screen.address import take_address
        from dsaudit.relabel.screen.server import make_server
        from dsaudit.relabel.screen.session import Session
        from dsaudit.relabel.screen.web import create_app

        self.ledger = Ledger.open(self.path)
        self.session = Session(self.run, self.ledger, **self.options)
        for _ in range(50):
            with suppress(Exception):
                place = take_address("127.0.0.1", self.port)
                break
            time.sleep(0.1)
        self.place, self.port, self.url = place, place.port, place.url
        up = threading.Event()
        app = create_app(self.session, allowed_hosts=place.allowed_hosts, token=place.token)
        self.server = make_server(app, ready=up.set)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [place.listener]})
        self.thread.start()
        assert up.wait(20)

    def stop(self) -> None:
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(20)
        self.place.listener.close()
        self.session.close()
        self.ledger.close()

    def rows(self) -> list[Decision]:
        return self.ledger.rows()

    def alive(self) -> list[Decision]:
        return Memory(self.rows()).since(0)

    def stands(self) -> dict[str, Resolution]:
        assert self.run.items is not None
        return Memory(self.rows()).resolve(self.run.items["content_hash"].to_dict())


class Screen:
    """A window of one person, and what it said to the console."""

    def __init__(self, page: Any, served: Served) -> None:
        self.page, self.served = page, served
        self.noise: list[str] = []
        page.on("console", lambda m: self.noise.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.noise.append(f"exception: {e}"))
        page.set_default_timeout(10_000)

    def begin(self, actor: str = "anna", *, fragment: str = "") -> Screen:
        self.page.goto(self.served.url + fragment)
        self.page.wait_for_selector("#start[open]")
        self.page.fill("#actor", actor)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("html[data-ready]", state="attached")
        return self

    def ready(self) -> dict[str, Any]:
        """The item on screen, once it is there and so is the next one."""
        self.page.wait_for_selector(f"#main {ITEM}")
        self.until("!window.dsaudit.screen.queue || !window.dsaudit.screen.queue.filling")
        found = self.page.evaluate(
            "(({card, decided}) => ({...card, said: decided}))(window.dsaudit.screen.queue.current)"
        )
        assert str(found["k"]) == self.page.get_attribute(ITEM, "data-k")
        return dict(found)

    def until(self, expression: str, arg: Any = None) -> None:
        """Wait for something true in the page. (Playwright's own way needs ``eval``, which the page forbids.)"""
        end = time.monotonic() + 10
        while not self.page.evaluate(expression, arg):
            assert time.monotonic() < end, expression
            self.page.wait_for_timeout(20)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def stored(self, n: int) -> list[Decision]:
        """Rows of the ledger, as soon as there are ``n``, and never more."""
        until = time.monotonic() + 10
        while len(rows := self.served.rows()) < n and time.monotonic() < until:
            self.page.wait_for_timeout(20)
        self.until("!window.dsaudit.outbox.pending.length")
        rows = self.served.rows()
        assert len(rows) == n, rows
        return rows

    def text(self, selector: str) -> str:
        return str(self.page.text_content(selector))

    def sideways(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def number_of(card: dict[str, Any], *, given: bool) -> tuple[int, str]:
    """A number key that stands for the given label, or the best one for another, and its label."""
    for j, s in enumerate(card["suggestions"], 1):
        if (s["label"] == card["label"]) is given:
            return j, s["label"]
    raise AssertionError(card)


def odd_run(run: Run, folder: Path) -> Run:
    """The same run with labels of every kind, no model, and one recording that is gone."""
    shutil.copytree(run.path, folder)
    (folder / "predictions.parquet").unlink()
    odd = Run.open(folder)
    assert odd.items is not None
    items = odd.items.copy()
    names = {"high": "<img src=x onerror=alert(1)>", "low": "قطة <b>", "mid": "m" * 120}
    items["label"] = [names[v] if j % 3 else f"class {j:03d}" for j, v in enumerate(items["label"])]
    first = odd.findings.query("code == 'LBL001'")["subject"].iloc[0]
    items.loc[first, "uri"] = str(odd.root / "low" / "gone.wav")
    frame_to_parquet(items, folder / "items.parquet")
    return Run.open(folder)
