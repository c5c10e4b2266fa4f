from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dsaudit.media import kind_for
from dsaudit.report.emit.html import render_report
from dsaudit.report.emit.json import render_json
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.report.say.causes import cause_text, causes_of, told_causes
from dsaudit.report.say.headline import headlines
from dsaudit.store.schema.metrics import ErrorCause, ErrorFact, ErrorsMeant, FurtherFact
from dsaudit.types import Estimate
from report.emit.test_html import data_of
from report.make_run import make_run

if TYPE_CHECKING:
    from pathlib import Path

    from report.make_run import FakeRun

CUT = ErrorFact("finding", "truncated-end", None, "AUD004", None, None)
PERSON = ErrorFact("group", "group", "ann", None, None, None)
SOFT = ErrorFact("band", "loudest_rms_dbfs", "low", None, None, -38.2)
RATE = ErrorFact("value", "sample_rate_hz", "8000", None, None, None)
TEST = ErrorFact("split", "split", "test", None, None, None)
SUFFIX = ErrorFact("value", "file_suffix", ".ogg", None, None, None)
HEADLINES = {"AUD004": "{flagged} end in the middle of a sound"}


def statement(cause: ErrorFact, given: str | None = "off", predicted: str | None = "up", **more: Any) -> ErrorCause:
    kind = "pair" if given and predicted else "given" if given else "class" if predicted else "all"
    one = ErrorCause(
        errors=ErrorsMeant(kind, given, predicted),
        cause=cause,
        n=38,
        of=51,
        rate_rest=0.12,
        lift=Estimate(6.21, 3.91, 9.82),
        excess=31.9,
        p_value=0.002,
        also=(),
        item_ids=(),
    )
    return replace(one, **more)


def said(one: ErrorCause, **more: Any) -> str:
    return cause_text(one, kind=kind_for("audio"), headlines=HEADLINES, **more)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (CUT, "end in the middle of a sound"),
        (replace(CUT, code="XXX001"), "are flagged by truncated-end"),
        (PERSON, "come from one speaker, `ann`"),
        (SOFT, "are quiet (loudest RMS below −38 dBFS)"),
        (replace(SOFT, name="cliff_db", high=-0.04), "have cliff below 0 dB"),
        (RATE, "have sample rate 8,000 Hz"),
        (replace(RATE, name="active_s", value="0"), "have no sound"),
        (SUFFIX, "have file suffix `.ogg`"),
        (TEST, "are in the split `test`"),
    ],
)
def test_each_kind_of_cause_has_its_words(cause: ErrorFact, words: str) -> None:
    text = said(statement(cause), group_source="speaker in the file name")
    assert text == f"38 of 51 `off` clips heard as `up` {words}"


def test_each_kind_of_errors_has_its_words() -> None:
    assert said(statement(CUT, predicted=None)).startswith("38 of 51 `off` clips heard as something else end")
    assert said(statement(CUT, given=None)).startswith("38 of 51 clips wrongly heard as `up` end")
    assert said(statement(CUT, None, None)).startswith("38 of 51 clips that the model gets wrong end")
    assert "come from one group, `ann`" in said(statement(PERSON), group_source="column 'who'")


def with_causes(path: Path, *told: ErrorCause) -> FakeRun:
    run = make_run(path, n=400)
    assert run.predictions is not None
    wrong = run.predictions.index[run.predictions["given"] != run.predictions["predicted"]]
    causes = tuple(replace(one, item_ids=tuple(wrong[4 * k : 4 * k + 4])) for k, one in enumerate(told))
    run.metrics = replace(run.metrics, causes=causes)
    return run


