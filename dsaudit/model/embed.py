"""Vectors of a whole dataset: read, encode, remember by content."""

from __future__ import annotations

import re
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import pandas as pd

from dsaudit.engine.local import Crashed
from dsaudit.engine.mapping import map_batches
from dsaudit.store.files import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from dsaudit.model.encoder import Encoder, FittedEncoder

_READ_AHEAD = 128
_SAVE_EVERY = 2_000


class VectorCache(Protocol):
    """What ``embed_items`` needs of a cache. ``kind`` names the encoder and its version."""

    def get_vectors(self, kind: str, keys: list[str]) -> Mapping[str, npt.NDArray[np.float32]]:
        """Vectors of the keys that are there."""
        ...

    def put_vectors(self, kind: str, vectors: dict[str, npt.NDArray[np.float32]]) -> None:
        """Keep the vectors; must be safe against a killed process."""
        ...


class Embedder:
    """Encodes items as they are read, and keeps their vectors for ``embed_items``.

    An encoder that fails takes nothing more: ``embed_items`` will meet the same error, where it can be told.

    Parameters
    ----------
    encoder : Encoder
    read_version, backend : str
        As for ``embed_items``.
    cache : VectorCache
    encode : callable, optional
        Picklable, and the same as that of ``encoder``, for whoever encodes items where they are read.
    """

    def __init__(
        self,
        encoder: Encoder,
        *,
        cache: VectorCache,
        read_version: str = "1",
        backend: str = "",
        encode: Callable[[Sequence[Any]], npt.NDArray[np.float32]] | None = None,
    ) -> None:
        self.encode = encode
        self._encoder = encoder
        self._cache = cache
        self._kind = vector_kind(encoder, read_version, backend)
        self._at_once = at_once(encoder)
        self._seen: set[str] = set()
        self._waiting: list[tuple[str, Any]] = []
        self._vectors: dict[str, npt.NDArray[np.float32]] = {}
        self._failed = False

    def add(self, content_hashes: Sequence[str], taken: Sequence[Any]) -> None:
        """Encode items, some at once; of one content the first."""
        for key, item in zip(content_hashes, taken, strict=True):
            if key not in self._seen:
                self._seen.add(key)
                self._waiting.append((key, item))
        while len(self._waiting) >= self._at_once:
            self._encode(self._at_once)

    def add_vectors(self, content_hashes: Sequence[str], vectors: Sequence[npt.NDArray[np.float32]]) -> None:
        """Take what was encoded elsewhere; of one content the first."""
        for key, vector in zip(content_hashes, vectors, strict=True):
            if key not in self._seen and np.isfinite(vector).all():
                self._vectors[key] = vector
            self._seen.add(key)

    def save(self) -> None:
        """Encode what waits, and have the cache keep all vectors."""
        self._encode(len(self._waiting))
        if self._vectors:
            self._cache.put_vectors(self._kind, self._vectors)
            self._vectors = {}

    def _encode(self, n: int) -> None:
        part, self._waiting = self._waiting[:n], self._waiting[n:]
        if not part or self._failed:
            return
        try:
            vectors = self._encoder.encode([item for _, item in part])
        except Exception:
            self._failed = True
            return
        found = zip((key for key, _ in part), vectors, strict=True)
        self._vectors |= {key: vector for key, vector in found if np.isfinite(vector).all()}


