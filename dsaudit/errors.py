"""Every exception dsaudit raises on purpose.

    DsauditError                exit 4, unless a subclass says otherwise
    ├── UsageError              exit 2   an option or argument that cannot be followed
    │   ├── ConfigError         exit 2   a settings file or variable that cannot be read
    │   ├── DatasetError        exit 2   the dataset cannot be opened as one
    │   ├── RunError            exit 2   a run folder that is damaged or newer
    │   │   └── NoRunError      exit 2   there is no run where one was looked for
    │   └── MissingExtraError   exit 2   an optional package is not installed
    ├── StoreError              exit 2   the place for results cannot be written
    ├── LedgerError             exit 2   the ledger of decisions cannot be opened, read or added to
    │   └── RequestTakenError   exit 2   a request id stands for another decision in the ledger
    ├── InconclusiveError       exit 3   nothing could be measured
    └── ItemError               never leaves the pipeline: it becomes a finding
        ├── MissingItemError    the file is not there
        ├── EmptyItemError      the file is there, the recording is not
        ├── UnreadableItemError the bytes are damaged or may not be read
        ├── TooLargeItemError   opening it would take more memory than it is given
        ├── NotFetchedError     a pointer or a web page stands in the file's place
        └── NoDecoderError      the format is known, its decoder is not installed

Every error carries one line that says what is wrong and, in ``hint``, what to do about it.
"""

from __future__ import annotations

from typing import ClassVar


class DsauditError(Exception):
    """Base of the tree.

    Parameters
    ----------
    message : str
        One line: what is wrong, with the name of the thing that is wrong.
    hint : str, optional
        One line: what the reader can do now. Empty where there is nothing to say.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DsauditError):
    """An option or argument that cannot be followed."""

    exit_code = 2


class ConfigError(UsageError):
    """A settings file or environment variable that cannot be read."""


class DatasetError(UsageError):
    """The path given cannot be opened as a dataset."""


class RunError(UsageError):
    """A run folder that is missing, is none, or was written by a newer version."""


class NoRunError(RunError):
    """There is no finished run where one was looked for."""


class MissingExtraError(UsageError):
    """A feature that needs an optional package; the hint is the pip line."""


class StoreError(DsauditError):
    """The place for results cannot be written: full, read-only, or not a folder."""

    exit_code = 2


class LedgerError(DsauditError):
    """The ledger of decisions is locked, read-only, out of reach, newer, or not a ledger."""

    exit_code = 2


class RequestTakenError(LedgerError):
    """The ledger knows a request id, and what it stands for there is something else; nothing was stored."""


class InconclusiveError(DsauditError):
    """Nothing could be measured, so neither a pass nor a failure would be honest."""

    exit_code = 3


class ItemError(DsauditError):
    """One item is broken. ``status`` is the word stored for it in the measurements table."""

    status: ClassVar[str] = "unreadable"


class MissingItemError(ItemError):
    """The dataset names a file that is not there."""

    status = "missing"


class EmptyItemError(ItemError):
    """The file is there but holds no samples."""

    status = "empty"


class UnreadableItemError(ItemError):
    """The bytes are damaged, or the file may not be read."""

    status = "unreadable"


class TooLargeItemError(ItemError):
    """Sound as far as is known, and larger than anything that is opened."""

    status = "too-large"


class NotFetchedError(ItemError):
    """A Git LFS pointer, a web page or a server's answer stands where the file should be."""

    status = "not-fetched"


class NoDecoderError(ItemError):
    """The format is known, and the program that decodes it is not installed."""

    status = "no-decoder"
