from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from store.make_schema import meta, records, review_facts

from dsaudit.media import kind_for
from dsaudit.report.emit.html import render_report
from dsaudit.report.emit.terminal import render_terminal
from dsaudit.report.say.reviewed import in_one_line, reviewed
from dsaudit.store.schema.run import SilencedFacts
from report.make_run import make_run

if TYPE_CHECKING:
    from pathlib import Path

FACTS = review_facts(
    n_decided=50,
    n_confirmed=40,
    n_corrected=7,
    n_excluded=2,
    n_disputed=1,
    n_changed=1,
    changed=("cat/<b>.wav",),
    people={"ana": 45, "ben": 6},
    silenced=SilencedFacts(41, by_actor={"ana": 38, "ben": 3}, by_rule={"LBL001": 30, "AUD002": 11}),
)


def test_who_silenced_how_much_leads() -> None:
    found = reviewed(meta(review=FACTS), records(), kind_for("audio").nouns)
    assert found is not None
    assert found.title == "41 findings stay silent: settled by ana (38) and ben (3)"
    assert found.people == (("ana", 45, 38), ("ben", 6, 3))
    assert found.rules == (("LBL001", "label-error-candidate", 30), ("AUD002", "quiet-clip", 11))
    text = in_one_line(found)
    for said in ("40 clips confirmed", "7 clips judged under", "2 clips left out", "1 clip disputed", "1 clip changed"):
        assert said in text
    assert "could not tell" not in text


def test_without_decisions_there_is_no_section(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert reviewed(run.meta, run.rules, run.kind.nouns) is None
    assert b'id="sec-review"' not in render_report(run, previews=None)


def test_report_and_terminal_say_it(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.meta = replace(run.meta, review=FACTS)
    page = render_report(run, previews=None).decode()
    assert "41 findings stay silent" in page
    assert "cat/&lt;b&gt;.wav" in page
    assert "41 findings stay silent" in render_terminal(run)
