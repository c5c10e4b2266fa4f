from __future__ import annotations

import numpy as np
import pytest

from dsaudit.media.text.likelihood import identifier, likelihoods

TEXTS = [
    "",
    "1234 !?",
    "they never called me back about it",
    "THEY NEVER CALLED ME BACK",
    "das Essen war wirklich gut, aber der Service ließ zu wünschen übrig",
    "Café, tout près de l'église",
    "Cafe\u0301, tout pre\u0300s de l'e\u0301glise",
    "δεν μου άρεσε καθόλου",
    "никто мне не перезвонил",
    "нико ми се није јавио, а niko nije ni pitao",
    "靴のサイズが合わない",
    "لم يتصل بي أحد",
    "मुझे किसी ने फोन नहीं किया",
    "asdkjh qweoiu zxmnb",
    "a lone surrogate \ud83d here",
    "word " * 300,
]


def test_each_is_as_likely_as_the_library_says_of_it_alone():
    found = likelihoods().of(TEXTS)
    names = likelihoods().names
    for text, scores in zip(TEXTS, found, strict=True):
        expected = dict(identifier().rank(text))
        assert set(expected) == set(names)
        np.testing.assert_allclose(scores, [expected[name] for name in names], rtol=1e-5, atol=1e-3)
        assert names[int(scores.argmax())] == next(iter(expected))


@pytest.mark.parametrize("at", [0, 4, 8])
def test_company_changes_nothing(at):
    np.testing.assert_array_equal(likelihoods().of(TEXTS)[at], likelihoods().of([TEXTS[at]])[0])


def test_of_none_there_is_nothing():
    assert likelihoods().of([]).shape == (0, len(likelihoods().names))
