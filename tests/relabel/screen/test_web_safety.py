"""What the screen refuses: other sites, other hosts, strangers, files of others, and requests of any size."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import logging
import os
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from dsaudit.errors import UsageError
from dsaudit.relabel.ledger.ledger import Ledger
from dsaudit.relabel.screen import connection
from dsaudit.relabel.screen.address import DEFAULT_PORT, is_loopback, open_browser, take_address
from dsaudit.relabel.screen.guard import MAX_BODY, Rules
from dsaudit.relabel.screen.served_preview import OutsideError, Previews
from dsaudit.relabel.screen.session import Session
from dsaudit.relabel.screen.web import create_app
from relabel.make_review import doubtful_run, table, write_run
from relabel.screen.make_server import HEADERS, served

JSON = {"Content-Type": "application/json", "X-Dsaudit": "1"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return doubtful_run(tmp_path_factory.mktemp("safety"), 12, n_doubts=2, sounds=True)


@pytest.fixture(scope="module")
def review(run, tmp_path_factory):
    with served(run, tmp_path_factory.mktemp("ledger") / "ledger.sqlite") as found:
        yield found


@pytest.fixture
def web(review):
    with review.client() as client:
        yield client


def raw(review, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Bytes as they are on the wire, which no client library would send."""
    place = urlsplit(review.base)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def get(review, target: str, host: str | None = None) -> tuple[int, dict[str, str], bytes]:
    host = host if host is not None else urlsplit(review.base).netloc
    return raw(review, f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())


def undo(web, *, headers=None, content=b'{"actor": "Ann", "request_id": ""}'):
    """An undo with exactly these headers beside a page's own; None leaves one out."""
    wanted = {k: v for k, v in (JSON | (headers or {})).items() if v is not None}
    return web.send(httpx.Request("POST", f"{str(web.base_url).rstrip('/')}/api/undo", headers=wanted, content=content))


class TestOtherSites:
    def test_our_own_page_may_post(self, web, review):
        assert undo(web).status_code == 200
        assert undo(web, headers={"Origin": review.base, "Sec-Fetch-Site": "same-origin"}).status_code == 200
        port = urlsplit(review.base).port
        assert undo(web, headers={"Origin": f"http://localhost:{port}"}).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "https://127.0.0.1:{port}"},
            {"Origin": "http://127.0.0.1"},
            {"Origin": "http://127.0.0.1:{port}.evil.example"},
            {"Origin": "http://127.0.0.1:{port}@evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"X-Dsaudit": None},
            {"X-Dsaudit": "0"},
        ],
    )
    def test_another_sites_page_may_not(self, web, review, headers):
        port = str(urlsplit(review.base).port)
        headers = {k: v and v.replace("{port}", port) for k, v in headers.items()}
        answer = undo(web, headers=headers)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers

    @pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
    def test_forms_are_not_read(self, web, kind):
        assert undo(web, headers={"Content-Type": kind}).status_code == 415

    def test_no_preflight_is_granted(self, web):
        answer = web.options("/api/decide", headers={"Origin": "http://evil.example"})
        assert answer.status_code in (403, 405)
        assert not any(name.startswith("access-control") for name in answer.headers)

    def test_another_site_cannot_embed_or_read(self, web):
        for path in ("/media/0", "/api/state?actor=A", "/static/core.js"):
            assert web.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert web.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200  # a link may lead here


