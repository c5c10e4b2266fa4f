"""What a wrong decoding leaves in a text, and which mix-up it was."""

from __future__ import annotations

import re

_LOST = "\ufffd"
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_LINE_END = re.compile("(?<![\x80-\xff])\x85")
"""Next line, as mainframes and some programs end one; within wrongly read UTF-8 it is a byte of a letter."""
_TWICE = re.compile("Ã[ƒ‚\x82\x83]|Â[€£\x80-\x9f]Â|â‚¬|Ã¢")
_MAC_IN_WORD = re.compile(
    # small letters of Mac OS Roman are signs and capitals in Windows-1252: é is Ž, ü is Ÿ, à is ˆ
    "[a-zß-öø-ÿ][ŠŽŸŒ]|[a-zß-öø-ÿ][†‡ˆ‰‹•˜›ƒ„‚]+[a-zß-öø-ÿ,.;:!?]"
    "|(?:^|(?<=\\s))[A-Z][ŠŽŸˆ‡‰][a-z]{2}|(?:^|(?<=\\s))(?:[Ÿˆ‰]|Ž[cfgpqstx])[a-z]{2}"
    "|[a-zß-ÿ]—[,.;:!?]|[adegijklnopqrtuxyz]œ[nlmrcbgz]"
    # its quotes and the dash are capitals with accents: isnÕt, Òvery
    "|[a-zß-ÿ]Õ[a-z]{1,2}\\b|(?:^|(?<=\\s))Ò[a-z]+(?:\\s[a-z]+)*Ó"
)
_WINDOWS_IN_WORD = re.compile(
    # and the other way round: é is È, ö is ˆ, ü is ¸, the apostrophe is í and quotes are ì and î
    "[a-zß-öø-ÿ][ÈËÍÎÁÓÔÌÛÙ](?![A-ZÀ-ÞŸ])|[A-Za-zß-öø-ÿ][ÈËÍÎÁÓÔÌÒÛÙ][a-zß-ÿ]"
    "|[a-km-zß-öø-ÿ]·[a-zß-öø-ÿ]|[A-Za-zß-öø-ÿ][ˆ‰„¸¯˙˘˚][a-zß-öø-ÿ]"
    "|(?i:\\b(?:it|that|what|here|there|let|who|where|how|s?he|do|does|did|is|are|was|were|has|have|had|wo|ca|could"
    "|would|should|i|you|we|they)n?í(?:s|t|re|m|ve|ll|d)\\b)"
    "|(?:^|(?<=\\s))ì[A-Za-zÀ-ÿ][^ìî]*î(?=[\\s.,;:!?]|$)"
)
_ODD = re.compile("[a-zß-öø-ÿ](?:[À-ÖØ-ÞŠŽŸŒ](?![A-ZÀ-ÖØ-Þ])|[^\\w\\s’'.,:;!?/–—-](?=[^\\W\\d_]))")
"""A capital in or at the end of a word, or a sign in one."""
_UTF8_AS_MAC = re.compile(r"[A-Za-z]√\S|√\S[a-z]{2}")
_READ_AS = {
    "latin-1": "Latin-1",
    "sloppy-windows-1252": "Windows-1252",
    "sloppy-windows-1250": "Windows-1250",
    "sloppy-windows-1251": "Windows-1251",
    "sloppy-windows-1253": "Windows-1253",
    "sloppy-windows-1254": "Windows-1254",
    "sloppy-windows-1257": "Windows-1257",
    "iso-8859-2": "Latin-2",
    "macroman": "Mac OS Roman",
    "cp437": "code page 437",
}


