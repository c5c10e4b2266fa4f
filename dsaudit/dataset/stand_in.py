"""What stands in the place of a file that was never fetched: pointers of version control, pages of servers."""

from __future__ import annotations

import re

POINTERS: dict[str, tuple[re.Pattern[str], str]] = {
    "git-lfs": (
        re.compile(r"version https://(git-lfs|hawser)\.github\.com/"),
        "a Git LFS pointer, not the file itself: run `git lfs pull` in its repository",
    ),
    "git-annex": (
        re.compile(r"(\.\./)*(/|\.git/)annex/objects/"),
        "a git-annex pointer, not the file itself: run `git annex get .` in its repository",
    ),
}
"""What begins a text that version control leaves in a file's place, and what to say of it."""
_ANSWERS = (
    (re.compile(r"(?is)\s*(<!--.*?-->\s*)*(<!doctype html|<html|<head|<body)"), "a web page, not the file itself"),
    (re.compile(r"(?s)\s*(<\?xml|<Error>)"), "a page of XML, as servers answer, not the file itself"),
    (re.compile(r"(?s)\s*\{\s*\""), "an answer of a server in JSON, not the file itself"),
)
_TITLE = re.compile(r"(?is)<(title|h1|message)>\s*(.{1,200}?)\s*</")


def stand_in(text: str) -> str | None:
    """Words for a text that stands where a file should be; None where it may be the file itself.

    Parameters
    ----------
    text : str
        The beginning of a file that is not read as what it should be.

    Examples
    --------
    >>> stand_in("version https://git-lfs.github.com/spec/v1")
    'a Git LFS pointer, not the file itself: run `git lfs pull` in its repository'
    >>> stand_in('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')
    """
    text = text.lstrip("\ufeff")
    if "<svg" in text[:1024].lower():  # XML, and what it claims to be
        return None
    for mark, words in POINTERS.values():
        if mark.match(text):
            return words
    for mark, words in _ANSWERS:
        if mark.match(text):
            title = _TITLE.search(text)
            quoted = f" (“{' '.join(title[2].split())[:60]}”)" if title else ""
            return f"{words}{quoted}: download it again"
    return None
