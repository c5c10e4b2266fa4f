"""Texts."""

from __future__ import annotations

from dsaudit.kind import FILE_COLUMNS, Column, Kind, Nouns, RepairOption

_PAIRS = (
    *(("premise", "hypothesis"), ("question", "answer"), ("question", "passage"), ("question", "sentence")),
    *(("question", "context"), ("question", "paragraph"), ("query", "passage"), ("query", "document")),
    *(("query", "answer"), ("query", "response"), ("claim", "evidence"), ("statement", "evidence")),
    *(("context", "response"), ("prompt", "response"), ("prompt", "completion"), ("prompt", "answer")),
    *(("instruction", "output"), ("instruction", "response"), ("message", "response"), ("message", "reply")),
    *(("post", "reply"), ("tweet", "reply"), ("comment", "reply"), ("parent_comment", "comment")),
    *(("utterance", "response"), ("source_text", "target_text"), ("original", "paraphrase")),
    *(("article", "summary"), ("document", "summary"), ("headline", "body"), ("headline", "article")),
    *(("title", "body"), ("title", "content"), ("title", "abstract"), ("title", "description")),
    *(("headline", "short_description"), ("title", "article"), ("title", "review")),
)
"""Two columns that are one item; some have a third name in common, see ``_TWINS``."""
_TWINS = tuple(
    (f"{word}{between}{first}", f"{word}{between}{second}")
    for word in ("sentence", "text", "question", "sent", "string", "s", "q", "doc", "document", "utterance", "phrase")
    for between in ("", "_")
    for first, second in (("1", "2"), ("a", "b"), ("one", "two"))
)

_BROKEN = Column("broken_share", "share of broken characters", high="hold broken characters")

KIND = Kind(
    name="text",
    nouns=Nouns("text", "texts", "read as", "read"),
    columns=(
        *FILE_COLUMNS,
        Column("encoding", shortcut="setting"),
        Column("n_characters", low="are short", high="are long"),
        Column("n_words", low="are short", high="are long"),
        _BROKEN,
        Column("n_letters", cause=False),
        Column("nothing_but", cause=False),
        *(Column(name, cause=False) for name in ("plain_hash", "halves", "pair_hash")),
        *(Column(name, cause=False, copies=True) for name in ("sketch", "passages")),
        *(Column(name, cause=False) for name in ("mix_up", "hidden", "look_alikes", "markup", "placeholder")),
        *(Column(name, cause=False) for name in ("repeated", "personal")),
        Column("n_links", "links", high="hold links"),
        Column("capital_share", "share of capitals", high="are in capitals"),
    ),
    suffixes=frozenset({".txt", ".md"}),
    manifest_columns=(
        *("texts", "utterance", "sentence", "query", "question", "document", "review", "message", "prompt"),
        *("body", "data", "comment", "tweet", "content", "contents", "post", "statement", "headline", "title"),
        *("description", "abstract", "paragraph", "passage", "article", "snippet", "sms", "email", "phrase"),
        *("transcript", "transcription", "raw_text", "full_text", "clean_text", "cleaned_text", "input_text"),
        *("messages", "conversation", "conversations", "dialogue", "dialog", "turns", "chat"),
        *("comment_text", "review_text", "reviewtext", "tweet_text", "post_text", "message_text", "text_content"),
        *("sentence_text", "utterance_text", "feedback", "complaint", "narrative", "input"),
    ),
    manifest_pairs=(*_PAIRS, *_TWINS),
    inline=True,
    rank=-1,
    media="dsaudit.media.text.media:MEDIA",
    repairs=(
        RepairOption("mend_encoding", bool, "Repair: make of texts that were read in a wrong encoding what they were."),
        RepairOption("strip_markup", bool, "Repair: take tags, entities and Markdown off the words they stand around."),
        RepairOption(
            "plain_characters", bool, "Repair: one form of Unicode and of white space, nothing that nobody sees."
        ),
        RepairOption("redact", bool, "Repair: put tags such as [e-mail] in the place of personal data."),
    ),
    page="dsaudit.media.text",
    tuning="dsaudit.media.text.tuning:TUNING",
    encoders={
        "minilm": "dsaudit.media.text.encoders:MINILM_ENCODER",
        "static": "dsaudit.media.text.encoders:STATIC_ENCODER",
        "tfidf": "dsaudit.media.text.encoders:TFIDF_ENCODER",
        "sentence-transformers:NAME": "dsaudit.model.sentences:SENTENCE_TRANSFORMERS",
    },
    default_encoder="minilm",
    rivals=("static", "tfidf"),
    sample="texts",
    tag="Text",
)
