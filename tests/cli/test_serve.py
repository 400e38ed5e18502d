"""One machine serves on one port of its own."""

from __future__ import annotations

import socket

import pytest
from pytest_django.fixtures import Settings

from allsquare.cli.serve import first_steps, require_free
from allsquare.core.errors import Conflict
from tests.factories import make_organization


def test_refuses_a_port_that_somebody_shares() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=str(port)):
            require_free("127.0.0.1", port)
    require_free("127.0.0.1", port)


@pytest.mark.django_db
def test_tells_the_way_in_until_somebody_took_it(settings: Settings) -> None:
    assert "https://pay.example/accounts/signup/" in first_steps("https://pay.example")
    settings.ALLSQUARE_OPEN_SIGN_UP = "never"
    assert "allsquare new" in first_steps("https://pay.example")
    make_organization()
    assert first_steps("https://pay.example") == ""
