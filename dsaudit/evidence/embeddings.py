"""Vectors of the items, made by an encoder or brought along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsaudit.errors import DsauditError
from dsaudit.evidence.encoder import chosen, computed_on, encode_there, encoder_of, vectors_of
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media import kind_for
from dsaudit.store.files import digest, digest_frame

if TYPE_CHECKING:
    import pandas as pd

    from dsaudit.dataset.external import External
    from dsaudit.evidence.context import Context
    from dsaudit.media.base import Media
    from dsaudit.model.embed import Embedder
    from dsaudit.model.encoder import LazyEncoder
    from dsaudit.settings import Settings
    from dsaudit.store.cache import Cache


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors, and what they depend on.

    Attributes
    ----------
    table : DataFrame float32 (n, d) by ``item_id``
        Of the items that can be read; ``attrs["encoder"]`` names what made them.
    key : str
        Identity: which encoder saw which bytes under which id, and what it was computed on.
    torch : bool
        Whether PyTorch took part, now or when the cache was filled.
    encoder : LazyEncoder, optional
        What made them; None where they were brought along.
    """

    table: pd.DataFrame
    key: str
    torch: bool = False
    encoder: LazyEncoder | None = None

    @classmethod
    def of(
        cls,
        table: pd.DataFrame,
        encoder: str,
        context: Context,
        *,
        backend: str = "",
        maker: LazyEncoder | None = None,
    ) -> Embedded:
        """From a table and the name of what made it; ``backend`` is what else decides its bytes."""
        table = context.with_own_ids(table)
        table.attrs["encoder"] = encoder
        hashes = digest_frame(context.items["content_hash"].reindex(table.index).fillna("").to_frame())
        return cls(table, digest(encoder, backend, hashes), torch=bool(backend), encoder=maker)


def embedder(media: Media, settings: Settings, external: External, cache: Cache) -> Embedder | None:
    """What encodes items while they are measured; None where ``embedded`` is not going to, must see all
    at once, or chooses who does.
    """
    from dsaudit.model.backend import backend_there
    from dsaudit.model.embed import Embedder

    kind = kind_for(media.modality)
    name = settings.encoder or kind.default_encoder
    if name == "none" or external.embeddings is not None or (kind.rivals and not settings.encoder):
        return None
    try:
        encoder = encoder_of(kind, name, device=settings.device)
    except DsauditError:  # told where the vectors are asked for
        return None
    if encoder.fits:
        return None
    made_on = backend_there(settings.device) if encoder.needs_torch else ""
    encode = encode_there(kind, name, encoder, device=settings.device)
    return Embedder(encoder, cache=cache, read_version=media.read_version, backend=made_on, encode=encode)


def embedded(context: Context) -> Embedded:
    """Vectors of the items that can be read, by the encoder that the settings name or the kind of item has."""
    settings = context.settings
    name = settings.encoder or context.kind.default_encoder
    if name == "none":
        asked = "as asked" if settings.encoder else f"no encoder of {context.kind.nouns.many} is built in"
        raise MissingEvidenceError(f"{asked}: bring vectors with --embeddings FILE or --encoder module:callable")
    ok = context.measurements["status"] == "ok"
    if not ok.any():
        raise MissingEvidenceError("no item could be read")
    items = context.items[ok.to_numpy()]
    encoder = chosen(context, items)
    context.notes.extend((*encoder.notes, *encoder.remarks(context.measurements[ok])))
    try:
        table = vectors_of(context, items, encoder)
    except ModuleNotFoundError as error:
        raise MissingEvidenceError(f"{error.name} is not installed, which the encoder {encoder.name} needs") from error
    if not table.size:
        raise MissingEvidenceError(f"the encoder {encoder.name} made no vector that holds numbers alone")
    if left := len(items) - len(table):
        some = context.kind.nouns.some(left)
        context.notes.append(f"the encoder {encoder.name} could not take {some}, which are not compared or judged")
    return Embedded.of(
        table, f"{encoder.name}-{encoder.version}", context, backend=computed_on(context, encoder), maker=encoder
    )


def external_embedded(context: Context) -> Embedded:
    """Vectors that were brought along, of the items that are left."""
    own = context.external.embeddings
    assert own is not None
    context.notes.extend(own.notes)
    here = own.table.index.isin(context.items.index)
    # millions of vectors may lie on disk, and stay there
    table = own.table.copy(deep=False) if here.all() else own.table[here]
    return Embedded.of(table, f"file-{own.digest}", context)
