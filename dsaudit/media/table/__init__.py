"""Tables: an item is a row."""

from __future__ import annotations

from dsaudit.kind import Column, Kind, Nouns

KIND = Kind(
    name="table",
    nouns=Nouns("row", "rows", "predicted as", "look", "shown"),
    columns=(Column("n_missing", "cells without a value", high="lack values"), Column("near_rows", cause=False)),
    rows=True,
    most=300_000,
    rank=-2,
    media="dsaudit.media.table.media:MEDIA",
    encoders={
        "columns": "dsaudit.media.table.encoders:COLUMNS_ENCODER",
    },
    default_encoder="columns",
    page="dsaudit.media.table",
    sample="tables",
    heads="dsaudit.media.table.heads:CONTENDERS",
)