class TestHosts:
    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:{port}",
            "127.0.0.1",
            "127.0.0.1:1",
            "localhost.evil.example:{port}",
            "",
            "[::1",
            "a b",
        ],
    )
    def test_a_name_that_was_bent_to_this_machine_is_refused(self, review, host):
        status, _, body = get(review, "/api/state?actor=A", host.replace("{port}", str(urlsplit(review.base).port)))
        assert status in (400, 421)
        assert b"classes" not in body

    @pytest.mark.parametrize("host", ["127.0.0.1:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
    def test_this_machines_own_names_are_answered(self, review, host):
        assert get(review, "/api/state?actor=A", host.replace("{port}", str(urlsplit(review.base).port)))[0] == 200

    def test_two_hosts_or_none(self, review):
        own = urlsplit(review.base).netloc
        both = f"GET / HTTP/1.1\r\nHost: {own}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        assert raw(review, both.encode())[0] in (400, 421)
        assert raw(review, b"GET / HTTP/1.0\r\n\r\n")[0] in (400, 421)

    def test_on_every_address_only_numbers_and_own_names(self):
        rules = Rules(hosts=("*:80", "me:80"))
        assert rules.allows("192.168.1.7:80")
        assert rules.allows("[fe80::1]:80")
        assert rules.allows("ME:80")
        assert not rules.allows("evil.example:80")
        assert not rules.allows("192.168.1.7:81")


TRICKS = [
    "/media/../../etc/passwd",
    "/media/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/media/..%5c..%5cetc%5cpasswd",
    "/media//etc/passwd",
    "/media/%2fetc%2fpasswd",
    "/media/file:///etc/passwd",
    "/media/0/../../../etc/passwd",
    "/media/0%00.wav",
    "/media/-1",
    "/media/1e3",
    "/media/0x0",
    "/media/٣",
    "/media/" + "9" * 30,
    "/media/" + "9" * 5000,
    "/media/0/original",
    "/static/../web.py",
    "/static/..%2fweb.py",
    "/static/%2e%2e/web.py",
    "/static//etc/passwd",
    "/static/.hidden.js",
    "/static/core.js%00.png",
    "/static/",
    "/static",
    "//etc/passwd",
    "http://127.0.0.1/etc/passwd",
]


class TestFiles:
    @pytest.mark.parametrize("target", TRICKS, ids=lambda t: t[:40])
    def test_no_path_leads_anywhere(self, review, target):
        encoded = target.encode()
        host = urlsplit(review.base).netloc.encode()
        status, _, body = raw(
            review, b"GET " + encoded + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
        )
        assert status in (400, 404, 414, 422)
        assert b"root:" not in body
        assert b"def " not in body
        assert b"Traceback" not in body

    @pytest.mark.skipif(os.name == "nt", reason="symbolic links")
    def test_a_link_out_of_the_dataset_is_not_followed(self, tmp_path):
        secret = tmp_path / "secret.wav"
        donor = doubtful_run(tmp_path / "donor", 12, n_doubts=2, sounds=True)
        secret.write_bytes((donor.root / donor.items.index[0]).read_bytes())
        items = table(4)
        run = write_run(tmp_path / "victim", items, sounds=True)
        inside, outside = run.root / items.index[1], run.root / items.index[0]
        outside.unlink()
        outside.symlink_to(secret)
        (run.root / "cat" / "link.wav").symlink_to(inside)
        with served(run, tmp_path / "l.sqlite") as found, found.client() as client:
            answer = client.get("/media/0")
            assert answer.status_code == 404
            assert "symbolic link leads out of the dataset" in answer.json()["error"]
            assert client.get("/media/1").status_code == 200
            media = client.get("/api/item/0", params={"actor": "A"}).json()["media"]
            assert "symbolic link" in media["error"]

    @pytest.mark.skipif(os.name == "nt", reason="symbolic links")
    def test_links_are_judged_by_where_they_lead(self, tmp_path):
        (tmp_path / "away").mkdir()
        (tmp_path / "away" / "x.wav").write_bytes(b"RIFF")
        items = table(6)
        ids = list(items.index)
        root = tmp_path / "data"
        uris = {
            ids[0]: str(root / "in.wav"),
            ids[1]: str(root / "folder" / "x.wav"),
            ids[2]: str(tmp_path / "away" / "x.wav"),
            ids[3]: str(root / ".." / "away" / "x.wav"),
            ids[4]: str(tmp_path / "away" / "link.tar"),
            ids[5]: str(tmp_path / "away" / "link.tar" / "bytes=0+9" / "x.wav"),
        }
        run = write_run(tmp_path, items, uris=uris, source="csv")
        (root / "real.wav").write_bytes(b"RIFF")
        (root / "in.wav").symlink_to(root / "real.wav")
        (root / "folder").symlink_to(tmp_path / "away")
        (tmp_path / "away" / "link.tar").symlink_to("/etc/passwd")
        at = {i: k for k, i in enumerate(run.items.index)}
        previews = Previews(run)
        assert previews.path(at[ids[0]]) == root / "real.wav"
        with pytest.raises(OutsideError):
            previews.path(at[ids[1]])
        assert previews.path(at[ids[2]]) == tmp_path / "away" / "x.wav"  # a manifest may name files anywhere
        assert previews.path(at[ids[3]]) == tmp_path / "away" / "x.wav"
        with pytest.raises(OutsideError):
            previews.path(at[ids[4]])
        with pytest.raises(OutsideError):
            previews.path(at[ids[5]])
        previews.close()
        folder = Previews(write_run(tmp_path / "other", items, uris=uris))  # a folder names nothing outside itself
        with pytest.raises(OutsideError):
            folder.path(at[ids[2]])
        folder.close()
        following = Previews(run, follow_links=True)
        assert following.path(at[ids[1]]) == tmp_path / "away" / "x.wav"
        following.close()

    def test_what_cannot_be_decoded_is_played_as_it_is_only_if_it_is_media(self, tmp_path):
        items = table(4)
        ids = sorted(items.index)
        run = write_run(tmp_path, items, sounds=True, status={ids[0]: "no-decoder", ids[1]: "unreadable"})
        page = run.root / ids[1]
        page.write_bytes(b"<html><script>alert(1)</script></html>")
        run.__dict__["items"] = run.items.assign(content_hash=None)
        with served(run, tmp_path / "l.sqlite") as found, found.client() as client:
            original = client.get("/media/0")
            assert original.headers["content-type"] == "audio/wav"
            assert original.content == (run.root / ids[0]).read_bytes()
            refused = client.get("/media/1")
            assert refused.status_code == 404
            assert "damaged" in refused.json()["error"]


class TestSizes:
    def test_a_body_that_is_too_long(self, web):
        long = json.dumps({"actor": "A", "request_id": "x" * MAX_BODY}).encode()
        assert undo(web, content=long).status_code == 413

    def test_a_body_that_does_not_say_how_long_it_is(self, review):
        host = urlsplit(review.base).netloc
        head = (
            f"POST /api/undo HTTP/1.1\r\nHost: {host}\r\nX-Dsaudit: 1\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        ).encode()
        chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        assert raw(review, head + chunk * 8 + b"0\r\n\r\n")[0] == 413
        body = b'{"actor": "Ann", "request_id": "chunked"}'
        assert raw(review, head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))[0] == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"decisions": []},
            {"decisions": 65},
            {"note": "x" * 2001},
            {"label": "x" * 201},
            {"action": "revert"},
            {"action": "delete"},
            {"k": -1},
            {"k": "0"},
            {"k": 2**70},
            {"k": True},
            {"settles": "yes"},
            {"surprise": 1},
            {"request_id": "x" * 101},
            {"actor": "x" * 81},
            {"actor": ""},
            {"actor": "a\nb"},
        ],
        ids=str,
    )
    def test_what_no_decision_can_be(self, web, review, change):
        card = web.get("/api/item/0", params={"actor": "Ann"}).json()
        one = {
            "k": 0,
            "content_hash": card["content_hash"],
            "action": "relabel",
            "label": "dog",
            "note": "",
            "cause": "",
        }
        body = {"actor": "Ann", "decisions": [one]}
        for name, value in change.items():
            if name == "decisions":
                body["decisions"] = [one] * (value if isinstance(value, int) else 0)
            elif name == "actor":
                body["actor"] = value
            else:
                one[name] = value
        answer = web.post("/api/decide", json=body)
        assert answer.status_code in (404, 422)
        assert answer.json()["error"]
        assert review.session.ledger.count() == 0

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 60_000, b'{"actor": NaN}', b'"' + b"a" * 999]
    )
    def test_what_is_no_request(self, web, body):
        answer = undo(web, content=body)
        assert answer.status_code in (400, 422)
        assert set(answer.json()) == {"error", "hint"}

    def test_methods_and_long_addresses(self, web, review):
        for method in ("PUT", "DELETE", "PATCH", "TRACE"):
            assert web.request(method, "/api/decide").status_code == 405
        assert get(review, "/api/search?q=" + "x" * 9000)[0] in (414, 431)


