"""Texts."""

from __future__ import annotations

from dsaudit.kind import FILE_COLUMNS, Column, Kind, Nouns

_BROKEN = Column("broken_share", "share of broken characters", high="hold broken characters")

KIND = Kind(
    name="text",
    nouns=Nouns("text", "texts", "read as", "read"),
    columns=(
        *FILE_COLUMNS,
        Column("n_characters", low="are short", high="are long"),
        Column("n_words", low="are short", high="are long"),
        _BROKEN,
        Column("n_letters", cause=False),
        Column("nothing_but", cause=False),
        Column("plain_hash", cause=False),
    ),
    suffixes=frozenset({".txt", ".md"}),
    manifest_columns=(
        *("texts", "utterance", "sentence", "query", "question", "document", "review", "message", "prompt"),
        *("body", "data", "comment", "tweet"),
    ),
    inline=True,
    rank=-1,
    media="dsaudit.media.text.media:MEDIA",
    encoders={"sentence-transformers:NAME": "dsaudit.model.sentences:SENTENCE_TRANSFORMERS"},
    encoder_hint="sentence-transformers:NAME",
    sample="texts",
    tag="Text",
)
