"""Links: the right one opens, wrong ones all look alike, guessing is slowed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from allsquare.billing.models import PayLink
from allsquare.core import clock
from allsquare.core.ids import new_token
from allsquare.core.models import RateCounter
from allsquare.web.portal.visit import GUESSES, page_language
from tests.web.portal.conftest import Payer
from tests.web.portal.pages import shown

pytestmark = pytest.mark.django_db


def guess(client: Client, token: str = "", *, address: str = "203.0.113.9", **more: str) -> int:
    return client.get(f"/pay/{token or new_token()}/", REMOTE_ADDR=address, **more).status_code  # type: ignore[arg-type]  # WSGI variables


def test_every_wrong_link_gets_the_same_page(client: Client, payer: Payer) -> None:
    almost = payer.link.split("/")[2][:-1] + "_"
    pages = [client.get(f"/pay/{token}/") for token in (new_token(), almost, "x", "x" * 500, "ünïcödé", "1")]
    texts = {re.sub(r"[0-9a-f]{32}", "", page.content.decode()) for page in pages}
    assert {page.status_code for page in pages} == {404}
    assert len(texts) == 1


@pytest.mark.parametrize("path", ["", "invoice.pdf", "logo", "back/abc/"])
def test_no_page_tells_a_wrong_link_more_than_another(client: Client, payer: Payer, path: str) -> None:
    assert client.get(f"/pay/{new_token()}/{path}").status_code == 404


def test_guessing_is_stopped_and_others_get_through(client: Client, payer: Payer) -> None:
    right = payer.link.split("/")[2]
    assert [guess(client) for _ in range(GUESSES.most)] == [404] * GUESSES.most
    refused = client.get(f"/pay/{new_token()}/", REMOTE_ADDR="203.0.113.9")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= GUESSES.within.total_seconds()
    assert guess(client, right) == 429, "the answer would tell which one was right"
    assert guess(client, right, address="203.0.113.10") == 200
    RateCounter.objects.update(ends_at=clock.now(None))
    assert guess(client, right) == 200


def test_right_links_are_not_counted(client: Client, payer: Payer) -> None:
    right = payer.link.split("/")[2]
    assert {guess(client, right) for _ in range(GUESSES.most + 5)} == {200}


def test_the_many_addresses_of_one_ipv6_household_count_together(client: Client, payer: Payer) -> None:
    answers = [guess(client, address=f"2001:db8:1:2::{at:x}") for at in range(1, 33)]
    assert answers == [404] * 30 + [429] * 2
    assert guess(client, address="2001:db8:1:3::1") == 404


def test_a_guesser_cannot_hide_behind_a_header_of_his_own(
    client: Client, payer: Payer, settings: Settings
) -> None:
    headers = [{"HTTP_X_FORWARDED_FOR": f"198.51.100.{at}"} for at in range(32)]
    assert [guess(client, **header) for header in headers][-1] == 429
    settings.BEHIND_PROXY = True
    assert guess(client, HTTP_X_FORWARDED_FOR="198.51.100.7, 192.0.2.1") == 404, "the proxy's word counts"
    for at in range(30):
        guess(client, HTTP_X_FORWARDED_FOR=f"198.51.100.{at}, 192.0.2.1")
    assert guess(client, HTTP_X_FORWARDED_FOR="198.51.100.99, 192.0.2.1") == 429


def test_links_that_were_good_once_say_so(payer: Payer) -> None:
    links = PayLink.objects.filter(organization=payer.organization)
    links.update(expires_at=clock.now(None) - timedelta(seconds=1))
    expired = payer.open()
    links.update(expires_at=None, revoked_at=clock.now(None))
    revoked = payer.open()
    assert (expired.status, revoked.status) == (410, 410)
    assert "This link has ended" in expired.text
    assert "Nothing was charged" in expired.text
    assert "1,234" not in expired.text


def test_a_link_is_a_secret_that_no_cache_or_other_site_gets(payer: Payer) -> None:
    page = payer.open()
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert '<meta name="robots" content="noindex, nofollow">' in page.html


def test_the_page_speaks_the_language_of_the_invoice(client: Client, payer: Payer) -> None:
    invoice = payer.now()
    german = shown(client.get(payer.link, headers={"Accept-Language": "de"}))
    assert german.headers["Content-Language"] == "en", "the invoice's language, not the browser's"
    assert invoice.language == "en"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "en"),
        ("de", "de"),
        ("de-AT", "de-at"),
        ("en-GB", "en-gb"),
        ("fr", "en"),
        ("zh-Hant", "en"),
        ("", "en"),
    ],
)
def test_words_and_figures_are_of_one_language(tag: str, expected: str) -> None:
    assert page_language(tag) == expected
    with translation.override(page_language(tag)):
        assert translation.get_language() == expected
