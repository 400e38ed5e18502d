from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from allsquare.web.ui.errors import error_response

FORM = "application/x-www-form-urlencoded"

pytestmark = pytest.mark.urls("tests.web.ui.urls")


@pytest.fixture
def visitor() -> Client:
    """Sees the 500 page instead of the exception."""
    return Client(raise_request_exception=False)


def test_a_services_error_becomes_a_page_with_its_status_sentence_and_code(visitor: Client) -> None:
    response = visitor.get("/not-found")
    assert response.status_code == 404
    assert "There is no invoice &lt;b&gt;7&lt;/b&gt;." in response.text
    assert "not_found" in response.text
    assert response.text.startswith("<!doctype html>")


def test_htmx_gets_the_sentence_as_an_alert_for_the_page_it_is_on(visitor: Client) -> None:
    response = visitor.get("/not-found", headers={"HX-Request": "true"})
    assert response.status_code == 404
    assert response.headers["HX-Retarget"] == "#messages"
    assert "There is no invoice &lt;b&gt;7&lt;/b&gt;." in response.text
    assert "<html" not in response.text


def test_an_error_says_when_to_come_back(visitor: Client) -> None:
    response = visitor.get("/down")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "120")
    response = visitor.get("/limited")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "60")


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "There is nothing here"),
        ("/denied", 403, "You may not do this"),
        ("/bad", 400, "could not be understood"),
        ("/broken", 500, "you will not be charged twice"),
    ],
)
def test_djangos_own_errors_look_the_same_and_keep_internal_words(
    visitor: Client, path: str, status: int, words: str
) -> None:
    response = visitor.get(path)
    assert response.status_code == status
    assert words in response.text
    assert "internal words" not in response.text
    assert "Oops" not in response.text
    assert "!" not in response.text.removeprefix("<!doctype html>")


@pytest.mark.parametrize("script", [False, True])
def test_a_form_that_is_too_large_is_told_so(visitor: Client, script: bool) -> None:
    """Neither damaged nor our fault. Files are not counted, nor is what is just under it too large."""
    headers = {"HX-Request": "true"} if script else {}
    body = "a=" + "x" * 1_999_998
    assert visitor.post("/form", body, content_type=FORM, headers=headers).status_code == 200
    response = visitor.post("/form", body + "x", content_type=FORM, headers=headers)
    assert response.status_code == 413
    assert "larger than 2 MB" in response.text
    assert "too_large" in response.text or script


def test_a_form_without_its_token_says_what_to_do() -> None:
    response = Client(enforce_csrf_checks=True).post("/form", {"a": "b"})
    assert response.status_code == 403
    assert "load the page anew" in response.text
    assert "csrf_failed" in response.text


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://testserver/invoices?state=open", "/invoices?state=open"),
        ("http://testserver//evil.example/x", "/evil.example/x"),
        ("https://evil.example/x", None),
        ("", None),
    ],
)
def test_the_way_back_leads_only_to_our_own_pages(
    rf: RequestFactory, referrer: str, back: str | None
) -> None:
    request = rf.get("/x", headers={"Referer": referrer, "Host": "testserver"})
    page = error_response(request, status=409, message="No.", code="conflict").text
    assert ("Go back" in page) is (back is not None)
    if back:
        assert f'href="{back}"' in page


@pytest.mark.parametrize(
    ("cookie", "status", "home"), [(True, 403, True), (True, 500, False), (False, 404, False)]
)
def test_whoever_was_signed_in_is_led_home(
    rf: RequestFactory, settings: Settings, cookie: bool, status: int, home: bool
) -> None:
    request = rf.get("/x")
    request.COOKIES = {settings.SESSION_COOKIE_NAME: "some"} if cookie else {}
    page = error_response(request, status=status, message="No.", code="no").text
    assert ("To the console" in page) is home


def test_the_request_can_be_named_to_support(rf: RequestFactory) -> None:
    request = rf.get("/x", ALLSQUARE_REQUEST_ID="0f3a9c")
    page = error_response(request, status=500, message="No.", code="server_error").text
    assert 'data-copy="0f3a9c"' in page
    assert 'aria-label="Copy request id"' in page
