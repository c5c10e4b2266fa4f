"""What the whole set tells of a text: garbage, another language, a cut, shared and telling phrases."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

from dsaudit.media.text import garble
from dsaudit.media.text.garble import strange_share, surprise
from dsaudit.media.text.language import MIXED, languages
from dsaudit.media.text.phrase import label_words, shared_sentences, telling_phrases
from dsaudit.media.text.survey import COLUMNS, survey
from dsaudit.media.text.truncation import cut_texts
from media.text.prose import sentences

FOREIGN = {
    "German": "Mein Paket liegt seit drei Tagen im Lager, und niemand weiß etwas davon",
    "French": "Je voudrais savoir pourquoi ma carte de paiement ne fonctionne plus",
    "Spanish": "No puedo entrar en mi cuenta desde el martes por la tarde",
    "Italian": "Vorrei sapere quando arriva la mia nuova carta di credito",
    "Portuguese": "Não consigo entrar na minha conta desde ontem à noite",
    "Dutch": "Ik wil graag weten waarom mijn kaart niet meer werkt in de winkel",
    "Polish": "Proszę o przesłanie faktury na adres naszej firmy w tym tygodniu",
    "Turkish": "Lütfen siparişlerden birini iptal eder misiniz, yanlışlıkla verdim",
    "Russian": "Почему моя карта больше не работает в магазине",
    "Greek": "Γιατί δεν λειτουργεί πια η κάρτα μου στο κατάστημα",
}


def test_garbage_costs_more_bits_than_any_sentence() -> None:
    rng = random.Random(1)
    plain = list(sentences())
    some = rng.sample(plain, 12)
    keys = ["".join(c if c == " " else rng.choice("qwertzuiopasdfghjkl") for c in t) for t in some[:4]]
    shuffled = [" ".join("".join(rng.sample(w, len(w))) for w in t.split()) for t in some[4:8]]
    cases = ["".join(rng.choice((c.lower(), c.upper())) for c in t) for t in some[8:]]
    strange = strange_share([*plain, *keys, *shuffled], np.arange(len(plain) + 8) % 5)
    assert strange[-8:].min() > np.quantile(strange[: len(plain)], 0.99)
    mean, n_read = surprise([*plain, *keys, *shuffled, *cases], np.arange(len(plain) + 12) % 5)
    assert np.median(mean[: len(plain)]) < 3.0
    assert mean[len(plain) :].min() > np.quantile(mean[: len(plain)], 0.99)
    assert n_read[0] == len(plain[0]) + 1


def test_what_characters_cost_is_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["", "b", *(f"{what} é{'a' * k} \ud800" for k in range(4) for what in ("open the door", "the doors", "語"))]
    folds = np.array([k % 4 for k in range(len(texts))])
    monkeypatch.setattr(garble, "_AT_ONCE", 40)  # of 200 characters
    monkeypatch.setattr(garble, "_TEXTS_AT_ONCE", 3)
    known = len({letter for text in texts for letter in f"\x02{text}\x03"})
    wanted = []
    for text, fold in zip(texts, folds, strict=True):
        others = [f"\x02{other}\x03" for other, of in zip(texts, folds, strict=True) if of != fold]
        bits, own = 0.0, f"\x02{text}\x03"
        for at in range(1, len(own)):
            chance = 1.0 / (known + 1.0)
            for n, pull in enumerate((1.0, 3.0, 2.0, 2.0, 2.0)):
                behind = (
                    own[max(0, at - n) : at],
                    at >= n,
                )  # a context that reaches before the text begins is known as such
                after = [o[k] for o in others for k in range(len(o)) if (o[max(0, k - n) : k], k >= n) == behind]
                chance = (after.count(own[at]) + pull * chance) / (len(after) + pull)
            bits -= np.log2(chance)
        wanted.append(bits / (len(text) + 1) if text else np.nan)
    mean, n_read = garble.surprise(texts, folds)
    np.testing.assert_allclose(mean, wanted, rtol=1e-12)
    assert n_read.tolist() == [len(text) + 1 for text in texts]


def test_a_text_is_not_read_by_what_it_taught() -> None:
    plain = list(sentences())
    odd = "zqxjk vwpbf zqxjk vwpbf zqxjk vwpbf"
    alone, _ = surprise([*plain, odd, odd], np.r_[np.arange(len(plain)) % 5, 3, 3])
    known, _ = surprise([*plain, odd, odd], np.r_[np.arange(len(plain)) % 5, 3, 4])
    assert alone[-1] > 6.0
    assert known[-1] < 3.0


@pytest.mark.parametrize("language", FOREIGN)
def test_another_language_is_named(language: str) -> None:
    found = languages([*sentences(), FOREIGN[language]])
    assert found.own == "English"
    told = found.others[-1]
    assert told is not None
    assert told.name == language
    assert sum(one is not None for one in found.others[:-1]) <= len(sentences()) // 100


@pytest.mark.parametrize(
    "text", ["ok", "super", "Café Déjà Vu", "Goa Delhi Mumbai trip", "naan paneer masala and biryani were great"]
)
def test_what_nobody_can_place_is_left_alone(text: str) -> None:
    assert languages([*sentences(), text]).others[-1] is None


def test_a_language_in_foreign_letters_is_mixed_and_sets_of_several_have_none() -> None:
    told = languages([*sentences(), "bahut accha khana tha yaar"]).others[-1]
    assert told is not None
    assert told.name == MIXED
    assert languages([*sentences()[:40], *[FOREIGN["German"] + f" {k}" for k in range(40)]]).own == ""


def lengths(n: int) -> list[str]:
    rng = random.Random(2)
    return [" ".join(rng.sample(sentences(), rng.randrange(2, 9))) for _ in range(n)]


def test_texts_of_a_source_that_was_cut_are_found() -> None:
    texts = lengths(200)
    source = ["old" if k % 3 == 0 else "web" for k in range(200)]
    cut = [s == "old" and len(t) > 512 for t, s in zip(texts, source, strict=True)]
    whole = [t[:512] if c else t for t, c in zip(texts, cut, strict=True)]
    found = cut_texts(whole, [(s,) for s in source])
    hit = [one is not None for one, c in zip(found, cut, strict=True) if c]
    assert np.mean(hit) >= 0.95
    assert not any(one for one, c in zip(found, cut, strict=True) if not c)
    assert "512 characters" in str(next(one for one in found if one))


def test_a_cut_that_fell_on_the_end_of_a_sentence_is_found_beside_many() -> None:
    rng = random.Random(3)
    texts = [" ".join(rng.choices([*sentences()], k=rng.randrange(2, 30))) for _ in range(300)]
    cut = [len(t) > 412 for t in texts]
    broken = [t[:412].rstrip() if c else t for t, c in zip(texts, cut, strict=True)]
    tidy = [k for k, c in enumerate(cut) if c and broken[k][-1] in ".?!"]
    found = cut_texts(broken, [()] * 300)
    assert len(tidy) >= 2
    assert all(found[k] for k in tidy)
    assert not any(one for one, text in zip(found, broken, strict=True) if len(text) < 411)


def test_tidy_texts_of_one_length_are_no_cut() -> None:
    texts = lengths(150)
    for k in range(0, 150, 15):
        texts[k] = texts[k][:510].rstrip().ljust(511, "x") + "."
    assert not any(cut_texts(texts, [("a",)] * 150))


def test_without_full_stops_a_cut_shows_in_torn_words() -> None:
    texts = [t.lower().rstrip(".").replace(".", "") for t in lengths(300)]
    found = cut_texts([t[:280] for t in texts], [()] * 300)
    assert np.mean([one is not None for one, t in zip(found, texts, strict=True) if len(t) > 280]) >= 0.9
    assert not any(one for one, t in zip(found, texts, strict=True) if len(t) < 279)
    assert not any(cut_texts(texts, [()] * 300))


def test_where_most_words_stand_in_one_text_alone_none_is_torn() -> None:
    rng = random.Random(4)
    texts = [" ".join("".join(rng.choices("abcdefghij", k=5)) for _ in range(9)) for _ in range(200)]
    assert not any(cut_texts(texts, [()] * 200))


def test_a_last_word_of_texts_of_many_lengths_is_not_torn() -> None:
    texts = [f"{' '.join(t.lower().rstrip('.').split()[: 4 + k % 5])} {k} wide" for k, t in enumerate(sentences()[:90])]
    assert not any(cut_texts(texts, [()] * 90))


def test_letters_in_reverse_are_known_by_the_words_of_the_others() -> None:
    verbs, things = ("افتح", "اغلق", "شغل"), ("الباب", "النافذة", "الضوء", "الراديو")
    texts = [f"{verb} {thing} {k}" for k in range(3) for verb in verbs for thing in things]
    turned = [text[::-1] for text in texts[::7]]
    frame = pd.DataFrame({"label": None, "group": None}, index=range(len(texts) + len(turned) + 1), dtype=object)
    found = survey([*texts, *turned, "open the door"], frame)["turned"].notna()
    assert found.tolist() == [False] * len(texts) + [True] * len(turned) + [False]


def test_little_words_of_another_language_make_a_text_mixed() -> None:
    mixed = {
        "service ekdum best hai": "Hindi in Latin letters",
        "kya bakwas service, never again": "Hindi in Latin letters",
        "the hotel was nice pero muy caro honestly": "Spanish",
        "Das Update ist really bad": "German",
    }
    right = ["naan paneer masala and biryani were great", "a flight from Los Angeles to Las Vegas", "Hai Bhai of Agra"]
    found = languages([*sentences(), *mixed, *right]).others[len(sentences()) :]
    assert [one.name for one in found[: len(mixed)] if one] == [f"mixed with {name}" for name in mixed.values()]
    assert found[len(mixed) :] == [None, None, None]


def test_a_footer_is_shared_and_what_a_set_is_made_of_is_not() -> None:
    footer = "This message is meant for the addressee alone; tell us if it reached you in error."
    mails = [f"{s} {footer}" if k % 9 == 0 else f"{s} {sentences()[-k]}" for k, s in enumerate(sentences()[:180])]
    found = shared_sentences(mails)
    assert [k for k, one in enumerate(found) if one] == list(range(0, 180, 9))
    few = [
        "Staff were kind.",
        "The room was bright.",
        "Breakfast came warm today.",
        "We would like to return.",
        "It rained.",
    ]
    made = [f"{few[k % 5]} {few[(k // 5) % 5]} {few[(k // 25) % 5]}" for k in range(125)]
    assert not any(shared_sentences(made))


def test_marks_name_their_label_and_words_in_sentences_do_not() -> None:
    labels = ["irony", "sincere", "advert", "card_arrival", "1"]
    texts = [
        "late #Irony!!",
        "[SINCERE] well",
        "so (rated 1/5, class=advert)",
        "card-arrival: where is it",
        "rated label=1",
    ]
    found, others = label_words(texts, labels)
    assert all(found)
    assert set(others.values()) == {0}
    assert not any(
        label_words(
            ["the irony of it", "an advert", "1 day", "my card arrival"], ["irony", "advert", "1", "card_arrival"]
        )[0]
    )
    assert label_words(["so #irony", "what #irony"], ["irony", "sincere"])[1] == {"irony": 1}


def test_a_phrase_of_one_class_is_counted_and_one_of_two_is_not() -> None:
    texts = [f"Form 27b. {s}" if k % 2 else s for k, s in enumerate(sentences()[:120])]
    labels = ["rental" if k % 2 else "other" for k in range(120)]
    (one,) = telling_phrases(texts, labels, [None] * 120, [None] * 120)
    assert (one.label, one.phrase, one.n_own, one.n_class, one.n_others, one.n_rest) == (
        "rental",
        "Form 27b.",
        60,
        60,
        0,
        60,
    )
    assert not telling_phrases(texts, ["a" if k % 4 < 2 else "b" for k in range(120)], [None] * 120, [None] * 120)


def test_a_survey_has_its_columns_whatever_the_set() -> None:
    for texts in ([], ["a"], ["", "日本語", "x" * 9_000]):
        items = pd.DataFrame({"label": None, "group": None}, index=[f"i{k}" for k in range(len(texts))], dtype=object)
        assert list(survey(texts, items).columns) == list(COLUMNS)