def test_share_lift_interval_and_what_also_holds(tmp_path: Path) -> None:
    one = statement(CUT, also=(FurtherFact(PERSON, 31), FurtherFact(SOFT, 9)))
    (cause,) = causes_of(with_causes(tmp_path, one))
    assert (
        cause.detail
        == "75\u00a0% of these errors, 12\u00a0% of the rest of `off`: 3.9 to 9.8 times as often (95\u00a0%)"
    )
    assert cause.also == "31 of them come from one speaker, `ann`"  # 9 of 38 is not worth a word
    assert (cause.key, cause.n, cause.measurements) == ("cause:0", 38, ("loudest_rms_dbfs",))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"rate_rest": 0.0}, "of these errors, none of the rest of `off`"),
        ({"lift": Estimate(13.1, 3.8, 45.1)}, ": at least 3.8 times as often (95\u00a0%)"),
        ({"lift": Estimate(216.0, 13.2, 3570.0)}, ": at least 13 times as often (95\u00a0%)"),
        ({"lift": Estimate(13.1, math.nan, math.nan)}, "12\u00a0% of the rest of `off`"),
    ],
)
def test_a_lift_that_nobody_can_know_is_not_spelled_out(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    (cause,) = causes_of(with_causes(tmp_path, statement(CUT, **more)))
    assert cause.detail.endswith(said)


def test_they_are_told_in_one_order_everywhere(tmp_path: Path) -> None:
    run = with_causes(tmp_path, *[statement(CUT, None, None, n=30 + k) for k in range(5)])
    texts = [c.text for c in told_causes(run)]
    assert [c["text"] for c in json.loads(render_json(run))["causes"]] == texts
    for page in (render_terminal(run, width=100), render_report(run, previews=None).decode()):
        at = [page.find(f"{30 + k} of 51") for k in range(3)]
        assert -1 not in at
        assert at == sorted(at)
    assert not {h.text for h in headlines(run)} & set(texts)  # they are no actions


def test_the_same_errors_in_other_words_are_listed_once_at_the_top(tmp_path: Path) -> None:
    run = with_causes(tmp_path, statement(CUT), statement(SOFT), statement(PERSON, predicted=None))
    first, soft, person = run.metrics.causes
    soft = replace(soft, item_ids=(*first.item_ids[:3], "another"))  # three quarters of them
    person = replace(person, item_ids=first.item_ids)  # of other errors: another story
    run.metrics = replace(run.metrics, causes=(first, soft, person))
    assert [c.retells for c in causes_of(run)] == [False, True, False]
    assert [c.key for c in told_causes(run)] == ["cause:0", "cause:2"]
    html = render_report(run, previews=None).decode()
    assert "#list=cause%3A1" not in html
    assert html.count("#list=cause%3A0") == 1  # among the causes, not among what to do as well


@pytest.mark.parametrize(
    ("source", "holder"),
    [("column 'speaker'", "speaker"), ("column 'Speaker_ID'", "speaker"), ("column 'x7'", "group"), ("", "group")],
)
def test_a_group_has_the_name_of_its_column_where_that_is_a_word(source: str, holder: str) -> None:
    assert f"come from one {holder}, `ann`" in said(statement(PERSON), group_source=source)


def test_the_page_lists_them_and_knows_their_items(tmp_path: Path) -> None:
    hostile = statement(replace(PERSON, value="<script>alert(1)</script>"), also=(FurtherFact(SOFT, 9),))
    run = with_causes(tmp_path, statement(CUT), hostile)
    html = render_report(run, previews=None).decode()
    assert 'id="sec-causes"' in html
    assert "<script>alert(1)" not in html
    assert html.count("#list=cause") >= 2
    listed = data_of(html.encode())["lists"]
    assert [listed[f"cause:{k}"][0] for k in (0, 1)] == [c.text for c in causes_of(run)]
    assert 'id="sec-causes"' not in render_report(make_run(tmp_path, n=60), previews=None).decode()


def test_the_terminal_says_the_first_three(tmp_path: Path) -> None:
    told = [statement(CUT, n=30 + k, excess=0.1) for k in range(4)]
    text = render_terminal(with_causes(tmp_path, *told), width=100)
    assert "30 of 51" in text
    assert "32 of 51" in text
    assert "33 of 51" not in text
