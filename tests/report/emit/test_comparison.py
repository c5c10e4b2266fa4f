"""The comparison as text and as a page, with labels and names that try to break out."""

from __future__ import annotations

import json
import re
import subprocess

import numpy as np
import pandas as pd
import pytest
from comparison.make_pair import world, write_run
from store.make_schema import review_facts

from dsaudit.comparison.compare import compare_runs
from dsaudit.report.emit.comparison import comparison_text, render_comparison
from report.make_run import previewer

EVIL = {"cat": "<script>alert(1)</script>", "dog": "</script>\u202e`x`", "owl": "é" * 90, "pig": "=cmd|'!A0"}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    items = world(900, wrong=0.3, n_groups=60)
    items[["label", "truth"]] = items[["label", "truth"]].replace(EVIL)
    items.index = pd.Index([f"<b>&\n{k}/" + "x" * 90 + ".wav" for k in range(len(items))], name="item_id")
    corrected = items.assign(
        label=items["truth"],
        given_label=items["label"],
        decided_by=np.where(items["truth"] != items["label"], "<i>ann</i>", None),
    ).iloc[40:]
    folder = tmp_path_factory.mktemp("pair")
    first = write_run(folder / "b", items)
    second = write_run(folder / "a", corrected, review=review_facts(people={"<i>ann</i>": 3}, n_excluded=40))
    return first, compare_runs(first, second)


class TestText:
    def test_fits_into_a_hundred_columns_and_holds_both_scores(self, pair):
        text = comparison_text(pair[1])
        assert max(map(len, text.splitlines())) <= 100
        for words in ("original labels", "corrected labels", "Fixed", "Broken", "taken out", "favours models"):
            assert words in text
        assert "\x1b" not in text
        assert "\u202e" not in text
        for s in (pair[1].original, pair[1].corrected):
            assert f"{100 * s.before.value:.1f}%" in text
            assert f"{100 * s.after.value:.1f}%" in text

    def test_narrow(self, pair):
        lines = comparison_text(pair[1], width=60).splitlines()
        assert sum(len(line) > 60 for line in lines) <= 4  # the table of scores alone keeps its width

    def test_a_refusal_says_why_and_what_next(self, pair):
        text = comparison_text(compare_runs(pair[0], pair[0]))
        assert "REFUSED: BEFORE and AFTER are the same run" in text
        assert "Next:" in text


class TestPage:
    def test_is_one_safe_file_the_same_twice(self, pair, tmp_path):
        first = render_comparison(pair[1], before=pair[0], previews=previewer(), page_dir=tmp_path)
        assert first == render_comparison(pair[1], before=pair[0], previews=previewer(), page_dir=tmp_path)
        html = first.decode()
        assert "<script>alert(1)</script>" not in html
        assert "<i>ann" not in html
        assert not re.search(r"""(src|href)=["']?https?:""", html)
        assert "default-src &#39;none&#39;" in html

    def test_holds_every_item_moved_and_both_scores(self, pair, tmp_path):
        html = render_comparison(pair[1], before=pair[0], page_dir=tmp_path).decode()
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html).group(1))
        assert len(data["fixed"]) == len(pair[1].fixed)
        assert len(data["broken"]) == len(pair[1].broken)
        assert {data["items"]["id"][k] for k in data["fixed"]} == {m.item_id for m in pair[1].fixed}
        assert f"{100 * pair[1].original.after.value:.1f}" in html

    def test_without_recordings_and_refused(self, pair, tmp_path):
        html = render_comparison(compare_runs(pair[0], pair[0])).decode()
        assert "These runs cannot be compared" in html
        assert "sec-scores" not in html.replace('href="#sec-scores"', "")

    def test_keeps_its_cap(self, pair, tmp_path):
        small = render_comparison(
            pair[1], before=pair[0], previews=previewer(seconds=3), page_dir=tmp_path, cap_bytes=900_000
        )
        assert len(small) <= 900_000
        with pytest.raises(ValueError, match="the cap is"):
            render_comparison(pair[1], before=pair[0], page_dir=tmp_path, cap_bytes=20_000)

    @pytest.mark.parametrize("width", [390, 1280])
    def test_in_a_browser(self, pair, tmp_path, chromium, width):
        page = tmp_path / "c.html"
        page.write_bytes(render_comparison(pair[1], before=pair[0], previews=previewer(), page_dir=tmp_path))
        done = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
             "--virtual-time-budget=4000", "--dump-dom", page.as_uri()],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        assert 'data-ready="yes"' in done.stdout
        n_tiles = len(re.findall(r'<li class="tile', done.stdout))
        assert n_tiles == min(48, len(pair[1].fixed)) + min(48, len(pair[1].broken))
