"""Who may ask the screen for what: hosts, origins, the token, sizes; and the policy that every answer carries."""

from __future__ import annotations

import hmac
import ipaddress
import json
import logging
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
"""Bytes of a request's body."""
MAX_ADDRESS = 8 * 1024
"""Bytes of path and query."""
COOKIE = "dsaudit_token"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
POLICY_HEADER = b"content-security-policy"
HEADERS = (
    (POLICY_HEADER, POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)

_log = logging.getLogger("dsaudit.relabel")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the guard goes by.

    Attributes
    ----------
    hosts : tuple of str
        ``host:port``, lower case; ``*:port`` stands for every address that is a number.
    token : str or None
        None: nobody needs one.
    """

    hosts: tuple[str, ...]
    token: str | None = None

    def allows(self, host: str) -> bool:
        """Whether a browser that calls this server by that name may be answered.

        A page of another site can point a name of its own at this machine, but it cannot make the browser send
        another name than that.
        """
        host = host.strip().lower()
        if host in self.hosts:
            return True
        name, _, port = host.rpartition(":")
        return f"*:{port}" in self.hosts and _is_number(name)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of the guard itself."""

    status: int
    error: str
    hint: str = ""


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = _Headers(scope)
        refusal, newcomer = self._judged(scope, headers)
        body = b""
        if refusal is None and scope["method"] == "POST":
            refusal, body = await _body(headers, receive)
        started = False

        async def sealed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                said = list(message.get("headers", ()))
                own = any(name == POLICY_HEADER for name, _ in said)  # the report brings what its scripts may do
                sealing = [h for h in HEADERS if not own or h[0] != POLICY_HEADER]
                message = {**message, "headers": [*said, *sealing, *cookie]}
            await send(message)

        cookie = [(b"set-cookie", self._cookie(headers))] if newcomer else []
        if refusal is not None:
            await _refuse(refusal, sealed)
            return
        try:
            await self._app(scope, _replayed(body, receive), sealed)
        except Exception as error:  # a bug must neither show itself to the page nor stop the review
            _log.error("internal error at %s: %s: %s", scope["path"], type(error).__name__, error)
            if not started:
                await _refuse(Refusal(500, f"internal error: {type(error).__name__}", "the terminal says more"), sealed)

    def _judged(self, scope: Scope, headers: _Headers) -> tuple[Refusal | None, bool]:
        """Why a request is refused, if it is, and whether it brought the token in its address."""
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_ADDRESS:
            return Refusal(414, "the address is too long"), False
        hosts = headers.all("host")
        if len(hosts) != 1 or not self._rules.allows(hosts[0]):
            return Refusal(421, "this server is not called by that name", "open the address that was printed"), False
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return Refusal(405, "only GET and POST are answered"), False
        page = scope["method"] != "POST" and scope["path"] == "/"
        if not page and headers.one("sec-fetch-site") not in ("", "same-origin", "none"):
            return Refusal(403, "another site asked"), False
        origin = headers.one("origin")
        if origin and not (origin.startswith("http://") and self._rules.allows(origin[len("http://") :])):
            return Refusal(403, "another site asked"), False
        newcomer = False
        if self._rules.token is not None and not self._is(_cookie_value(headers, self._cookie_name(headers))):
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
            if not page or not self._is(given[0]):
                return Refusal(401, "this review needs its token", "open the whole address that was printed"), False
            newcomer = True
        if scope["method"] == "POST":
            if headers.one("x-dsaudit") != "1":
                return Refusal(403, "the header X-Dsaudit is missing"), False
            if headers.one("content-type").split(";")[0].strip().lower() != "application/json":
                return Refusal(415, "only application/json is read"), False
        return None, newcomer

    def _is(self, token: str) -> bool:
        return hmac.compare_digest(token.encode("utf-8", "replace"), (self._rules.token or "").encode())

    def _cookie_name(self, headers: _Headers) -> str:
        """One name per port: cookies of a host are shared among its ports."""
        return f"{COOKIE}_{headers.one('host').rpartition(':')[2]}"

    def _cookie(self, headers: _Headers) -> bytes:
        return f"{self._cookie_name(headers)}={self._rules.token}; HttpOnly; SameSite=Strict; Path=/".encode()


class _Headers:
    def __init__(self, scope: Scope) -> None:
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]

    def all(self, name: str) -> list[str]:
        return [value.decode("latin-1") for key, value in self._headers if key == name.encode()]

    def one(self, name: str) -> str:
        """The header's value; every value of one that is there several times, which fits nothing."""
        return ", ".join(self.all(name)).strip()


def _cookie_value(headers: _Headers, name: str) -> str:
    try:
        found = SimpleCookie("; ".join(headers.all("cookie"))).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


async def _body(headers: _Headers, receive: Receive) -> tuple[Refusal | None, bytes]:
    """The whole body, refused as soon as it is too long, however its length was announced."""
    too_long = Refusal(413, f"a request holds at most {MAX_BODY // 1024} KiB")
    announced = headers.one("content-length")
    if announced.isdigit() and int(announced[:20]) > MAX_BODY:
        return too_long, b""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return Refusal(400, "the request broke off"), b""
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return too_long, b""
        if not message.get("more_body"):
            return None, bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """``receive`` for an application that has yet to see the body."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again


async def _refuse(refusal: Refusal, send: Any) -> None:
    data = json.dumps({"error": refusal.error, "hint": refusal.hint}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(data)).encode()),
        (b"cache-control", b"no-store"),
    ]
    if refusal.status == 413:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
