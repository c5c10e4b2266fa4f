"""Encoders of rows, as far as they are known before they are loaded."""

from __future__ import annotations

from dsaudit.model.encoder import EncoderSource

_AT_ONCE = 20_000
COLUMNS_ENCODER = EncoderSource(
    "columns",
    version="2",
    fits=True,
    needs_torch=False,
    at_once=_AT_ONCE,
    load="dsaudit.media.table.vector:ColumnsEncoder",
)