def mix_up(text: str) -> str | None:
    """The likely mix-up that broke a text, in words; None where nothing shows one.

    Examples
    --------
    >>> mix_up("GrÃ¼ÃŸe aus KÃ¶ln")
    'UTF-8 read as Windows-1252'
    >>> mix_up("la facture est trop ŽlevŽe"), mix_up("la factura lleg\ufffd")
    ('Mac OS Roman read as Windows-1252', 'characters lost in decoding, 1 replaced by �')
    >>> mix_up("SÃO PAULO É LINDA"), mix_up("Charlotte Brontë’s name… is fine")
    (None, None)
    """
    if not _C1.search(text):
        text = _LINE_END.sub("\n", text)
    if text.isascii():
        return None
    found = _utf8_misread(text)
    if found is None and _C1.search(text):
        found = f"{'Mac OS Roman' if _MAC_IN_WORD.search(text.translate(_C1_READ)) else 'Windows-1252'} read as Latin-1"
    if found is None:
        found = _one_byte_for_another(text)[0]
    if found is None and (n_lost := text.count(_LOST)):
        found = f"characters lost in decoding, {n_lost} replaced by {_LOST}"
    return found


def mended(text: str) -> str:
    """The text with a mix-up undone; as it is where none shows or what was lost stays lost.

    >>> mended("GrÃ¼ÃŸe aus KÃ¶ln"), mended("la facture est trop ŽlevŽe"), mended("that caf√© isnít far")
    ('Grüße aus Köln', 'la facture est trop élevée', 'that café isn’t far')
    """
    if text.isascii():
        return text
    import ftfy

    text = str(ftfy.fix_encoding(_as_utf8(text) or text))
    name, other = _one_byte_for_another(text)
    return text if name is None else str(ftfy.fix_encoding(other))


def _utf8_misread(text: str) -> str | None:
    """Where bytes of UTF-8 were read as something else: as what, and how often."""
    import ftfy

    if _as_utf8(text):
        return "UTF-8 read as Mac OS Roman"
    steps = ftfy.fix_encoding_and_explain(text).explanation or []
    if _LOST in text and not ftfy.fix_encoding_and_explain(text.replace(_LOST, "")).explanation:
        return None
    read_as = [step.parameter for step in steps if step.action == "encode" and len(steps) > 1]
    if not read_as or [step.parameter for step in steps] == ["latin-1", "windows-1252"]:
        return None
    times = max(len(read_as), 2 if _TWICE.search(text) else 1)
    often = {1: "", 2: ", twice"}.get(times, f", {times} times")
    # where both read the same, the one that more programs take
    first = "sloppy-windows-1252" if read_as[0] == "latin-1" and not _C1.search(text) else read_as[0]
    return f"UTF-8 read as {_READ_AS.get(first, first)}{often}"


def _as_utf8(text: str) -> str | None:
    """What UTF-8 that was read as Mac OS Roman holds, where that shows: ftfy lets ``S√£o`` be."""
    if not _UTF8_AS_MAC.search(text):
        return None
    try:
        return text.encode("mac_roman").decode()
    except UnicodeError:
        return None


def _one_byte_for_another(text: str) -> tuple[str | None, str]:
    """Which mix-up of two tables for one byte shows, and the text without it."""
    tried = [(name, text.translate(undone)) for name, signs, undone in _ONE_BYTE if signs.search(text)]
    return min(tried, key=lambda one: len(_ODD.findall(one[1])), default=(None, text))


def _other_table(read: str, was: str) -> dict[int, str]:
    """Characters of one table for one byte as another has the same bytes."""
    bytes_of = ((bytes([k]).decode(read, "ignore"), bytes([k]).decode(was, "ignore")) for k in range(128, 256))
    return {ord(sign): meant for sign, meant in bytes_of if sign and meant}


_C1_READ = _other_table("latin-1", "cp1252")
_ONE_BYTE = (
    ("Mac OS Roman read as Windows-1252", _MAC_IN_WORD, _other_table("cp1252", "mac_roman")),
    ("Windows-1252 read as Mac OS Roman", _WINDOWS_IN_WORD, _other_table("mac_roman", "cp1252")),
)
"""Mix-ups of two tables for one byte: the name, what shows it, and what each sign was."""