def embed_items(
    uris: pd.Series,
    *,
    content_hashes: pd.Series,
    read: Callable[[Path], Any],
    encoder: Encoder,
    read_version: str = "1",
    backend: str = "",
    cache: VectorCache | None = None,
    progress: Callable[[int], None] | None = None,
    n_readers: int = 2,
    there: Callable[[Sequence[Any]], npt.NDArray[np.float32]] | None = None,
) -> pd.DataFrame:
    """Embeddings of the items that can be read.

    Each distinct content is read and encoded once, unless the cache has it. Reading runs ahead of
    encoding in threads of its own, by at most 128 items or what the encoder takes ``at_once``, which bounds
    the memory. Results go to the cache every 2,000 items, so that a run that was killed resumes.

    An encoder that ``fits`` on the set learns from everything that can be read first, all of which is then in memory.
    Its vectors are those of this very set, and kept as such.

    Parameters
    ----------
    uris : Series of str, index ``item_id``
        Paths to read.
    content_hashes : Series of str, index ``item_id``
        Missing means not known: such an item is read and encoded, but not kept.
    read : callable
        Path to what the encoder takes: for recordings a waveform, float32 (samples,), mono at 16 kHz. An
        ``ItemError`` leaves the item out, and so does a vector that is not finite.
    read_version : str
        Part of the cache's key: changes whenever ``read`` would give other samples.
    backend : str
        Another part of it: what else decides the bytes, see ``dsaudit.model.backend``.
    progress : callable, optional
        Called with the number of items done so far, of ``len(uris)``.
    there : callable, optional
        Picklable, and the same as that of ``encoder``: what is not known is then read and encoded on the chosen engine.

    Returns
    -------
    DataFrame float32 (n, dim), index ``item_id`` sorted, columns ``"0"`` … ``"dim-1"``; where the encoder fits,
        ``attrs["learned_from"]`` stands for the contents that it learned from.
    """
    fits = getattr(encoder, "fits", False)
    ids, keys = [str(i) for i in uris.index], _keys(uris, content_hashes)
    first = _first(uris, keys)
    n_items = pd.Series(keys).value_counts()
    learned_from = digest(sorted(first)) if fits else ""
    if fits and any(key.startswith("item:") for key in first):  # what it learns from is not known by its content
        cache = None
    kind = vector_kind(encoder, read_version, backend, learned_from)
    cacheable = sorted(key for key in first if not key.startswith("item:"))
    vectors = dict(cache.get_vectors(kind, cacheable)) if cache is not None else {}
    dim = encoder.dim or next((len(vector) for _, vector in sorted(vectors.items())), 0)
    vectors = {key: vector for key, vector in vectors.items() if len(vector) == dim}

    n_done = int(sum(n_items[key] for key in vectors))
    _tick(progress, n_done)
    fresh: dict[str, npt.NDArray[np.float32]] = {}
    try:
        todo = sorted((key for key in first if key not in vectors), key=lambda key: first[key])
        if there is not None:
            parts = _encoded_there(todo, first, read, there, at_once(encoder))
        elif fits and todo:
            parts = _encoded(encoder, _learned(cast("FittedEncoder", encoder), first, read, n_readers, todo))
        else:
            parts = _encoded(encoder, _read_ahead(todo, first, read, n_readers, at_once(encoder)))
        for part, found in parts:
            for key, vector in found.items():
                if not np.isfinite(vector).all():
                    continue
                vectors[key] = vector
                if not key.startswith("item:"):
                    fresh[key] = vector
            n_done += int(sum(n_items[key] for key in part))
            _tick(progress, n_done)
            if len(fresh) >= _SAVE_EVERY and cache is not None:
                cache.put_vectors(kind, fresh)
                fresh = {}
    finally:
        if fresh and cache is not None:
            cache.put_vectors(kind, fresh)

    rows = sorted((i, key) for i, key in zip(ids, keys, strict=True) if key in vectors)
    dim = dim or encoder.dim or next(map(len, vectors.values()), 0)
    table = np.zeros((len(rows), dim), dtype=np.float32)
    for row, (_, key) in enumerate(rows):
        table[row] = vectors[key]
    made = pd.DataFrame(
        table,
        index=pd.Index([i for i, _ in rows], name="item_id", dtype=object),
        columns=[str(column) for column in range(dim)],
    )
    if fits:
        made.attrs["learned_from"] = learned_from
    return made


def _encoded(
    encoder: Encoder, parts: Iterable[tuple[list[str], dict[str, Any]]]
) -> Iterator[tuple[list[str], dict[str, npt.NDArray[np.float32]]]]:
    """Keys in parts, with the vectors of the items that could be read."""
    for part, found in parts:
        good = [key for key in part if key in found]
        yield part, dict(zip(good, encoder.encode([found[key] for key in good]), strict=True))


def _encoded_there(
    keys: list[str],
    path_of: Mapping[str, str],
    read: Callable[[Path], Any],
    encode: Callable[[Sequence[Any]], npt.NDArray[np.float32]],
    n: int,
) -> Iterator[tuple[list[str], dict[str, npt.NDArray[np.float32]]]]:
    """The same of the chosen engine, in parts of ``n``."""
    batches = ([path_of[key] for key in keys[k : k + n]] for k in range(0, len(keys), n))
    answers = map_batches(partial(_attempts, read), batches, then=partial(_vectors, encode))
    vectors = (one for answer in answers for one in ([None] if isinstance(answer, Crashed) else answer))
    for begin in range(0, len(keys), n):
        part = keys[begin : begin + n]
        yield (
            part,
            {key: vector for key, vector in zip(part, islice(vectors, len(part)), strict=True) if vector is not None},
        )


