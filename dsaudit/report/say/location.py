"""Where findings are, as programs that show source code want it: a file of the repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsaudit.report.view import RunView
    from dsaudit.types import Finding


@dataclass(frozen=True, slots=True)
class Locations:
    """Files of the items of a run, relative to the working directory, which a pipeline has at the top of its checkout.

    Attributes
    ----------
    base : Path
        What paths are relative to: the working directory, or the dataset's folder where that lies elsewhere.
    files : mapping of str to str
        Item id to path; of an item that is no file the dataset's own.
    source : str
        The dataset's own path.
    """

    base: Path
    files: Mapping[str, str]
    source: str

    @classmethod
    def of(cls, run: RunView) -> Locations:
        """The files of a run."""
        root, here = Path(run.meta.root), Path.cwd()
        base = here if root.is_relative_to(here) else root
        source = _under(run.meta.source_path or run.meta.root, base)
        items = run.items
        if items is None or "uri" not in items:
            return cls(base, {}, source)
        uris = zip(items.index.astype(str), items["uri"], strict=True)
        return cls(base, {i: _under(uri, base) if isinstance(uri, str) and uri else source for i, uri in uris}, source)

    def path(self, finding: Finding) -> str:
        """The file of a finding: of its first item, or of the dataset."""
        return next((self.files[i] for i in finding.item_ids if i in self.files), self.source)

    def uri(self, finding: Finding) -> str:
        """The same as a relative URI."""
        return _uri(self.path(finding))

    def uri_of(self, item_id: str) -> str:
        """The file of an item as a relative URI; of what is none the dataset's own."""
        return _uri(self.files.get(item_id, self.source))


def _uri(path: str) -> str:
    told = quote(path.encode("utf-8", "backslashreplace"), safe="/-._~!$&'()*+,;=@")
    return told if ":" not in told.partition("/")[0] else f"./{told}"


def _under(path: str, base: Path) -> str:
    """Relative to ``base`` with ``/``; what lies elsewhere by its name alone, as its folders are nobody's business."""
    try:
        told = Path(path).relative_to(base).as_posix()
    except ValueError:
        told = Path(path).name
    return told if told != "." else Path(path).name
