"""The screen as a web application: routes from requests to the session and back. See ``web_guard`` for who may ask."""

from __future__ import annotations

import json
import re
from functools import cache
from html import unescape
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt
from starlette.exceptions import HTTPException

from dsaudit.errors import DsauditError, LedgerError, RequestTakenError, UsageError
from dsaudit.media.base import picture_type
from dsaudit.relabel.queue.filters import Filters, Order
from dsaudit.relabel.screen.answer import MAX_LABEL, MAX_NOTE, MAX_VALUE, ChangedError, checked_actor
from dsaudit.relabel.screen.guard import POLICY, Guard, Rules
from dsaudit.relabel.screen.served_preview import OutsideError
from dsaudit.relabel.screen.session import Session, UnknownItemError
from dsaudit.web.asset import SHARED, asset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2 import Template
    from starlette.types import ASGIApp

MAX_DECISIONS = 64
_LARGEST = 2**53
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
_OWN_POLICY = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_SANDBOX = "allow-scripts allow-popups allow-downloads allow-modals"
_ASSET = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_STATUS: dict[type[DsauditError], int] = {UnknownItemError: 404, ChangedError: 409, RequestTakenError: 409}
_STATUS |= {UsageError: 422, OutsideError: 403, LedgerError: 503}


class Said(BaseModel):
    """One decision as the page sends it."""

    model_config = ConfigDict(extra="forbid")
    k: StrictInt = Field(ge=0, le=_LARGEST)
    content_hash: str | None = Field(max_length=64)
    action: Literal["confirm", "relabel", "exclude", "unsure", "skip"]
    label: str | None = Field(default=None, max_length=1000)
    note: str | None = Field(default=None, max_length=2 * MAX_NOTE)
    cause: str | None = Field(default=None, max_length=64)
    settles: StrictBool = False
    request_id: str = Field(default="", max_length=100)


class Decided(BaseModel):
    """The body of ``/api/decide``."""

    model_config = ConfigDict(extra="forbid")
    actor: str = Field(max_length=1000)
    decisions: list[Said] = Field(min_length=1, max_length=MAX_DECISIONS)


class OfField(BaseModel):
    """What is said of one field."""

    model_config = ConfigDict(extra="forbid")
    field: str = Field(min_length=1, max_length=2_000)
    action: Literal["correct", "keep"]
    value: str | None = Field(default=None, max_length=MAX_VALUE)


class OfFields(BaseModel):
    """The body of ``/api/fields``."""

    model_config = ConfigDict(extra="forbid")
    actor: str = Field(max_length=1000)
    k: StrictInt = Field(ge=0, le=_LARGEST)
    content_hash: str | None = Field(max_length=64)
    fields: list[OfField] = Field(max_length=2_000)
    alike: StrictBool = False
    rest: StrictBool = False
    note: str | None = Field(default=None, max_length=2 * MAX_NOTE)
    request_id: str = Field(default="", max_length=100)


class PutRight(BaseModel):
    """The body of ``/api/remap``."""

    model_config = ConfigDict(extra="forbid")
    actor: str = Field(max_length=1000)
    finding: str = Field(min_length=8, max_length=64)


class Apart(BaseModel):
    """The body of ``/api/apart``."""

    model_config = ConfigDict(extra="forbid")
    actor: str = Field(max_length=1000)
    ks: list[StrictInt] = Field(min_length=2, max_length=MAX_DECISIONS)
    request_id: str = Field(default="", max_length=100)


class Must(BaseModel):
    """The body of ``/api/gallery``."""

    model_config = ConfigDict(extra="forbid")
    actor: str = Field(max_length=1000)
    k: Annotated[StrictInt, Field(ge=0, le=_LARGEST)]
    content_hash: str = Field(max_length=100)
    must: str = Field(min_length=4, max_length=MAX_LABEL + 10)
    reason: str = Field(default="", max_length=MAX_NOTE)


class Reversal(BaseModel):
    """The body of ``/api/undo`` and ``/api/redo``."""

    model_config = ConfigDict(extra="forbid")
    actor: str = Field(max_length=1000)
    request_id: str = Field(default="", max_length=100)


Actor = Annotated[str, Query(max_length=1000)]
Short = Annotated[str | None, Query(max_length=500)]
Numbers = Annotated[str, Query(max_length=4000, pattern=r"^[0-9,]*$")]
Item = Annotated[int, Query(ge=0, le=_LARGEST)]


def filters_of(
    rule: Short = None,
    class_: Annotated[str | None, Query(alias="class", max_length=500)] = None,
    pair: Short = None,
    split: Short = None,
    q: Short = None,
    order: Order = "queue",
    group: Short = None,
) -> Filters:
    """What the page asks for."""
    return Filters(rule, class_, pair, split, q, order, group)


