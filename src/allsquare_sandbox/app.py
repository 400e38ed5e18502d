"""The sandbox as an ASGI application: API, payment pages, control panel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from allsquare_sandbox.api.routes import ROUTES as API
from allsquare_sandbox.delivery import Deliverer
from allsquare_sandbox.store import Store


def make_app(store: Store) -> Starlette:
    """The application over ``store``; its deliverer lives as long as the server."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        deliverer = Deliverer(store)
        deliverer.start()
        yield
        deliverer.stop()

    app = Starlette(routes=[Route("/health", health), *API], lifespan=lifespan)
    app.state.store = store
    return app


def health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
