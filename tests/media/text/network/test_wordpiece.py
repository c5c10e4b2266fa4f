"""Pieces are those of BERT's own tokeniser: known by heart for a few texts, and by the library where it is there."""

from __future__ import annotations

import pytest

from dsaudit.media.text.network.wordpiece import FIRST, LAST, MAX_PIECES, UNKNOWN, pieces, vocabulary

KNOWN = {
    "Where is my card?": [2073, 2003, 2026, 4003, 1029],
    "  naïve CAFÉ\t": [15743, 7668],
    "unaffordable": [14477, 4246, 8551, 3085],
    "x_y $5": [1060, 1035, 1061, 1002, 1019],
    "日本": [1864, 1876],
    "a\u200bb\ufffdc": [5925],
    "🤖": [UNKNOWN],
    "": [],
}


@pytest.mark.parametrize("text", KNOWN)
def test_known_texts(text):
    assert pieces(text) == [FIRST, *KNOWN[text], LAST]


def test_the_vocabulary_is_whole():
    known = vocabulary()
    assert len(known) == 30_522
    assert (known["[PAD]"], known["[CLS]"], known["[SEP]"], known["##～"]) == (0, FIRST, LAST, 30_521)


def test_long_and_strange_texts_cost_little():
    assert len(pieces("word " * 10_000)) == MAX_PIECES
    assert pieces("x" * 1_000_000) == [FIRST, UNKNOWN, LAST]
    assert pieces("\ud800 card \x00") == [FIRST, 4003, LAST]
    assert len(pieces("好" * 1_000, most=9)) == 9


def test_it_agrees_with_the_library():
    tokenizers = pytest.importorskip("tokenizers", reason="the tokenizers library is not installed")
    theirs = tokenizers.Tokenizer(tokenizers.models.WordPiece(dict(vocabulary()), unk_token="[UNK]"))
    theirs.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    texts = [
        *KNOWN,
        "نص عربي هنا مُشَكَّل، שלום",
        "日本語のテキストと한국어",
        "Ελληνικά İstanbul Straße ǅ",
        "हिन्दी में ไทย",
        "don't (stop)… «now» – 5€ 3½ ² end\u3000end\u2028end",
        "👍🏽 e\u0301le\u0300ve \u00ad\u202ertl",
        "antidisestablishmentarianism " + "y" * 101,
    ]
    assert [pieces(text)[1:-1] for text in texts] == [theirs.encode(text).ids for text in texts]
