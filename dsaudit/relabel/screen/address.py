"""From a run to an address that a browser can open: port, token, browser. Knows no web framework."""

from __future__ import annotations

import errno
import ipaddress
import os
import secrets
import socket
import sys
from dataclasses import dataclass

from dsaudit.errors import UsageError

DEFAULT_PORT = 8765
TRIED_PORTS = 20
_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Address:
    """Where a review is served.

    Attributes
    ----------
    listener : socket
        Bound and listening, so that nobody else can take the port.
    host : str
        As it was asked for.
    port : int
    token : str or None
        None on an address that only this machine reaches.
    """

    listener: socket.socket
    host: str
    port: int
    token: str | None

    @property
    def url(self) -> str:
        """What to open, with the token where one is needed."""
        host = socket.gethostname() if _is_wildcard(self.host) else self.host
        named = f"[{host}]" if ":" in host else host
        return f"http://{named}:{self.port}/" + (f"?token={self.token}" if self.token else "")

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """Names by which browsers may call it, with the port."""
        if is_loopback(self.host):
            names = {"127.0.0.1", "localhost", "[::1]", self.host if ":" not in self.host else f"[{self.host}]"}
        elif _is_wildcard(self.host):  # reached under any of the machine's numbers, and its own names
            names = {"*", "localhost", socket.gethostname(), socket.getfqdn()}
        else:
            names = {f"[{self.host}]" if ":" in self.host else self.host}
        hosts = {f"{name.lower()}:{self.port}" for name in names}
        return tuple(sorted(hosts | ({n.lower() for n in names} if self.port == 80 else set())))


def take_address(host: str = "127.0.0.1", port: int | None = None) -> Address:
    """Bind an address.

    Parameters
    ----------
    host : str
        Any but a loopback address gets a token.
    port : int, optional
        0 takes any free one. None takes ``DEFAULT_PORT`` or one of the next few.

    Raises
    ------
    UsageError
        The port is in use or may not be taken, or the host is none of this machine's.
    """
    ports = range(DEFAULT_PORT, DEFAULT_PORT + TRIED_PORTS) if port is None else (port,)
    for candidate in ports:
        listener = _bound(host, candidate, last=candidate == ports[-1])
        if listener is not None:
            token = None if is_loopback(host) else secrets.token_urlsafe(_TOKEN_BYTES)
            return Address(listener, host, int(listener.getsockname()[1]), token)
    raise AssertionError("the last port is taken or refused")


def _bound(host: str, port: int, *, last: bool) -> socket.socket | None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
    except (OSError, UnicodeError, OverflowError) as error:
        raise UsageError(f"there is no address {host!r}: {error}", hint="leave --host out to use 127.0.0.1") from error
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name != "nt":  # there it would let two servers share one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        code = getattr(error, "errno", None)
        if code == errno.EADDRINUSE:
            if not last:
                return None
            raise UsageError(f"port {port} is in use", hint="choose another with --port, or 0 for any") from error
        if code == errno.EADDRNOTAVAIL:
            raise UsageError(
                f"{host} is no address of this machine", hint="leave --host out to use 127.0.0.1"
            ) from error
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot listen on {host} port {port}: {reason}", hint="choose another --port") from error
    return listener


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return host == ""


def open_browser(url: str) -> bool:
    """Open the address in the person's browser; False where there is none to see."""
    import webbrowser

    seen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"))
    if sys.platform not in ("darwin", "win32") and not seen:
        return False  # a text browser would take over the terminal
    try:
        return webbrowser.open(url)
    except (webbrowser.Error, OSError):
        return False