Asked = Annotated[Filters, Depends(filters_of)]


def create_app(session: Session, *, allowed_hosts: Iterable[str], token: str | None = None) -> ASGIApp:
    """The application, behind its guard.

    Parameters
    ----------
    session : Session
    allowed_hosts : iterable of str
        ``host:port`` as a browser names this server; ``*:port`` allows every address that is a number.
    token : str, optional
        What a visitor must bring; None where only this machine can ask.

    Returns
    -------
    ASGI application
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, title="dsaudit relabel")
    _answer_errors(app)
    # its own sandbox keeps it from this server; who came with a token to label blindly is not to see it
    _add_page(app, session, with_report=token is None or not session.blind)
    _add_reading(app, session)
    _add_media(app, session)
    _add_writing(app, session)
    return Guard(app, Rules(hosts=tuple(h.lower() for h in allowed_hosts), token=token))


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(DsauditError)
    def refused(request: Request, error: DsauditError) -> Response:
        status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 500)
        return JSONResponse({"error": error.message, "hint": error.hint}, status)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
        return JSONResponse({"error": f"{place or 'the request'}: {first['msg']}", "hint": ""}, 422)

    @app.exception_handler(Exception)
    def broken(request: Request, error: Exception) -> Response:  # the guard puts it on the terminal
        return JSONResponse({"error": f"internal error: {type(error).__name__}", "hint": "the terminal says more"}, 500)

    @app.exception_handler(HTTPException)
    def unknown(request: Request, error: HTTPException) -> Response:
        words = {404: "there is nothing at this address", 405: "this address cannot be asked that way"}
        return JSONResponse({"error": words.get(error.status_code, str(error.detail)), "hint": ""}, error.status_code)


def _add_page(app: FastAPI, session: Session, *, with_report: bool) -> None:
    _template()  # now, not when the first browser waits for it

    @app.get("/")
    def page() -> Response:
        boot = session.state(session.actor)
        return Response(render_page(boot), media_type="text/html")

    @app.get("/report")
    def report() -> Response:
        path = session.run.report_path
        if not with_report or not path.is_file():
            raise HTTPException(404)
        page = path.read_bytes()
        found = _OWN_POLICY.search(page[:4096])
        # it has an origin of its own: whatever it holds, it can neither ask nor tell this server anything
        policy = f"{unescape(found[1].decode()) if found else POLICY}; sandbox {_SANDBOX}"
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy})

    @app.get("/static/{name}")
    def static(name: str, request: Request) -> Response:
        found = _asset(name, session.page)
        if found is None:
            raise HTTPException(404)
        return _tagged(request, found, _TYPES[f".{name.rpartition('.')[2]}"], _digest(found), "no-cache")


def render_page(boot: dict[str, Any]) -> str:
    """The page's HTML. ``boot`` goes into it as JSON that cannot leave its script element."""
    from markupsafe import Markup

    return _template().render(boot=Markup(script_json(boot)), version=boot["version"], modules=_modules())


@cache
def _template() -> Template:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dsaudit.relabel.screen"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("relabel.html.j2")


@cache
def _modules() -> list[str]:
    """Scripts of the page: named at once, so that the browser need not find one in another."""
    own = resources.files("dsaudit.relabel.screen").joinpath("static")
    return sorted({f.name for f in own.iterdir() if f.name.endswith(".js")} | {f"{name}.js" for name in SHARED})


