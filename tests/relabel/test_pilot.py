"""A question tried on planted people: what it does is told, who answers at random is named, a better wording shows."""

from __future__ import annotations

import json

import numpy as np
import pytest

import dsaudit
from dsaudit.cli import run as command
from dsaudit.errors import InconclusiveError, RunError, UsageError
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.pilot import begin_round, folder_of, pilot_of
from dsaudit.relabel.screen.session import Session
from dsaudit.report.emit.guide import render_guide
from dsaudit.report.say.pilot import told_pilot, warnings
from dsaudit.types import Decision
from relabel.make_review import table, write_run

CLASSES = ("cat", "dog", "owl")


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path, table(90), doubts={f"cat/{k:05d}.wav": ("dog", 0.6) for k in range(0, 30, 3)})


def answer(run, asked, people, *, seed=0, unsure=0):
    """Store what people say: by name the share of their answers that are right, 0 for chance."""
    rng = np.random.default_rng(seed)
    choices = asked.answers or CLASSES
    rows = []
    for k, one in enumerate(asked.items):
        item = run.items.loc[one.item_id]
        true = choices[CLASSES.index(item["label"]) % len(choices)]
        for who, right in people.items():
            said = true if rng.random() < right else str(rng.choice(choices))
            action = "unsure" if k < unsure else "confirm" if said == item["label"] else "relabel"
            label = None if action == "unsure" else said
            rows.append(Decision(who, action, one.item_id, item["content_hash"], item["label"], label, blind=True))
    with Ledger.open(folder_of(run, asked.number) / "ledger.sqlite") as ledger:
        ledger.append(rows)


def test_a_round_is_drawn_of_every_class_and_kind_and_goes_on_under_the_same_question(run):
    asked = begin_round(run, "Which animal?", n=18)
    labels = run.items["label"].reindex([one.item_id for one in asked.items])
    assert labels.value_counts().to_dict() == {"cat": 6, "dog": 6, "owl": 6}
    assert {one.why for one in asked.items} >= {"typical", "border"}
    border = {one.item_id for one in asked.items if one.why == "border" and one.item_id.startswith("cat")}
    assert border <= {f"cat/{k:05d}.wav" for k in range(0, 30, 3)}
    assert begin_round(run, "Which animal?", n=50) == asked
    again = begin_round(run, "Which animal is heard first?", n=50)
    assert (again.number, again.items) == (2, asked.items)
    assert begin_round(run, "Other?", n=18, fresh=True).items != asked.items


def test_the_screen_asks_it_blind_and_offers_the_answers(run):
    asked = begin_round(run, "Would you keep it?", answers=("yes", "no"), n=6)
    filters = dsaudit.Filters(items=tuple((one.item_id, "") for one in asked.items))
    with Ledger.open(folder_of(run, 1) / "ledger.sqlite") as ledger:
        session = Session(
            run, ledger, blind=True, overlap=2, filters=filters, question=asked.question, answers=asked.answers
        )
        try:
            for who in ("ann", "bob"):
                state = session.state(who)
                assert state["question"] == "Would you keep it?"
                assert [c["name"] for c in state["classes"]] == ["no", "yes"]
                cards, left = session.next_cards(who, 1)
                assert left == 6
                assert cards[0]["label"] is None
                assert cards[0]["id"] == asked.items[0].item_id.split("/")[1]  # its folder would tell
                said = {"k": cards[0]["k"], "content_hash": cards[0]["content_hash"], "action": "relabel"}
                session.decide(who, [{**said, "label": "yes" if who == "ann" else "no"}])
        finally:
            session.close()
    (one,) = pilot_of(run).rounds
    assert [(v.who, v.answer) for v in one.splits[0].said] == [("ann", "yes"), ("bob", "no")]
    assert not (run.results / "ledger.sqlite").exists()  # an answer to a draft is no label


def test_who_answers_at_random_is_named_and_left_out_even_of_two(run):
    asked = begin_round(run, "", n=45)
    answer(run, asked, {"ann": 0.9, "bob": 0.0})
    (one,) = pilot_of(run).rounds
    assert {p.name: p.at_random for p in one.people} == {"ann": False, "bob": True}
    asked = begin_round(run, "again", n=45)
    answer(run, asked, {"ann": 0.9, "bob": 0.0, "cy": 0.9}, unsure=3)
    one = pilot_of(run).rounds[-1]
    assert [p.name for p in one.people if p.at_random] == ["bob"]
    assert {p.n_unsure for p in one.people} == {3}
    assert one.agreement.n_people == 2
    assert one.agreement.alpha.low > one.with_all.value
    assert "answers at random, as far as can be told: bob" in warnings(one)[0]


