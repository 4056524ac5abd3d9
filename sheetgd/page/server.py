"""The page's server: on 127.0.0.1 only, for the browser that was given its address, for no other site's pages."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import SheetgdError
from .address import HOST
from .desk import Desk, Trouble
from .texts import accepted_language

STATIC = Path(__file__).parent / "static"
LOOK_EVERY = 0.25  # seconds between two looks at the file and at what the page shows
PATIENCE = 20.0  # seconds without a page after which the server ends
MOST_BYTES = 100_000  # of a question
STRANGER = "Open this page by the address that `sheetgd open` printed: it lets this browser in.\n"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Guard:
    """Lets nobody in but the browser that was given the token, and no page of another site.

    The Host is checked, so that no other name that leads to this computer works (DNS rebinding), and the Origin, so
    that no other site's page can post here.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self.app, self.token, self.secret = app, token, secrets.token_urlsafe(32)
        self.hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self.cookie = f"sheetgd-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        response = self.refusal(HTTPConnection(scope))

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await (response or self.app)(scope, receive, guarded)

    def refusal(self, asked: HTTPConnection) -> Response | None:
        """The answer to a question that is not let through; None for one that is."""
        host, origin = asked.headers.get("host", ""), asked.headers.get("origin")
        foreign = origin is not None and origin not in {f"http://{name}" for name in self.hosts}
        site = asked.headers.get("sec-fetch-site", "none")
        if host not in self.hosts or foreign or site not in ("none", "same-origin"):
            return PlainTextResponse(STRANGER, HTTPStatus.FORBIDDEN)
        token = asked.query_params.get("token")
        if (
            token is not None
            and asked.url.path == "/"
            and secrets.compare_digest(token.encode(), self.token.encode())
        ):
            response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
            response.set_cookie(self.cookie, self.secret, httponly=True, samesite="strict")
            return response
        known = asked.cookies.get(self.cookie, "")
        if not secrets.compare_digest(known.encode(), self.secret.encode()):
            return PlainTextResponse(STRANGER, HTTPStatus.FORBIDDEN)
        if asked.scope["method"] == "POST" and origin is None:
            return PlainTextResponse(STRANGER, HTTPStatus.FORBIDDEN)
        return None


class OpenPages:
    """The pages that are open: how many, and since when there is none."""

    def __init__(self) -> None:
        self.open = 0
        self.alone_since: float | None = None

    def come(self) -> None:
        self.open += 1
        self.alone_since = None

    def go(self) -> None:
        self.open -= 1
        if not self.open:
            self.alone_since = time.monotonic()

    def are_gone(self) -> bool:
        """Whether the last page has been closed for a while."""
        return self.alone_since is not None and time.monotonic() - self.alone_since > PATIENCE


async def answer(desk: Desk, action: str, body: bytes) -> Response:
    """What an action of the page, with its words as JSON, leads to."""
    try:
        words = json.loads(body or b"{}") if len(body) <= MOST_BYTES else None
        if not isinstance(words, dict):
            raise ValueError
        return JSONResponse(await run_in_threadpool(desk.do, action, words))
    except Trouble as trouble:
        return JSONResponse({"error": trouble.words, "kind": trouble.kind}, HTTPStatus.CONFLICT)
    except SheetgdError as error:
        return JSONResponse({"error": str(error), "kind": ""}, HTTPStatus.CONFLICT)
    except (KeyError, TypeError, ValueError):
        return JSONResponse({"error": "That is no question."}, HTTPStatus.BAD_REQUEST)


def make_app(desk: Desk, pages: OpenPages, port: int, token: str) -> Starlette:
    """The pages' application."""

    async def act(request: Request) -> Response:
        return await answer(desk, request.path_params["action"], await request.body())

    async def changes(request: Request) -> AsyncIterator[str]:
        """A line whenever there is something new to show, for as long as the page is open."""
        pages.come()
        try:
            told = -1
            while not await request.is_disconnected():
                if desk.version != told:
                    told = desk.version
                    yield f"data: {told}\n\n"
                await asyncio.sleep(LOOK_EVERY)
        finally:
            pages.go()

    async def events(request: Request) -> Response:
        return StreamingResponse(changes(request), media_type="text/event-stream")

    async def start(request: Request) -> Response:
        """All that the page needs for its first picture; what is wrong with that is said when it asks again."""
        desk.browser = accepted_language(request.headers.get("accept-language", ""))
        state = None
        with suppress(Trouble, SheetgdError):
            state = await run_in_threadpool(desk.do, "state", {})
        return JSONResponse({"texts": desk.texts(), "state": state})

    return Starlette(
        routes=[
            Route("/api/start", start),
            Route("/api/events", events),
            Route("/api/{action}", act, methods=["POST"]),
            Mount("/", StaticFiles(directory=STATIC, html=True)),
        ],
        middleware=[Middleware(Guard, port=port, token=token)],
    )


def serve(desk: Desk, listening: socket.socket, token: str) -> None:
    """Serve the desk, to whom the token lets in, until its last page has been closed for a while."""
    pages = OpenPages()
    app = make_app(desk, pages, listening.getsockname()[1], token)
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )

    async def watch() -> None:
        while not server.should_exit:
            await run_in_threadpool(desk.follow)
            if pages.are_gone():
                server.should_exit = True
            await asyncio.sleep(LOOK_EVERY)

    async def run() -> None:
        watching = asyncio.create_task(watch())
        await server.serve(sockets=[listening])
        await watching

    asyncio.run(run())