def script_json(value: object) -> str:
    """JSON that is safe inside a script element, lone surrogates included."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _numbers(text: str) -> list[int]:
    return [int(k) for k in text.split(",") if 0 < len(k) < 16]


def _add_reading(app: FastAPI, session: Session) -> None:
    @app.get("/api/state")
    def state(actor: Actor) -> Response:
        session.leases.renew(checked_actor(actor))  # its page is open
        return _json(session.state(checked_actor(actor)))

    @app.get("/api/queue")
    def queue(
        actor: Actor,
        filters: Asked,
        n: Annotated[int, Query(ge=0, le=64)] = 8,
        after: Numbers = "",
    ) -> Response:
        cards, left = session.next_cards(checked_actor(actor), n, after=_numbers(after), filters=filters)
        return _json({"cards": cards, "left": left})

    @app.get("/api/grid")
    def grid(
        actor: Actor,
        filters: Asked,
        n: Annotated[int, Query(ge=1, le=MAX_DECISIONS)] = 24,
        after: Numbers = "",
    ) -> Response:
        cards, alike = session.grid(checked_actor(actor), n, after=_numbers(after), filters=filters)
        return _json({"cards": cards, "alike": alike})

    @app.get("/api/item/{k}")
    def item(k: Annotated[int, Field(ge=0, le=_LARGEST)], actor: Actor) -> Response:
        return _json(session.card(k, checked_actor(actor)))

    @app.get("/api/search")
    def search(q: Annotated[str, Query(max_length=500)], n: Annotated[int, Query(ge=1, le=200)] = 20) -> Response:
        return _json({"items": session.search(q, n)})

    @app.get("/api/disagreements")
    def disagreements(actor: Actor) -> Response:
        checked_actor(actor)
        return _json({"items": session.disagreements()})


def _add_media(app: FastAPI, session: Session) -> None:
    def served(k: int, request: Request, *, picture: bool) -> Response:
        session.check(k)
        found = session.previews.get(k)
        if isinstance(found, str):
            return JSONResponse({"error": found, "hint": ""}, 404)
        data, mime = (found.thumbnail, picture_type(found.thumbnail)) if picture else (found.data, found.mime)
        if not data:
            raise HTTPException(404)
        return _tagged(request, data, mime, session.cards.hashes[k] or _digest(data), "private, max-age=3600")

    @app.get("/media/{k}")
    def media(k: Annotated[int, Field(ge=0, le=_LARGEST)], request: Request) -> Response:
        return served(k, request, picture=False)

    @app.get("/media/{k}/whole")
    def whole(k: Annotated[int, Field(ge=0, le=_LARGEST)], request: Request) -> Response:
        session.check(k)
        found = session.previews.original(k)
        if found is None:
            raise HTTPException(404)
        return _tagged(request, *found, session.cards.hashes[k] or _digest(found[0]), "private, max-age=3600")

    @app.get("/media/{k}/thumbnail")
    def thumbnail(k: Annotated[int, Field(ge=0, le=_LARGEST)], request: Request) -> Response:
        return served(k, request, picture=True)


def _add_writing(app: FastAPI, session: Session) -> None:
    @app.post("/api/decide")
    def decide(body: Decided) -> Response:
        actor = checked_actor(body.actor)
        rows = session.decide(actor, [said.model_dump() for said in body.decisions])
        return _json({"rows": rows, "state": session.state(actor, anew=False)})

    @app.post("/api/fields")
    def fields(body: OfFields) -> Response:
        actor = checked_actor(body.actor)
        rows = session.decide_fields(actor, body.model_dump(exclude={"actor"}))
        return _json({"rows": rows, "state": session.state(actor, anew=False)})

    @app.post("/api/remap")
    def remap(body: PutRight) -> Response:
        actor = checked_actor(body.actor)
        rows = session.remap(actor, body.finding)
        return _json({"rows": rows, "state": session.state(actor, anew=False)})

    @app.post("/api/apart")
    def apart(body: Apart) -> Response:
        actor = checked_actor(body.actor)
        rows = session.apart(actor, body.ks, body.request_id)
        return _json({"rows": rows, "state": session.state(actor, anew=False)})

    @app.post("/api/gallery")
    def gallery(body: Must) -> Response:
        session.remember(checked_actor(body.actor), body.model_dump(exclude={"actor"}))
        return _json({})

    @app.post("/api/undo")
    def undo(body: Reversal) -> Response:
        actor = checked_actor(body.actor)
        return _reversed(session, actor, session.undo(actor, body.request_id))

    @app.post("/api/redo")
    def redo(body: Reversal) -> Response:
        actor = checked_actor(body.actor)
        return _reversed(session, actor, session.redo(actor, body.request_id))


def _reversed(session: Session, actor: str, rows: list[dict[str, Any]]) -> Response:
    ks = [row["k"] for row in rows if row["k"] is not None]
    return _json({"rows": rows, "ks": ks, "state": session.state(actor, anew=False)})


def _json(value: object) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    data = text.encode("utf-8", "backslashreplace")
    return Response(data, media_type="application/json", headers={"Cache-Control": "no-store"})


def _asset(name: str, page: str) -> bytes | None:
    if _ASSET.fullmatch(name) is None or f".{name.rpartition('.')[2]}" not in _TYPES:
        return None
    file = resources.files("dsaudit.relabel.screen").joinpath("static", name)
    try:
        return file.read_bytes() if file.is_file() else asset(name, page).encode()
    except FileNotFoundError:
        return None


def _digest(data: bytes) -> str:
    from dsaudit.store.files import digest

    return digest(data)


def _tagged(request: Request, data: bytes, mime: str, tag: str, cache: str) -> Response:
    """Data with an entity tag, in part where a part is asked for, or "you have it already"."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": cache, "Accept-Ranges": "bytes"}
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    found = re.fullmatch(r"bytes=(\d{1,15})-(\d{0,15})", request.headers.get("range", ""))
    if found is None:
        return Response(data, media_type=mime, headers=headers)
    first, last = int(found[1]), min(int(found[2] or len(data)), len(data) - 1)
    if first > last:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{len(data)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, media_type=mime, headers=headers)
