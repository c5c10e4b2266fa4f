"""What only the whole set tells of a text: read beside all others."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsaudit.media.text.direction import reversed_texts
from dsaudit.media.text.garble import strange_share, surprise
from dsaudit.media.text.language import languages
from dsaudit.media.text.phrase import label_words, shared_sentences, telling_phrases
from dsaudit.media.text.truncation import cut_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dsaudit.media.text.phrase import Telling

_N_FOLDS = 5
_LEAST_CHARACTERS = 5_000
"""Of a set that teaches what its texts are like."""
_TURNED = "its letters stand in reverse, as they are shown"
COLUMNS = (
    *(
        "bits_per_character",
        "n_read",
        "usual_bits",
        "strange_share",
        "sense",
        "language",
        "language_odds",
        "own_language",
        "cut",
        "turned",
        "shared",
    ),
    *("label_word", "label_word_others", "telling", "telling_own", "telling_class", "telling_others", "telling_rest"),
)


def survey(texts: Sequence[str], items: pd.DataFrame) -> pd.DataFrame:
    """Columns of each text that depend on all of them.

    Parameters
    ----------
    texts : sequence of str, length n
    items : DataFrame of n rows
        ``label`` and ``group``.

    Returns
    -------
    DataFrame with the index of ``items``
        ``bits_per_character`` (see ``garble.surprise``; of ``n_read`` characters; ``usual_bits`` in the set),
        ``strange_share`` (of letters in words that no other text has, 0 to 1),
        ``sense`` (how much it is like any language, see ``language.Languages``), ``language`` (another than the set's
        ``own_language``, None otherwise) and ``language_odds``, ``cut`` (what shows that it was cut), ``turned`` (what
        shows that it is stored backwards), ``shared`` (a sentence that many share), ``label_word`` (where it names its
        own label; ``label_word_others`` texts of other
        labels name it, too), ``telling`` (a phrase that gives its class away; in ``telling_own`` of ``telling_class``
        texts of that class and ``telling_others`` of ``telling_rest`` others).
    """
    labels = [label if isinstance(label, str) else None for label in items["label"]]
    groups = [group if isinstance(group, str) else None for group in items["group"]]
    found = pd.DataFrame(index=items.index, columns=list(COLUMNS), dtype=object)
    folds = np.array(
        [zlib.crc32(" ".join(text.casefold().split()).encode("utf-8", "replace")) % _N_FOLDS for text in texts]
    )
    if sum(map(len, texts)) >= _LEAST_CHARACTERS:
        found["bits_per_character"], found["n_read"] = surprise(texts, folds)
        found["strange_share"] = strange_share(texts, folds)
        found["usual_bits"] = float(np.nanmedian(found["bits_per_character"].astype(float)))
    spoken = languages(texts)
    found["own_language"], found["sense"] = spoken.own, spoken.sense
    found["language"] = [one.name if one else None for one in spoken.others]
    found["language_odds"] = [one.odds if one else np.nan for one in spoken.others]
    found["cut"] = cut_texts(texts, list(zip(labels, groups, strict=True)))
    found["turned"] = [_TURNED if one else None for one in reversed_texts(texts)]
    found["shared"] = shared = shared_sentences(texts)
    found["label_word"], elsewhere = label_words(texts, labels)
    found["label_word_others"] = [elsewhere.get(label, 0) if label else np.nan for label in labels]
    told = {
        k: one
        for one in _most_telling(telling_phrases(texts, labels, shared, found["label_word"].tolist()))
        for k in one.rows
    }
    for name, field in zip(COLUMNS[-5:], ("phrase", "n_own", "n_class", "n_others", "n_rest"), strict=True):
        found[name] = [getattr(told[k], field) if k in told else None for k in range(len(texts))]
    numbers = [
        "bits_per_character",
        "n_read",
        "usual_bits",
        "strange_share",
        "sense",
        "language_odds",
        "label_word_others",
        *COLUMNS[-4:],
    ]
    return found.astype(dict.fromkeys(numbers, float))


def _most_telling(phrases: Sequence[Telling]) -> Iterator[Telling]:
    """Of each class the phrase that most of its texts hold."""
    seen = set()
    for one in phrases:
        if one.label not in seen:
            seen.add(one.label)
            yield one
