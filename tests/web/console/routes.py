"""The addresses of all pages that ask for a permission, wherever they stand in the table."""

from __future__ import annotations

from tests.web.table import Route, routes

__all__ = ["ROUTES", "WITH_IDS", "Route"]

ROUTES = [route for route in routes() if route.permission is not None]
WITH_IDS = [route for route in ROUTES if route.arguments]