class TestAnswers:
    @pytest.mark.parametrize(
        "path", ["/", "/api/state?actor=A", "/media/0", "/nothing", "/api/item/999?actor=A", "/static/core.js"]
    )
    def test_every_answer_carries_the_policy(self, web, path):
        headers = web.get(path).headers
        policy = headers["content-security-policy"]
        for part in (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ):
            assert part in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers

    def test_refusals_carry_it_too(self, web):
        assert "content-security-policy" in undo(web, headers={"Origin": "http://evil.example"}).headers

    def test_the_page_runs_nothing_inline(self, web):
        import re

        page = web.get("/").text
        for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S):
            assert "src=" in attributes or 'type="application/json"' in attributes, body[:80]
        assert not re.search(r"\son\w+\s*=", re.sub(r"<script.*?</script>", "", page, flags=re.S))
        assert not re.search(r"<style|\sstyle\s*=", page)
        assert "http://" not in page.replace("http://www.w3.org", "")

    def test_a_bug_is_no_traceback(self, run, tmp_path, caplog):
        with served(run, tmp_path / "l.sqlite") as found, found.client() as client:
            found.session.state = lambda actor: 1 / 0
            with caplog.at_level(logging.ERROR):
                answer = client.get("/api/state", params={"actor": "A"})
            assert answer.status_code == 500
            assert answer.json()["error"] == "internal error: ZeroDivisionError"
            assert "Traceback" not in answer.text + caplog.text
            assert client.get("/api/item/0", params={"actor": "A"}).status_code == 200


