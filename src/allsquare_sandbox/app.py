"""The sandbox as an ASGI application: API, payment pages, control panel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from allsquare_sandbox.api.routes import ROUTES as API
from allsquare_sandbox.delivery import Deliverer
from allsquare_sandbox.pages import panel, pay
from allsquare_sandbox.store import Store

OUR_HOSTS = ["127.0.0.1", "localhost", "*.localhost"]
"""Only by these names: a strange site whose name is made to point at this machine gets nothing."""


def make_app(store: Store) -> Starlette:
    """The application over ``store``; its deliverer lives as long as the server."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        deliverer = Deliverer(store)
        deliverer.start()
        yield
        deliverer.stop()

    app = Starlette(
        routes=[
            Route("/health", health),
            *API,
            *pay.routes(),
            *panel.routes(),
            Mount("/static", StaticFiles(packages=[("allsquare_sandbox", "static")])),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=OUR_HOSTS)],
        lifespan=lifespan,
    )
    app.state.store = store
    return app


def health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})
