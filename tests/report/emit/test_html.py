from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from store.make_schema import metrics

from dsaudit.media import kind_for
from dsaudit.report.emit.html import CAP_BYTES, render_report
from report.make_run import HOSTILE, clean_run, empty_run, make_run, previewer

if TYPE_CHECKING:
    from pathlib import Path


def data_of(html: bytes) -> dict[str, Any]:
    kind, text = re.search(rb'<script type="application/(json|gzip)" id="data">(.*?)</script>', html).groups()  # type: ignore[union-attr]
    found: dict[str, Any] = json.loads(gzip.decompress(b64decode(text)) if kind == b"gzip" else text)
    return found


def blocks_of(html: bytes) -> dict[int, dict[str, Any]]:
    return {
        int(k): json.loads(text)
        for k, text in re.findall(rb'<script type="application/json" id="m(\d+)">(.*?)</script>', html)
    }


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (render_report(make_run(tmp_path), previews=previewer()) for _ in range(2))
    assert first == second


def test_it_asks_nothing_of_any_network(tmp_path: Path) -> None:
    html = render_report(make_run(tmp_path), previews=previewer())
    assert b"default-src &#39;none&#39;" in html
    assert not re.search(rb'(?:src|href)="(?:https?:)?//', html)


def test_markup_in_names_stays_text(tmp_path: Path) -> None:
    html = render_report(make_run(tmp_path, classes=HOSTILE), previews=previewer()).decode()
    assert "<script>alert" not in html
    assert "\u202e" not in html.split("</main>")[0]
    assert len(re.findall("</script>", html)) == len(re.findall("<script", html))
    assert not re.search('href="javascript:', html)


def test_everything_clean_and_everything_empty_are_said(tmp_path: Path) -> None:
    clean = render_report(clean_run(tmp_path), previews=previewer()).decode()
    assert "That is good news" in clean
    assert "11 checks came back clean" in clean
    assert "1 check was <a" in clean
    empty = render_report(empty_run(tmp_path), previews=previewer()).decode()
    assert "There are no clips in this dataset" in empty
    assert "There are no labelled items" in empty


def test_a_page_without_a_model_says_what_judges_labels(tmp_path: Path) -> None:
    run = clean_run(tmp_path)
    assert "--encoder" not in render_report(run, previews=None).decode().split("</main>")[0]
    run.metrics = replace(run.metrics, baseline=None)
    run.meta = replace(
        run.meta,
        source_path="/data/mail",
        kind=replace(kind_for("text").appearance, encoder_hint="sentence-transformers:NAME"),
    )
    html = render_report(run, previews=None).decode()
    command = re.search("Next, judge the labels, too:.*?<code>(.*?)</code>", html)
    assert re.sub("<.*?>", "", command[1]) == "dsaudit audit /data/mail --encoder sentence-transformers:NAME"
    assert "Labels were not judged" not in html  # the title has said so


def test_items_come_worst_first_and_all_play_when_they_fit(tmp_path: Path) -> None:
    html = render_report(make_run(tmp_path), previews=previewer())
    data = data_of(html)
    assert data["items"]["id"][0] in {i for i in data["items"]["id"] if i.endswith(".wav")}
    assert data["findings"][0][0] == next(k for k, r in enumerate(data["rules"]) if r["code"] == "SPL001")
    assert all("d" in b for b in blocks_of(html).values())
    assert len(blocks_of(html)) == 240


@pytest.mark.parametrize("cap_mib", [4, 8])
def test_beyond_the_cap_come_pictures_then_links(tmp_path: Path, cap_mib: int) -> None:
    html = render_report(make_run(tmp_path, n=3000), previews=previewer(seconds=2), cap_bytes=cap_mib * 2**20)
    assert len(html) <= cap_mib * 2**20
    assert f"kept under {cap_mib} MiB".encode() in html
    blocks = blocks_of(html)
    full = [k for k, b in blocks.items() if "d" in b]
    pictures = [k for k, b in blocks.items() if "d" not in b]
    assert full == list(range(len(full)))
    assert pictures == list(range(len(full), len(blocks)))
    assert 0 < len(full) < len(blocks) < 3000


def test_more_items_than_a_page_holds_stay_under_the_cap(tmp_path: Path) -> None:
    html = render_report(make_run(tmp_path, n=51_000), previews=previewer())
    assert 5 * 2**20 < len(html) <= CAP_BYTES
    assert b"a random 50,000 of 51,000" in html
    data = data_of(html)
    assert max(sum(f[0] == k for f in data["findings"]) for k in range(12)) == 500
    assert b"the rest are in findings.parquet" in html


def test_a_cap_that_nothing_fits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the cap is"):
        render_report(make_run(tmp_path), previews=previewer(), cap_bytes=2**20)


def test_an_item_without_a_preview_says_why(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert run.items is not None
    name = run.items.index[-1].rpartition("/")[2]
    data = data_of(render_report(run, previews=previewer(broken=frozenset({name}))))
    assert list(data["failed"].values()) == [f"{name}: not a recording"]


def test_originals_are_linked_from_where_the_page_lies(tmp_path: Path) -> None:
    run = make_run(tmp_path / "out" / "runs" / "x", classes=HOSTILE)
    run.meta = replace(run.meta, root=str(tmp_path / "my words#1"))
    assert run.items is not None
    run.items["uri"] = [str(tmp_path / "my words#1" / i) for i in run.items.index]
    data = data_of(render_report(run, previews=previewer(), page_dir=tmp_path / "out"))
    assert data["base"] == "../my%20words%231"
    assert data["elsewhere"] == {}


def test_absent_tables_leave_a_report(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for name in ("predictions", "projection", "neighbours", "measurements", "findings"):
        setattr(run, name, None)
    run.metrics = metrics()
    html = render_report(run, previews=None).decode()
    assert "No model was trained" in html
    assert 'href="#sec-map"' not in html  # nothing in the menu that is not on the page