def test_two_people_without_another_voice_are_not_told_apart(run):
    asked = begin_round(run, "keep?", answers=("yes", "no"), n=45)
    answer(run, asked, {"ann": 0.95, "bob": 0.0})
    (one,) = pilot_of(run).rounds
    assert not any(p.at_random for p in one.people)
    assert "no better than chance" in warnings(one)[0]


def test_a_better_wording_shows_and_the_same_wording_does_not(run):
    for question, right in (("first", 0.3), ("second", 0.9), ("third", 0.9)):
        asked = begin_round(run, question, n=45)
        answer(run, asked, dict.fromkeys(("ann", "bob", "cy"), right), seed=asked.number)
    better, same = pilot_of(run).changes
    assert better.n_same == 45
    assert 0.2 < better.alpha.low < better.alpha.value < better.alpha.high < 1.2
    assert same.alpha.low < 0 < same.alpha.high
    lines = told_pilot(pilot_of(run), run.kind.nouns)
    assert any("the new question agrees better" in line for line in lines)
    assert "no difference that is sure" in lines[-1]


def test_people_and_model_part_where_the_data_are_wrong(run):
    asked = begin_round(run, "", n=45)
    answer(run, asked, {"ann": 1.0, "bob": 1.0})
    (one,) = pilot_of(run).rounds
    (parted,) = one.parted
    assert (parted.people, parted.model) == ("cat", "dog")
    assert set(parted.item_ids) <= {f"cat/{k:05d}.wav" for k in range(0, 30, 3)}
    assert one.agreement.percent == 1.0
    assert one.splits == ()


def test_nothing_asked_nobody_there_one_person_one_answer(run, tmp_path, capsys):
    with pytest.raises(InconclusiveError, match="nothing was asked yet"):
        pilot_of(run)
    asked = begin_round(run, "", n=9)
    assert "nobody has answered yet" in "\n".join(told_pilot(pilot_of(run), run.kind.nouns))
    answer(run, asked, {"ann": 1.0})
    assert "no two people" in "\n".join(told_pilot(pilot_of(run), run.kind.nouns))
    asked = begin_round(run, "keep?", answers=("yes", "no"), n=9)
    with Ledger.open(folder_of(run, 2) / "ledger.sqlite") as ledger:
        ids = [one.item_id for one in asked.items]
        hashes = run.items["content_hash"]
        ledger.append([Decision(w, "relabel", i, hashes[i], None, "yes") for w in ("ann", "bob") for i in ids])
    assert "one and the same answer" in "\n".join(told_pilot(pilot_of(run), run.kind.nouns))
    for wrong in (("yes",), ("yes", "yes"), ("yes", "")):
        with pytest.raises(UsageError, match="two answers"):
            begin_round(run, "?", answers=wrong)
    assert command(["pilot", str(run.path), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rounds"]) == 2
    (folder_of(run, 2) / "pilot.json").write_text("{")
    with pytest.raises(RunError, match="damaged"):
        pilot_of(run)


def test_one_class_needs_answers_and_a_run_without_vectors_or_model_draws_at_random(tmp_path):
    bare = write_run(tmp_path, table(30, classes=("cat",)), predicted=False)
    with pytest.raises(UsageError, match="fewer than two classes"):
        begin_round(bare, "is it?")
    asked = begin_round(bare, "is it?", answers=("yes", "no"), n=8)
    assert {one.why for one in asked.items} == {"at random"}
    answer(bare, asked, {"ann": 1.0, "bob": 1.0})
    html = render_guide(bare, pilot_of(bare), previews=None).decode()
    assert 'id="class-1"' in html


def test_the_guide_shows_examples_of_each_class_and_what_is_to_be_decided(run, tmp_path):
    asked = begin_round(run, "Which <animal>?", n=45)
    answer(run, asked, {"ann": 0.8, "bob": 0.8})
    page = tmp_path / "guide.html"
    assert command(["pilot", str(run.path), "--guide", str(page)]) == 0
    html = page.read_text()
    assert "Which &lt;animal&gt;?" in html
    assert "wording that decides" in html
    for name in CLASSES:
        assert f'<bdi class="name">{name}' in html or f"<bdi>{name}</bdi></h2>" in html
    assert "Typical</h3>" in html
    assert "At the border</h3>" in html
    data = json.loads(html.split('id="data">')[1].split("</script>")[0])
    assert len(data["groups"]) == html.count("data-group=")
    assert all(len(group) == len(said) for group, said in zip(data["groups"], data["captions"], strict=True))
    assert render_guide(run, pilot_of(run), previews=None) == render_guide(run, pilot_of(run), previews=None)
    assert "Nobody was asked yet" in render_guide(run, None, previews=None).decode()