class TestToken:
    @pytest.fixture
    def guarded(self, run, tmp_path):
        with served(run, tmp_path / "l.sqlite", host="0.0.0.0") as found:
            port = urlsplit(found.base).port
            found.base = f"http://127.0.0.1:{port}"
            yield found

    def test_without_it_nothing_is_answered(self, guarded):
        with guarded.client() as client:
            for path in ("/", "/api/state?actor=A", "/media/0", "/static/core.js", "/?token=", "/?token=wrong"):
                answer = client.get(path)
                assert answer.status_code == 401, path
                assert "set-cookie" not in answer.headers
            assert undo(client).status_code == 401
            assert client.get("/api/state", params={"actor": "A", "token": guarded.token}).status_code == 401

    def test_the_address_opens_it_and_the_cookie_keeps_it_open(self, guarded):
        assert len(guarded.token) >= 32
        with guarded.client() as client:
            answer = client.get("/", params={"token": guarded.token})
            assert answer.status_code == 200
            cookie = answer.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
            assert client.get("/api/state", params={"actor": "A"}).status_code == 200
            assert undo(client, headers={"Cookie": cookie.partition(";")[0]}).status_code == 200
            assert guarded.token not in client.get("/").text
        with guarded.client(cookies={f"dsaudit_token_{urlsplit(guarded.base).port}": "x" * 32}) as client:
            assert client.get("/api/state", params={"actor": "A"}).status_code == 401

    @pytest.mark.parametrize(("blind", "status"), [(False, 200), (True, 404)])
    def test_the_report_is_for_those_with_a_token_unless_they_are_blind(self, tmp_path, blind, status):
        reported = doubtful_run(tmp_path / "run")
        reported.report_path.write_text("<!doctype html><title>report</title>")
        with served(reported, tmp_path / "l.sqlite", host="0.0.0.0", blind=blind) as found:
            found.base = f"http://127.0.0.1:{urlsplit(found.base).port}"
            with found.client() as client:
                assert client.get("/report").status_code == 401
                assert client.get("/", params={"token": found.token}).status_code == 200
                answer = client.get("/report")
                assert answer.status_code == status
                policy = answer.headers["content-security-policy"]
                assert ("sandbox" in policy) != blind
                assert "allow-same-origin" not in policy

    def test_it_is_never_logged(self, guarded, caplog, capfd):
        with caplog.at_level(logging.DEBUG), guarded.client() as client:
            client.get("/", params={"token": guarded.token})
            client.get("/api/state", params={"actor": "A"})
            client.get("/?token=wrong")
        ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
        assert guarded.token not in "".join(ours) + "".join(capfd.readouterr())

    def test_a_new_one_every_time(self):
        places = [take_address("0.0.0.0", 0) for _ in range(3)]
        assert len({p.token for p in places}) == 3
        for place in places:
            place.listener.close()


