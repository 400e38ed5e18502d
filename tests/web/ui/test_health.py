from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.test import Client

pytestmark = [pytest.mark.urls("tests.web.ui.urls"), pytest.mark.django_db]


def test_a_server_that_reaches_its_database_is_healthy(client: Client) -> None:
    response = client.get("/ui/healthy")
    assert (response.status_code, response.text) == (200, "ok\n")
    assert "no-store" in response.headers["Cache-Control"]
    assert client.post("/ui/healthy").status_code == 405


def test_one_that_does_not_says_so_without_details(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> CursorWrapper:
        raise OperationalError("connection to 10.0.0.7 refused")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/ui/healthy")
    assert (response.status_code, response.text) == (503, "no database\n")
