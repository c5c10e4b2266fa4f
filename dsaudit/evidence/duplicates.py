"""Sets of copies, exact and near."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsaudit.analysis.space.duplicates import MOST_COMPARED, ONE_SCENE, SAME, duplicate_table
from dsaudit.dataset.crop import Crop
from dsaudit.dataset.inline import is_inline
from dsaudit.dataset.segment import Segment, file_and_segment
from dsaudit.engine.local import Crashed
from dsaudit.engine.mapping import map_batches
from dsaudit.errors import ItemError
from dsaudit.evidence.context import versioned
from dsaudit.evidence.tables import MissingEvidenceError
from dsaudit.media.base import Comparing, Likeness, Proposing, Weighing
from dsaudit.store.files import digest_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy.typing as npt
    import pandas as pd

    from dsaudit.evidence.context import Context
    from dsaudit.evidence.tables import Evidence
    from dsaudit.media.base import Media

ALL_PAIRS = 20_000
"""Above, near-duplicates are looked for among neighbours in embedding space only: all pairs take minutes."""
_PAIRS_AT_ONCE, _CELLS_AT_ONCE = 16, 4096
"""Pairs in a batch: cells of a manifest are compared in less time than it takes to send them."""
_KEPT_EACH_S = 20.0
_COMPARISON = "3"
"""Changes with what items are called the same."""
_SAME_STRETCH = 0.95
"""Overlap of two stretches of a file, as a share of both together, from which they are one listed twice."""


def duplicates(context: Context, measurements: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """The sets of copies that each item is in; neighbours are asked for where there are very many items."""
    measured = measurements[measurements["status"] == "ok"].sort_index()
    if not {"sample_hash", "perceptual_hash"} <= set(measured) or not len(measured):
        raise MissingEvidenceError("no item could be read")
    hashes = measured[["sample_hash", "perceptual_hash"]].fillna("")
    proposing = context.media if isinstance(context.media, Proposing) else None
    candidates = evidence.find("neighbours") if len(hashes) > ALL_PAIRS and proposing is None else None

    uris = context.items["uri"].reindex(hashes.index).tolist()
    alike = _Alike(context, uris, [str(content) for content in measured["content_hash"]])
    position = {str(item): k for k, item in enumerate(hashes.index)}
    told = [(position[a], position[b]) for a, b in context.apart if a in position and b in position]

    def compute() -> pd.DataFrame:
        table = duplicate_table(
            measured["sample_hash"],
            hashes["perceptual_hash"],
            neighbours=candidates,
            proposed=None if proposing is None else proposing.proposed(measured),
            known=_same_stretches(uris),
            apart=np.array(told, dtype=np.int64).reshape(-1, 2),
            alike=alike if isinstance(context.media, Comparing) else None,
        )
        table = _told(table, alike)
        alike.keep()
        return table

    with context.stage("duplicates", 0):
        looked_at = None if candidates is None else evidence.get("embedded").key
        stretches = [str(uri) for uri in uris if file_and_segment(uri)[1] is not None]
        read = (context.media.read_version, context.media.measure_version)
        key = (digest_frame(hashes), looked_at, *read, _COMPARISON, *stretches, *told)
        table = context.kept("duplicates", compute, *key)
    if isinstance(context.media, Weighing):
        table = table.assign(slight=context.media.slight(measured))
    if told:
        pairs = "a pair" if len(told) == 1 else f"{len(told):,} pairs"
        context.notes.append(f"{pairs} of {context.kind.nouns.many}: no copies of one another, as people decided")
    if n_left := table.attrs.get("n_not_compared", 0):
        context.notes.append(
            f"of the pairs of {context.kind.nouns.many} whose fingerprints agree, "
            f"{max(MOST_COMPARED, len(table) // 2):,} were compared themselves; "
            f"{n_left:,} were not, and count as no copies"
        )
    return table


def _told(table: pd.DataFrame, alike: _Alike) -> pd.DataFrame:
    """The table with what makes each copy of the item that it is a copy of, and where it lies on that."""
    position = {item: k for k, item in enumerate(table.index)}
    links = [(position[of], position[item]) for item, of in table["copy_of"].dropna().items()]
    # what was asked the other way round says what makes the original of the copy
    turned = [(a, b) for a, b in links if (a, b) not in alike.found and alike.found.get((b, a), _NO).edit]
    if turned:
        alike(np.array(turned, dtype=np.int64))
    edits, places = np.full(len(table), None, dtype=object), np.full(len(table), None, dtype=object)
    for a, b in links:
        if (told := alike.found.get((a, b), _NO)).edit:
            edits[b] = told.edit
            places[b] = " ".join(f"{value:g}" for value in told.place) or None
    n_left = table.attrs["n_not_compared"]
    table = table.assign(edit=edits, place=places)
    table.attrs["n_not_compared"] = n_left
    return table


_NO, _YES = Likeness(same=False), Likeness(same=True)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Looks at the items themselves where their fingerprints agree; ``found`` keeps what was seen, in this run and,
    of pairs of files, in those before."""

    context: Context
    uris: Sequence[str]
    contents: Sequence[str]
    found: dict[tuple[int, int], Likeness] = field(default_factory=dict)
    new: list[tuple[int, int]] = field(default_factory=list)

    def __call__(self, pairs: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
        asked = [(int(a), int(b)) for a, b in pairs.tolist()]
        told = {pair: _by_times(self.uris[pair[0]], self.uris[pair[1]]) for pair in asked}
        self.found.update((pair, _YES if same else _NO) for pair, same in told.items() if same is not None)
        cells = bool(asked) and is_inline(self.uris[asked[0][0]])
        if not cells:
            self._remember([pair for pair, same in told.items() if same is None])
        # an item is then read for most of its pairs at once
        left = sorted(pair for pair in told if pair not in self.found)
        uris = [(self.uris[a], self.uris[b]) for a, b in left]
        size = _CELLS_AT_ONCE if cells else _PAIRS_AT_ONCE
        batches = [uris[k : k + size] for k in range(0, len(uris), size)]
        at, jobs, kept = iter(left), self.context.settings.jobs, time.monotonic()
        for answer in map_batches(_Looking(self.context.media), batches, jobs=jobs, trusted=cells):
            for told_of in [None] if isinstance(answer, Crashed) else answer:
                self.found[pair := next(at)] = told_of or _NO
                if told_of is not None and not cells:
                    self.new.append(pair)
            if time.monotonic() - kept > _KEPT_EACH_S:
                self.keep()
                kept = time.monotonic()
        said = [SAME if (one := self.found[pair]).same else ONE_SCENE if one.scene else 0 for pair in asked]
        return np.array(said, dtype=np.int8)

    @property
    def _kind(self) -> str:
        media = self.context.media
        return f"{media.modality}-likeness-{versioned(media.read_version, media.measure_version, _COMPARISON)[:16]}"

    def _name(self, pair: tuple[int, int]) -> str:
        return f"{self.contents[pair[0]]} {self.contents[pair[1]]}"

    def _remember(self, pairs: Sequence[tuple[int, int]]) -> None:
        """What was seen of pairs of the same contents before."""
        named = {pair: self._name(pair) for pair in pairs}
        if named and len(known := self.context.cache.rows(self._kind, keys=set(named.values()))):
            seen = {
                str(name): Likeness(same, scene, edit, tuple(map(float, place.split())))
                for name, same, scene, edit, place in known[["same", "scene", "edit", "place"]].itertuples()
            }
            self.found.update((pair, seen[name]) for pair, name in named.items() if name in seen)

    def keep(self) -> None:
        """Keep what was looked at now for the runs after this one, or for this one should it be killed."""
        if not self.new:
            return
        import pandas as pd

        rows = {self._name(pair): self.found[pair] for pair in self.new}
        table = pd.DataFrame(
            {
                **{name: [getattr(one, name) for one in rows.values()] for name in ("same", "scene", "edit")},
                "place": [" ".join(repr(float(value)) for value in one.place) for one in rows.values()],
            },
            index=pd.Index(list(rows), dtype=object),
        )
        self.context.cache.add_rows(self._kind, table)
        self.new.clear()


def _by_times(one: str, other: str) -> bool | None:
    """Whether two overlapping stretches of one file are the same; None for any other pair: they have to be looked at.

    >>> _by_times("a.wav#t=1,3", "a.wav#t=2,4"), _by_times("a.wav#t=1,3", "a.wav#t=1.01,3")
    (False, True)
    >>> _by_times("a.wav#t=1,3", "b.wav#t=1,3"), _by_times("a.wav#t=1,3", "a.wav#t=3,4")
    (None, None)
    """
    (path, a), (other_path, b) = file_and_segment(one), file_and_segment(other)
    if isinstance(a, Crop) and isinstance(b, Crop):  # two boxes that share a part show two things
        return a.overlap(b) >= _SAME_STRETCH if path == other_path else None
    if isinstance(a, Crop) or isinstance(b, Crop):
        return False if path == other_path else None
    if path != other_path or a is None or b is None or a.unit != b.unit:
        return None
    shared = _overlap(_span(a), _span(b))
    return None if not shared > 0.0 else shared >= _SAME_STRETCH


def _same_stretches(uris: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions of stretches that are listed twice, int64 (m, 2)."""
    spans: dict[tuple[str, str], list[tuple[float, float, int]]] = {}
    for at, uri in enumerate(uris):
        path, segment = file_and_segment(uri)
        if isinstance(segment, Segment) and not segment.fault:
            spans.setdefault((path, segment.unit), []).append((*_span(segment), at))
    pairs = []
    for of_file in spans.values():
        of_file.sort()
        for k, (start, end, at) in enumerate(of_file):
            for later, last, other in of_file[k + 1 :]:
                if later - start > (1.0 - _SAME_STRETCH) * (end - start):
                    break
                if _overlap((start, end), (later, last)) >= _SAME_STRETCH:
                    pairs.append((at, other))
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _span(segment: Segment) -> tuple[float, float]:
    return segment.start, math.inf if segment.end is None else segment.end


def _overlap(a: tuple[float, float], b: tuple[float, float]) -> float:
    """What two spans share, as a part of what they cover together; a length that is not known is that of any other."""
    if math.inf in (a[1], b[1]):
        return math.nan if min(a[1], b[1]) > max(a[0], b[0]) and a != b else float(a == b)
    return (min(a[1], b[1]) - max(a[0], b[0])) / (max(a[1], b[1]) - min(a[0], b[0]))


@dataclass(frozen=True, slots=True)
class _Looking:
    media: Media

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Likeness | None]:
        """None: of an item that is there no more."""
        assert isinstance(self.media, Comparing)
        looks: dict[str, Any] = {}
        for uri in dict.fromkeys(uri for pair in pairs for uri in pair):
            try:
                looks[uri] = self.media.look(Path(uri))
            except (ItemError, OSError):  # gone since it was measured
                looks[uri] = None
        return [
            None if looks[a] is None or looks[b] is None else self.media.likeness(looks[a], looks[b]) for a, b in pairs
        ]
