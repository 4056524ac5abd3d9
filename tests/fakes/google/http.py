"""HTTPS for the test server: a certificate made at test time, and name resolution that leads clients here.

Nothing of Google's is known here. The handler hands each request to an `Answerer` and sends what it gets, whole, cut
short, late or not at all.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import trustme

HANG_SECONDS = 30.0  # a hanging call ends by itself after this time

# Runs as sitecustomize in the command line's process, and in the tests' own. While the file OFFLINE is there, names
# cannot be resolved; it holds how many look-ups are still to fail.
RESOLVER = """
import os, socket
real = socket.getaddrinfo
def resolve(host, port, *rest, **named):
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("localhost", "127.0.0.1", "::1", "None"):
        return real(host, port, *rest, **named)
    if os.path.exists({offline!r}):
        left = int(open({offline!r}).read()) - (not name.startswith("iamcredentials"))
        open({offline!r}, "w").write(str(left)) if left else os.remove({offline!r})
    elif name.endswith(".googleapis.com"):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", {port}))]
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
socket.getaddrinfo = resolve
"""


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    verb: str
    host: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What to send; `how` is "whole", "cut" (half of the body), "reset" or "hang"."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    how: str = "whole"


Answerer = Callable[[Request], Reply]


class Listener(ThreadingHTTPServer):
    """An HTTPS server on a free port of loopback, in threads of its own."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, answer: Answerer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.closing = threading.Event()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority()[1].configure_cert(self.context)
        self.open: set[socket.socket] = set()
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def hang_up(self) -> None:
        """End every connection that is open; a handler that waits for its next request wakes up."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""

    def close(self) -> None:
        """End it, and whatever hangs."""
        self.closing.set()
        self.shutdown()
        self.hang_up()
        self.server_close()
        self.thread.join(5)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive over its requests."""

    protocol_version = "HTTP/1.1"
    server: Listener

    def setup(self) -> None:
        self.request.settimeout(HANG_SECONDS)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.server.open.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.server.open.discard(self.request)
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # the client went away
            super().handle()

    def serve(self) -> None:
        """Any method."""
        size = int(self.headers.get("Content-Length", 0))
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").partition(":")[0]
        reply = self.server.answer(
            Request(self.command, host, url.path, query, headers, self.rfile.read(size))
        )
        if reply.how == "hang":
            self.server.closing.wait(HANG_SECONDS)
        if reply.how in ("hang", "reset"):
            self.close_connection = True
            reset(self.request)
            return
        self.send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def send(self, reply: Reply) -> None:
        """The reply as Google sends it: packed where the client unpacks, in chunks."""
        body, headers = reply.body, {"Content-Type": "application/json; charset=UTF-8", **reply.headers}
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 500:
            body, headers["Content-Encoding"] = gzip.compress(body, 1), "gzip"
        self.send_response(reply.status)
        for name, value in {**headers, "Transfer-Encoding": "chunked"}.items():
            self.send_header(name, value)
        self.end_headers()
        chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
        if reply.how == "cut":
            self.wfile.write(chunk[: len(chunk) // 2])
            self.close_connection = True
        else:
            self.wfile.write(chunk + b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def reset(connection: socket.socket) -> None:
    """End a connection the hard way: the other side is told that it was reset."""
    with contextlib.suppress(OSError, ValueError):
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        socket.close(connection.detach())


@cache
def authority() -> tuple[trustme.CA, trustme.LeafCert]:
    """A certificate authority for this test session, and its certificate for Google's hosts."""
    maker = trustme.CA()
    return maker, maker.issue_cert("*.googleapis.com", "localhost")


def install(folder: Path, port: int) -> tuple[Path, str]:
    """Put into a folder what a client needs: `ca.pem` and site/sitecustomize.py; the last's path and its source."""
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    authority()[0].cert_pem.write_to_path(str(folder / "ca.pem"))
    source = RESOLVER.format(offline=str(folder / "offline"), port=port)
    (site / "sitecustomize.py").write_text(source, encoding="utf-8")
    return site, source
