"""One self-contained page: styles, scripts, data blocks and the policy that keeps it offline."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dsaudit.report.say import words
from dsaudit.web.asset import asset, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import jinja2

BLOCK_OVERHEAD = 56
"""Bytes of markup around one media block, id included."""


def page(
    template: str,
    *,
    scripts: Iterable[str],
    kind_page: str,
    data: Mapping[str, Any],
    plots: bool,
    context: Mapping[str, Any],
) -> str:
    """Render a template with its assets inlined.

    Parameters
    ----------
    template : str
        File under ``templates/``; it includes ``frame.html.j2``'s blocks.
    scripts : iterable of str
        Script files under ``templates/``, joined in this order into one closure behind the shared ones.
    kind_page : str
        Package that says how items of this kind are shown, see ``dsaudit.media.page_of``.
    data : mapping
        JSON-ready; lands in ``<script type="application/json" id="data">``.
    plots : bool
        Whether plotly.js comes along (packed; the page unpacks it when a plot comes into view).
    context : mapping
        The template's own variables. ``blocks`` is the mapping of element id to JSON text of media.

    Returns
    -------
    str
    """
    code = "(() => {\n'use strict';\n" + "\n".join((joined(kind_page), *map(_asset, scripts))) + "\n})();"
    css = asset("base.css") + _asset("report.css") + asset("kind.css", kind_page)
    plotly = _plotly() if plots else None
    hashes = [_digest(code)] + ([plotly[1]] if plotly else [])
    policy = (
        f"default-src 'none'; script-src {' '.join(hashes)}; style-src 'unsafe-inline'; "
        "img-src data: blob: file:; media-src data: blob: file:; base-uri 'none'; form-action 'none'"
    )
    return (
        _environment()
        .get_template(template)
        .render(
            policy=policy,
            css=Markup(css),
            code=Markup(code),
            plotly=Markup(plotly[0]) if plotly else "",
            data=data_block(data),
            **context,
        )
    )


def data_block(data: Mapping[str, Any]) -> Markup:
    """JSON that cannot leave its script element, packed where it is large."""
    text = escape_json(json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    if len(text) < 400_000:
        return Markup(f'<script type="application/json" id="data">{text}</script>')
    packed = base64.b64encode(gzip.compress(text.encode("utf-8", "surrogatepass"), 6, mtime=0)).decode("ascii")
    return Markup(f'<script type="application/gzip" id="data">{packed}</script>')


def escape_json(text: str) -> str:
    """Make JSON safe inside a script element, and lone surrogates of undecodable names safe in UTF-8."""
    for raw, safe in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(raw, safe)
    return "".join(c if not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text) if _lone(text) else text


def _lone(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


@cache
def _asset(name: str) -> str:
    return resources.files("dsaudit.report.page").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _plotly() -> tuple[str, str]:
    """plotly.js packed as base64 of gzip, and its digest for the page's policy."""
    from plotly.offline import get_plotlyjs

    source = str(get_plotlyjs())
    packed = base64.b64encode(gzip.compress(source.encode(), 9, mtime=0)).decode("ascii")
    return packed, _digest(source)


def _digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}'"


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.PackageLoader("dsaudit.report.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        count=words.count,
        percent=words.percent,
        figure=words.figure,
        shown=words.shown,
        sentence=words.sentence,
        code=_code_spans,
    )
    env.globals.update(interval=words.interval, hash_link=words.hash_link)
    return env


def _code_spans(text: str) -> Markup:
    """Text with `names` in backticks as ``<b class="name">``, everything escaped and each name isolated."""
    parts = words.shown(text).split("`")
    if len(parts) % 2 == 0:  # a name holds a backtick itself: leave all as it is
        return Markup.escape("`".join(parts))
    name = Markup('<bdi class="name">{}</bdi>')
    return Markup("").join(name.format(p) if k % 2 else Markup.escape(p) for k, p in enumerate(parts))
