from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from allsquare.web.ui.csp import allow, policy

pytestmark = pytest.mark.urls("tests.web.ui.urls")


def directives(header: str) -> dict[str, list[str]]:
    parts = [part.split() for part in header.split("; ")]
    return {name: sources for name, *sources in parts}


def test_a_page_may_load_only_our_own_files(client: Client, settings: Settings) -> None:
    settings.ALLSQUARE_PAYMENT_HOSTS = []
    found = directives(client.get("/limited").headers["Content-Security-Policy"])
    assert found.pop("img-src") == ["'self'", "data:"]
    closed = {"default-src", "frame-src", "frame-ancestors", "base-uri"}
    assert {name for name, sources in found.items() if sources == ["'none'"]} == closed
    assert {name for name, sources in found.items() if sources == ["'self'"]} == found.keys() - closed


def test_every_page_carries_the_other_headers(client: Client) -> None:
    headers = client.get("/nowhere").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_payment_hosts_of_the_settings_may_receive_forms(settings: Settings) -> None:
    settings.ALLSQUARE_PAYMENT_HOSTS = ["https://pay.example"]
    assert directives(policy(HttpResponse()))["form-action"] == ["'self'", "https://pay.example"]


def test_a_view_may_allow_more_for_its_own_response(client: Client, settings: Settings) -> None:
    settings.ALLSQUARE_PAYMENT_HOSTS = []
    headers = client.get("/provider").headers
    found = directives(headers["Content-Security-Policy"])
    assert found["frame-src"] == ["https://fields.example"]
    assert found["form-action"] == ["'self'", "https://pay.example"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert directives(client.get("/limited").headers["Content-Security-Policy"])["frame-src"] == ["'none'"]


@pytest.mark.parametrize("source", ["", "https://a.example; script-src *", "a b", "a,b", "a\nb"])
def test_a_source_cannot_end_its_directive(source: str) -> None:
    with pytest.raises(ValueError, match="not one"):
        allow(HttpResponse(), "frame-src", source)


def test_a_misspelt_directive_is_refused() -> None:
    with pytest.raises(KeyError):
        allow(HttpResponse(), "frames-src", "https://a.example")
