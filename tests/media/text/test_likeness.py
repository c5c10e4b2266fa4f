"""Which texts are proposed as copies, and what makes two of them one."""

from __future__ import annotations

import random

import numpy as np
import pytest

from dsaudit.media.base import Likeness
from dsaudit.media.text.candidate import candidates, passages, sketches
from dsaudit.media.text.likeness import likeness, look
from dsaudit.media.text.normal import plain
from media.text.prose import sentences


def one(a: str, b: str) -> Likeness:
    return likeness(look(a), look(b))


def pairs_of(texts: list[str]) -> set[tuple[int, int]]:
    bare = [plain(text) for text in texts]
    return {(min(p), max(p)) for p in candidates(sketches(bare), [passages(text) for text in bare]).tolist()}


def slips(text: str, rng: random.Random) -> str:
    words = text.split()
    k = max(range(len(words)), key=lambda k: len(words[k]))
    at = rng.randrange(1, len(words[k]) - 2)
    words[k] = words[k][:at] + words[k][at + 1] + words[k][at] + words[k][at + 2 :]
    return " ".join(words)


EDITS = {
    "a slip": slips,
    "a filler": lambda text, rng: text.replace(" ", " really ", 1),
    "punctuation": lambda text, rng: text.rstrip(".").upper() + "!",
    "around": lambda text, rng: f"Forwarded, please answer: {text} (closed by the desk)",
}


@pytest.mark.parametrize("edit", EDITS)
def test_copies_are_proposed_and_held_to_be_one(edit: str) -> None:
    rng = random.Random(3)
    plainly = [s for s in sentences() if len(s) >= 50][:150]
    texts = [*plainly, *(EDITS[edit](text, rng) for text in plainly)]
    found = pairs_of(texts)
    hit = [(k, k + 150) in found and one(texts[k], texts[k + 150]).same for k in range(150)]
    assert np.mean(hit) >= 0.95
    alike = {p for p in pairs_of(plainly) if one(plainly[p[0]], plainly[p[1]]).same}
    others = {(a % 150, b % 150) for a, b in found if (b - a) % 150 and one(texts[a], texts[b]).same}
    assert len({tuple(sorted(p)) for p in others} - alike) <= 4


@pytest.mark.parametrize(
    ("a", "b", "edit"),
    [
        ("Where is my new card", "Where is my new card, please", "one word more: please"),
        ("I recieved the wrong item", "I received the wrong item", "spelt otherwise: received"),
        ("Is my card on its way now?", "I wonder: is my card on its way now? Thanks.", "3 words more around it"),
        ("Why is the card late", "why is the CARD late?", "case and punctuation differ"),
    ],
)
def test_what_differs_is_said(a: str, b: str, edit: str) -> None:
    told = one(a, b)
    assert told.same
    assert told.edit == edit


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("I want to cancel my order", "I do not want to cancel my order"),
        ("order 12 is late again", "order 13 is late again"),
        ("set a five minute timer please", "set a two minute timer please"),
        ("Activate my card please", "Deactivate my card please"),
        ("Where is my virtual card", "Where is my card"),
        ("transfer from Ann to Bob today", "transfer from Bob to Ann today"),
        ("My card was lost in town", "My card was cost in town"),
        ("How do I get my card?", "How do I get my card to work?"),
        ("close my account today", "Please do not: close my account today"),
        ("我想取消订单", "我不想取消订单"),
        ("hey there", "hello there"),
        ("a", "b"),
    ],
)
def test_negations_numbers_and_words_of_content_make_two_texts(a: str, b: str) -> None:
    assert not one(a, b).same
    assert not one(b, a).same


def test_very_many_alike_have_few_partners_each() -> None:
    texts = [f"Your order number {k} is on its way to you now" for k in range(400)]
    found = pairs_of(texts)
    assert 0 < len(found) <= 400 * 10


def test_nothing_to_compare() -> None:
    assert pairs_of([]) == set()
    assert pairs_of(["", "a", "ab"]) == set()
    assert sketches(["", "abc"])[0] == ""
    assert len(sketches(["", "abc"])[1]) == 192


def test_sketches_do_not_depend_on_their_company() -> None:
    texts = [plain(s) for s in sentences()[:50]]
    assert sketches(texts) == [sketches([text])[0] for text in texts]
