"""Who embeds: the encoder that was named, or of those that a kind has the one whose vectors tell labels best."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dsaudit.engine.mapping import is_far
from dsaudit.errors import DsauditError, InconclusiveError
from dsaudit.evidence.context import versioned
from dsaudit.media import kind_for, kinds
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from dsaudit.evidence.context import Context
    from dsaudit.kind import Kind
    from dsaudit.model.encoder import LazyEncoder

MOST_TRIED, LEAST_TRIED = 2_000, 100
"""Labelled items, drawn class by class, by which encoders are compared; of fewer nothing could be told."""

_STRENGTH = 0.03


def encoder_of(kind: Kind, name: str, *, device: str) -> LazyEncoder:
    """The encoder of that name for a kind of item, see ``dsaudit.model.encoder.choose_encoder``."""
    from dsaudit.model.encoder import choose_encoder

    others = {other for one in kinds() for other in one.encoders}
    return choose_encoder(name, own=kind.encoders, others=others, device=device)


def chosen(context: Context, items: pd.DataFrame) -> LazyEncoder:
    """The encoder that the settings name, or the kind's default, or a rival that tells labels better.

    Rivals are compared by the share of held-out items that a linear probe on their vectors labels as given, among
    ``MOST_TRIED`` of ``items``. One takes the default's place where it is ahead of it by more than the standard error
    of the difference. What was chosen, and why, is noted.
    """
    settings, kind = context.settings, context.kind
    named = encoder_of(kind, settings.encoder or kind.default_encoder, device=settings.device)
    if settings.encoder or not kind.rivals:
        return named
    rivals = [encoder_of(kind, name, device=settings.device) for name in kind.rivals]
    known = {one.name: one for one in (named, *rivals)}
    fast = [one for one in known.values() if not one.most or len(items) <= one.most]
    if named not in fast:
        some = kind.nouns.some(len(items))
        context.notes.append(f"{some} are more than {named.name} takes unasked: --encoder {named.name} takes its time")
    tried = _tried(items)
    if len(fast) < 2 or len(tried) < LEAST_TRIED:
        return fast[0]
    try:
        told = context.kept("encoder", lambda: _right(context, tried, fast), _identity(context, tried, fast))
    except InconclusiveError:
        return fast[0]
    names = list(told.columns)
    best = max(names, key=lambda name: (told[name].mean(), -names.index(name)))
    ahead = told[best] - told[names[0]]
    if ahead.mean() <= ahead.std(ddof=0) / len(ahead) ** 0.5:
        best = names[0]
    shares = ", ".join(f"{name} {told[name].mean():.0%}" for name in names)
    context.notes.append(
        f"{kind.nouns.many} are compared by the encoder {best}: of {len(told):,} held out their labels were told by "
        f"{shares}"
    )
    return known[best]


def vectors_of(context: Context, items: pd.DataFrame, encoder: LazyEncoder) -> pd.DataFrame:
    """Vectors of items that can be read, see ``dsaudit.model.embed.embed_items``."""
    from dsaudit.model.embed import embed_items

    settings = context.settings
    there = encode_there(context.kind, settings.encoder or encoder.name, encoder, device=settings.device)
    with context.stage("embedding", len(items)) as tick:
        return embed_items(
            items["uri"],
            content_hashes=items["content_hash"],
            read=context.media.read,
            read_version=context.media.read_version,
            backend=computed_on(context, encoder),
            encoder=encoder,
            cache=context.cache,
            progress=_more(tick),
            there=there if encoder.needs_torch else None,
        )


def encode_there(
    kind: Kind, name: str, encoder: LazyEncoder, *, device: str
) -> Callable[[Sequence[Any]], npt.NDArray[np.float32]] | None:
    """What encodes items where they are read, or where the engine has GPUs of its own; None where they come here.

    ``name`` is by what the encoder was chosen.
    """
    from dsaudit.model.backend import backend, device_there

    if not is_far() or encoder.fits:
        return None
    if device_there(device):
        return _Encode(kind.name, name, encoder.version, "auto")
    # a GPU that stands here is faster than the processors there
    return _Encode(kind.name, name, encoder.version, "cpu") if backend(device).startswith("cpu") else None


@dataclass(frozen=True, slots=True)
class _Encode:
    """An encoder by its name, which travels."""

    modality: str
    name: str
    version: str
    device: str

    def __call__(self, items: Sequence[Any]) -> npt.NDArray[np.float32]:
        from dsaudit.model.device import one_worker

        encoder = _loaded(self.modality, self.name, self.device)
        if encoder.version != self.version:
            raise DsauditError(
                f"a machine of the cluster has version {encoder.version} of the encoder {self.name}, "
                f"this one {self.version}",
                hint="install the same weights on all of them",
            )
        with one_worker():
            return encoder.encode(items)


@cache
def _loaded(modality: str, name: str, device: str) -> LazyEncoder:
    return encoder_of(kind_for(modality), name, device=device)


def learn_again(context: Context, encoder: LazyEncoder) -> None:
    """Have an encoder that fits on the set learn from it; vectors from the cache do not say what it learned."""
    from dsaudit.model.embed import learn

    if encoder.fits:
        items = context.items[(context.measurements["status"] == "ok").to_numpy()]
        learn(items["uri"], content_hashes=items["content_hash"], read=context.media.read, encoder=encoder)


def computed_on(context: Context, encoder: LazyEncoder) -> str:
    """What decides the bytes of its vectors beside itself; empty where PyTorch takes no part."""
    from dsaudit.model.backend import backend, backend_there

    told = backend if encoder.fits else backend_there
    return told(context.settings.device) if encoder.needs_torch else ""


def _tried(items: pd.DataFrame) -> pd.DataFrame:
    from dsaudit.dataset.sample import sampled

    labelled = items[items["label"].notna()]
    return sampled(labelled, MOST_TRIED) if len(labelled) > MOST_TRIED else labelled


def _identity(context: Context, tried: pd.DataFrame, encoders: Sequence[LazyEncoder]) -> str:
    names = [f"{one.name}-{one.version}-{computed_on(context, one)}" for one in encoders]
    known = digest_frame(tried[["label", "group", "content_hash"]].fillna(""))
    return versioned(known, names, context.media.read_version)


def _right(context: Context, tried: pd.DataFrame, encoders: Sequence[LazyEncoder]) -> pd.DataFrame:
    """Whether each item that was held out got its label, 0 or 1, a column per encoder."""
    from dsaudit.model.folds import stratified_group_folds
    from dsaudit.model.head import cross_validated_pred_probs
    from dsaudit.model.probe import Linear

    labels, hashes = tried["label"], tried["content_hash"]
    folds = stratified_group_folds(labels, groups=tried["group"], duplicate_keys=hashes, n_folds=3)
    found = {}
    for encoder in encoders:
        made = cross_validated_pred_probs(
            vectors_of(context, tried, encoder),
            labels,
            folds,
            head=Linear(_STRENGTH),
            encoder=encoder.name,
            device=context.settings.device,
        )
        right = made.given == made.pred_probs.argmax(axis=1)
        found[encoder.name] = pd.Series(right[made.given >= 0], index=np.array(made.item_ids)[made.given >= 0])
    return pd.DataFrame(found).eq(True).astype(np.int8)


def _more(tick: Callable[[int], None]) -> Callable[[int], None]:
    """Tells how many more are done, of how many are done."""
    done = 0

    def advance(n_done: int) -> None:
        nonlocal done
        tick(n_done - done)
        done = n_done

    return advance
