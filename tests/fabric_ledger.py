"""Decisions, ledgers and what a ledger must not be afraid of, for tests."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from dsaudit.types import Decision

ROOT = Path(__file__).parents[1]


def decision(actor: str = "alice", action: str = "confirm", item: str = "up/1.wav", **more) -> Decision:
    """A decision that makes sense; the content hash is ``#`` and the item's name unless given."""
    more.setdefault("old_label", "up")
    if action == "confirm":
        more.setdefault("new_label", more["old_label"])
    elif action == "relabel":
        more.setdefault("new_label", "off")
    return Decision(actor, action, item, more.pop("content_hash", f"#{item}"), **more)


def alive(rows: Iterable[Decision]) -> list[Decision]:
    """Rows in force, in order, by a look at all: no reverts, and nothing that a revert in force takes back."""
    rows = sorted(rows, key=lambda d: d.seq)
    dead: set[int] = set()
    for row in reversed(rows):
        if row.action == "revert" and row.seq not in dead:
            dead.add(row.reverts)
    return [row for row in rows if row.action != "revert" and row.seq not in dead]


def on_postgres(address: str, *statements: str) -> list:
    """Run statements beside the ledger's back; returns the rows of the last one."""
    import pg8000.dbapi
    from sqlalchemy import make_url

    url = make_url(address)
    connection = pg8000.dbapi.connect(
        url.username, host=url.host, port=url.port or 5432, database=url.database, password=url.password
    )
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def behind_its_back(place: str, *statements: str) -> list:
    """Run statements on the ledger's own database, guards and all."""
    if "://" in place:
        return on_postgres(place, *statements)
    connection = sqlite3.connect(place, isolation_level=None)
    try:
        rows = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        return rows
    finally:
        connection.close()


def without_guards(place: str) -> str:
    """Take the database's own protection away, as somebody who wants to cheat would."""
    if "://" in place:
        on_postgres(place, "ALTER TABLE dsaudit_decisions DISABLE TRIGGER USER")
    else:
        names = behind_its_back(place, "SELECT name FROM sqlite_master WHERE type = 'trigger'")
        behind_its_back(place, *(f"DROP TRIGGER {name}" for (name,) in names))
    return place


def started(script: str, *arguments: str, **more) -> subprocess.Popen:
    """A second Python process, with its output to read."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **more,
    )


class Naive:
    """The ledger as a plain model: stacks for each person, and a flag on each decision."""

    def __init__(self) -> None:
        self.decisions: list[dict] = []
        self.undo_stack: dict[str, list[list[dict]]] = {}
        self.redo_stack: dict[str, list[list[dict]]] = {}

    def decide(self, decisions: list[Decision]) -> None:
        unit = [{"d": d, "alive": True} for d in decisions]
        self.decisions += unit
        self.undo_stack.setdefault(decisions[0].actor, []).append(unit)
        self.redo_stack[decisions[0].actor] = []

    def undo(self, actor: str) -> int:
        stack = self.undo_stack.get(actor, [])
        while stack:
            unit = [entry for entry in stack.pop() if entry["alive"]]
            if unit:
                return self._kill(actor, unit)
        return 0

    def undo_one(self, actor: str, position: int) -> int:
        """Take back one decision, whoever's it is."""
        entry = self.decisions[position]
        return self._kill(actor, [entry]) if entry["alive"] else 0

    def _kill(self, actor: str, unit: list[dict]) -> int:
        for entry in unit:
            entry["alive"] = False
        self.redo_stack.setdefault(actor, []).append(unit)
        return len(unit)

    def redo(self, actor: str) -> int:
        stack = self.redo_stack.get(actor, [])
        if not stack:
            return 0
        unit = stack.pop()
        for entry in unit:
            entry["alive"] = True
        self._restack()
        return len(unit)

    def _restack(self) -> None:
        """Undo stacks hold what is alive, by the time of the decision, batches together."""
        self.undo_stack = {}
        for entry in self.decisions:
            if entry["alive"]:
                stack = self.undo_stack.setdefault(entry["d"].actor, [])
                batch = entry["d"].request_id.split("/")[0]
                if stack and stack[-1][0]["d"].request_id.split("/")[0] == batch:
                    stack[-1].append(entry)
                else:
                    stack.append([entry])

    def outcome(self, item: str) -> tuple[str, str | None] | None:
        """What stands on an item: everyone's last word, and whether they agree."""
        last: dict[str, Decision] = {}
        for entry in self.decisions:
            d = entry["d"]
            if entry["alive"] and d.item_id == item and d.action != "skip":
                last.pop(d.actor, None)
                last[d.actor] = d
        words = list(last.values())
        if not words:
            return None
        settling = [d for d in words if d.settles]
        words = settling[-1:] or [d for d in words if d.action != "unsure"] or words[-1:]
        said = {(d.action == "exclude", d.action == "unsure", d.new_label) for d in words}
        if len(said) > 1:
            return "disputed", None
        if words[0].action in ("exclude", "unsure"):
            return words[0].action, None
        return "label", words[0].new_label