class TestPlace:
    @pytest.mark.parametrize(
        ("host", "expected"),
        [(h, True) for h in ("127.0.0.1", "127.8.9.1", "localhost", "::1")]
        + [(h, False) for h in ("0.0.0.0", "::", "192.168.1.2", "example.org", "localhost.example.org", "")],
    )
    def test_loopback(self, host, expected):
        assert is_loopback(host) is expected

    def test_loopback_needs_no_token_and_everything_else_does(self):
        near, far = take_address("127.0.0.1", 0), take_address("0.0.0.0", 0)
        assert near.token is None
        assert near.url == f"http://127.0.0.1:{near.port}/"
        assert f"?token={far.token}" in far.url
        near.listener.close()
        far.listener.close()

    def test_a_port_in_use_is_one_clear_line_or_the_next_one(self):
        first = take_address("127.0.0.1", 0)
        with pytest.raises(UsageError, match=f"port {first.port} is in use"):
            take_address("127.0.0.1", first.port)
        first.listener.close()
        one, two = take_address(), take_address()
        assert DEFAULT_PORT <= one.port < two.port
        one.listener.close()
        two.listener.close()

    @pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid"])
    def test_an_address_that_is_not_ours(self, host):
        with pytest.raises(UsageError):
            take_address(host, 0)

    def test_no_browser_to_open_is_no_error(self, monkeypatch):
        import webbrowser

        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("sys.platform", "linux")
        assert open_browser("http://127.0.0.1:1/") is False
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(webbrowser, "open", lambda url: False)
        assert open_browser("http://127.0.0.1:1/") is False


def test_the_application_alone_is_guarded_too(run, tmp_path):
    """Mounted without our own server, as a test client does it."""

    async def asked(app) -> list[int]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://screen.test") as client:
            state, undo, body = "/api/state?actor=A", "/api/undo", {"actor": "A"}
            answers = [
                await client.get(state),
                await client.get(state, headers={"Host": "evil.example"}),
                await client.post(undo, json=body, headers=HEADERS),
                await client.post(undo, json=body),
            ]
        return [answer.status_code for answer in answers]

    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        session = Session(run, ledger)
        app = create_app(session, allowed_hosts=["screen.test:80", "screen.test"])
        assert asyncio.run(asked(app)) == [200, 421, 200, 403]
        session.close()


class TestManyConnections:
    """Whoever reaches the port, token or not, neither stops the screen nor fills the terminal."""

    @pytest.fixture
    def place(self, review, monkeypatch, caplog):
        monkeypatch.setattr(connection, "HEADERS_S", 0.5)
        yield "127.0.0.1", int(review.base.rpartition(":")[2])
        assert len(caplog.messages) <= 1

    def test_idle_ones_keep_nobody_out(self, review, place):
        with contextlib.ExitStack() as stack, review.client() as client:
            held = [stack.enter_context(socket.create_connection(place)) for _ in range(2 * connection.MAX_CONNECTIONS)]
            for k, one in enumerate(held):
                with contextlib.suppress(OSError):
                    one.sendall(b"GET / HTTP/1.1\r\n" if k % 2 else b"")
            for _ in range(5):
                assert client.get("/api/state", params={"actor": "A"}).status_code == 200

    def test_a_request_that_never_comes_is_not_waited_for(self, place):
        with socket.create_connection(place) as idle, socket.create_connection(place) as slow:
            started, ended = time.monotonic(), None
            slow.settimeout(0.05)
            while ended is None and time.monotonic() < started + 10:
                try:
                    slow.sendall(b"G" if time.monotonic() - started < 0.1 else b"x")
                    ended = time.monotonic() if slow.recv(1) == b"" else None
                except TimeoutError:
                    continue
                except OSError:
                    ended = time.monotonic()
            assert ended is not None
            idle.settimeout(10)
            with contextlib.suppress(ConnectionResetError):
                assert idle.recv(1) == b""

    def test_a_second_request_may_take_its_time(self, place, review):
        with review.client() as client:
            for _ in range(3):
                assert client.get("/api/state", params={"actor": "A"}).status_code == 200
                time.sleep(0.3)
