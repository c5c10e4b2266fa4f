"""Rules on texts, on one set with every fault planted: all of it is found, and hardly anything else."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from media.text.prose import sentences

from dsaudit import catalogue
from dsaudit.dataset.inline import inline_uri
from dsaudit.media import media_for

FAULTS = {
    "mojibake": [
        "I’m at the café “Möwe”, señor.".encode().decode("cp1252", "replace"),
        "Tr\ufffds bien, merci beaucoup!",
    ],
    "markup": ["<p>It rained.<br/>We left.</p>", "Smith &amp; Sons sold the house."],
    "control-characters": ["The pay\u200bment did not go through at all.", "It bee\x07ps."],
    "look-alikes": ["Please verify yоur pаypal account today."],
    "placeholder": ["Lorem ipsum dolor sit amet, consectetur.", "n/a", "asdf"],
    "garbled": [
        "asdkjh qweoiu zxmcnb lkjasd qpwoei mnbzxc alskdj",
        "Tgaehk ymo ryve cumh rof hte imed eosrpn I tawn noe",
    ],
    "wrong-language": ["Mein Paket liegt seit drei Tagen im Lager und niemand weiß es."],
    "shouting": ["WHY DOES NOBODY ANSWER MY LETTERS", "It is sooooooo late again, and nobody cares about it."],
    "personal-data": ["Write to ann@example.org about it.", "I paid with 4111 1111 1111 1111 yesterday."],
    "too-long": [" ".join(sentences()[:60])],
    "no-words": ["🔥🔥", "https://example.org/a"],
}


@cache
def tables() -> dict[str, pd.DataFrame]:
    rng = random.Random(1)
    plain = [f"{s} #rain" if k % 10 == 0 else s for k, s in enumerate(sentences()[60:400])]
    texts = [*plain, *(text for some in FAULTS.values() for text in some)]
    labels = ["rain" if k % 2 == 0 else "sun" for k in range(len(plain))]
    labels += [rng.choice(["rain", "sun"]) for _ in texts[len(plain) :]]
    uris = [inline_uri(text) for text in texts]
    items = pd.DataFrame({"uri": uris, "label": labels, "group": None}, index=texts, dtype=object)
    media = media_for("text")
    measured = pd.DataFrame([{"status": "ok"} | media.measure(Path(uri)) for uri in uris], index=texts)
    return {"items": items, "measurements": measured, "survey": media.survey(texts, items)}


def found(name: str) -> pd.DataFrame:
    rule = catalogue.find(name)
    table = rule.run(*(tables()[need] for need in rule.needs))
    return table[table["flagged"].astype(bool)]


@pytest.mark.parametrize("name", FAULTS)
def test_planted_ones_are_found_and_the_rest_is_left_alone(name: str) -> None:
    flagged = set(found(name).index)
    assert set(FAULTS[name]) <= flagged
    also = {text for some in FAULTS.values() for text in some}
    assert len(flagged - also) <= 3, flagged - also


def test_garbage_has_one_reason() -> None:
    others = {t for name, some in FAULTS.items() if name not in ("garbled", "too-long") for t in some}
    assert not set(found("garbled").index) & others
    assert not set(found("wrong-language").index) & set(FAULTS["garbled"])


def test_a_text_stored_as_it_is_shown_was_decoded_wrongly() -> None:
    from dsaudit.checks.text.mojibake import mojibake

    measured = pd.DataFrame({"status": "ok", "mix_up": [None, "UTF-8 read as Latin-1", None]}, index=list("abc"))
    told = mojibake(measured, pd.DataFrame({"turned": ["in reverse", None, None]}, index=list("abc")))
    assert told["flagged"].tolist() == [True, True, False]
    assert told.loc["a", "mix_up"] == "in reverse"


def test_a_class_that_is_named_in_its_texts_is_counted() -> None:
    n = len(sentences()[60:400:10])
    table = found("label-in-text")
    assert table.index.tolist() == ["rain"]
    assert table.loc["rain", ["words", "n_own", "n_others"]].tolist() == ["#rain", n, 0]
    assert len(table.loc["rain", "item_ids"]) == n
    assert found("telling-phrase").empty


def test_nothing_personal_is_said_of_personal_data() -> None:
    said = " ".join(map(str, found("personal-data").drop(columns=["score", "flagged"]).to_numpy().ravel()))
    assert "1 e-mail address" in said
    assert "@" not in said
    assert "4111" not in said


def test_what_stands_for_missing_is_a_word_where_missing_texts_are_empty() -> None:
    from dsaudit.checks.text.placeholder import placeholder

    measured = pd.DataFrame({"status": "ok", "placeholder": ["N/A", "asdf", None]}, index=list("abc"))
    assert placeholder(measured).query("flagged").index.tolist() == ["a", "b"]
    for k in range(4):
        measured.loc[f"d{k}"] = ["empty", None]
    assert placeholder(measured).query("flagged").index.tolist() == ["a", "b"]
    measured.loc["e"] = ["empty", None]
    assert placeholder(measured).query("flagged").index.tolist() == ["b"]


def test_fillers_are_not_called_short_and_a_class_of_short_answers_is_meant() -> None:
    from dsaudit.checks.text.too_short import too_short

    index = [f"i{k}" for k in range(60)]
    measured = pd.DataFrame({"n_words": 30.0, "n_characters": 150.0, "placeholder": None}, index=index)
    measured.loc[index[:10], ["n_words", "n_characters"]] = [1.0, 4.0]
    measured.loc[index[0], "placeholder"] = "test"
    labels = pd.DataFrame({"label": ["yes"] * 8 + ["no"] * 52}, index=index)
    assert too_short(labels, measured).query("flagged").index.tolist() == index[8:10]