def _attempts(read: Callable[[Path], Any], paths: Sequence[str]) -> list[Any]:
    return [_attempted(read, path) for path in paths]


def _attempted(read: Callable[[Path], Any], path: str) -> Any:
    try:
        return read(Path(path))
    except Exception:  # one broken item never stops a run; measuring has told what is wrong with it
        return None


def _vectors(encode: Callable[[Sequence[Any]], npt.NDArray[np.float32]], items: list[Any]) -> list[Any]:
    there = [k for k, item in enumerate(items) if item is not None]
    vectors: list[Any] = [None] * len(items)
    for k, vector in zip(there, encode([items[k] for k in there]) if there else (), strict=True):
        vectors[k] = vector
    return vectors


def learn(
    uris: pd.Series,
    *,
    content_hashes: pd.Series,
    read: Callable[[Path], Any],
    encoder: FittedEncoder,
    n_readers: int = 2,
) -> None:
    """Have an encoder learn what it learns where ``embed_items`` is called with the same."""
    _learned(encoder, _first(uris, _keys(uris, content_hashes)), read, n_readers, ())


def _keys(uris: pd.Series, content_hashes: pd.Series) -> list[str]:
    """What each item's content is known by."""
    hashes = content_hashes.reindex(uris.index)
    return [f"item:{i}" if pd.isna(h) else str(h) for i, h in zip(uris.index, hashes, strict=True)]


def _first(uris: pd.Series, keys: list[str]) -> dict[str, str]:
    """Path of the first item of each content."""
    return dict(zip(reversed(keys), reversed([str(u) for u in uris]), strict=True))


def _learned(
    encoder: FittedEncoder,
    path_of: Mapping[str, str],
    read: Callable[[Path], Any],
    n_readers: int,
    wanted: Collection[str],
) -> list[tuple[list[str], dict[str, Any]]]:
    """Parts of what is ``wanted``, after ``encoder`` has learned from every content that can be read."""
    parts, asked = list(_read_ahead(sorted(path_of), path_of, read, n_readers, at_once(encoder))), set(wanted)
    encoder.fit([found[key] for keys, found in parts for key in keys if key in found])
    return [([key for key in keys if key in asked], found) for keys, found in parts]


def vector_kind(encoder: Encoder, *parts: str) -> str:
    """Name of the cache's folder for vectors of an encoder: with a digest where characters had to go."""
    kind = "-".join(filter(None, (encoder.name, encoder.version, *parts)))
    plain = re.sub(r"[^\w.-]+", "-", kind)
    return kind if plain == kind else f"{plain}-{digest(kind)[:8]}"


def at_once(encoder: Encoder) -> int:
    """Items that are read and encoded together: small ones of which many make better batches, or 128."""
    return getattr(encoder, "at_once", 0) or _READ_AHEAD


def _tick(progress: Callable[[int], None] | None, n_done: int) -> None:
    if progress is not None:
        progress(n_done)


def _read_ahead(
    keys: list[str],
    path_of: Mapping[str, str],
    read: Callable[[Path], Any],
    n_readers: int,
    n: int,
) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Keys in parts of ``n``, each with the items that could be read, while the next part is being read."""

    size = max(1, n // _READ_AHEAD)  # small ones are read in less time than it takes to ask for each

    with ThreadPoolExecutor(n_readers) as pool:

        def submitted(begin: int) -> list[Future[list[Any]]]:
            part = keys[begin : begin + n]
            slices = (part[k : k + size] for k in range(0, len(part), size))
            return [pool.submit(lambda some: [_attempted(read, path_of[key]) for key in some], some) for some in slices]

        ahead = submitted(0)
        for begin in range(0, len(keys), n):
            futures, ahead = ahead, submitted(begin + n)
            part, items = keys[begin : begin + n], [item for future in futures for item in future.result()]
            yield part, {key: item for key, item in zip(part, items, strict=True) if item is not None}
