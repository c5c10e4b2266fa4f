"""Predictions that were brought along, and rules that need no more: not one item is opened, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fabric import write_dataset

import dsaudit
from dsaudit.api import exit_code
from dsaudit.media import previews, scan
from dsaudit.relabel.memory import Memory
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.types import Decision


@pytest.fixture(scope="module")
def brought(tmp_path_factory):
    """A table of recordings, of which every tenth has the next class's label, and what a model says of them."""
    root = tmp_path_factory.mktemp("brought")
    rng = np.random.default_rng(0)
    true = np.arange(120) % 3
    given = np.where(np.arange(120) % 10 == 0, (true + 1) % 3, true)
    names = np.array(["down", "off", "up"])
    probs = np.full((120, 3), 0.03) + 0.91 * np.eye(3)[true] + rng.uniform(0, 0.01, (120, 3))
    probs /= probs.sum(axis=1, keepdims=True)
    paths = [f"clips/{k:03d}.wav" for k in range(120)]
    table = pd.DataFrame({"path": paths, "label": names[given]})
    table.to_csv(root / "clips.csv", index=False)
    pd.DataFrame(probs, columns=names).assign(path=paths).set_index("path").to_csv(root / "probs.csv")
    return root, set(table["path"][given != true])


def audit(root, **more):
    return dsaudit.audit(root / "clips.csv", pred_probs=str(root / "probs.csv"), jobs=1, modality="audio", **more)


def test_labels_are_judged_without_a_single_file(brought, tmp_path):
    root, wrong = brought
    run = audit(root, select=("LBL",), out=tmp_path / "out")
    found = run.findings[run.findings["code"] == "LBL001"]
    assert set(found["subject"]) == wrong
    assert (run.meta.n_measured, run.meta.n_unread) == (0, 120)
    assert exit_code(run) == 0
    assert "could be measured" not in render_terminal(run)
    assert run.report_path.stat().st_size > 10_000
    assert "nothing was read" in " ".join(s.reason for s in run.meta.skipped)


def test_files_that_are_there_are_not_opened_and_what_is_known_of_them_is_used(brought, tmp_path, monkeypatch):
    root, wrong = brought
    write_dataset(root / "made", per_class=40)
    made = sorted((root / "made").rglob("*.wav"))[:120]
    (root / "clips").mkdir()
    for k, path in enumerate(made):
        path.rename(root / "clips" / f"{k:03d}.wav")
    asked, out = [], tmp_path / "out"
    for module, name in ((scan, "map_batches"), (previews, "map_items")):
        real = getattr(module, name)

        def counted(task, items, real=real, **options):
            items = list(items)
            asked.extend(items)
            return real(task, items, **options)

        monkeypatch.setattr(module, name, counted)
    run = audit(root, select=("LBL",), out=out)
    assert (run.meta.n_unread, asked) == (120, [])
    assert audit(root, select=("AUD002",), out=out, report=False).meta.n_measured == 120
    assert sum(map(len, asked)) == 120  # a rule about recordings reads them
    asked.clear()
    again = audit(root, select=("LBL",), out=out, report=False)
    assert (again.meta.n_unread, asked) == (0, [])
    assert again.items["content_hash"].notna().all()
    assert set(again.findings.loc[again.findings["code"] == "LBL001", "subject"]) == wrong


def test_what_was_decided_before_and_after_an_item_is_read_is_one_memory():
    def said(seq, item, content_hash, rule="LBL001"):
        parts = dict.fromkeys(Decision.__dataclass_fields__)
        parts |= {"seq": seq, "item_id": item, "content_hash": content_hash, "action": "relabel", "new_label": "up"}
        return Decision(**parts | {"actor": "ann", "rule": rule, "request_id": f"r{seq}"})

    memory = Memory([said(1, "a", None), said(2, "b", "1f"), said(3, "c", None, rule="FIL002")])
    assert memory.bytes_of("b") == "1f"
    read = {"a": "0e", "b": "1f", "c": "2d"}
    assert set(memory.resolve(read)) == {"a", "b"}  # c was missing when it was decided: now it must be heard
    assert memory.changed(read) == ["c"]
    assert set(memory.resolve({i: memory.bytes_of(i) for i in read})) == {"a", "b", "c"}
