"""What was typed outlives the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from allsquare.customers.models import Customer
from allsquare.web.console import kept_form
from allsquare.web.console.lists.looks import LOOKS
from tests.web.console.forms_on_pages import PageForm, forms_of
from tests.web.console.routes import ROUTES
from tests.web.console.world import World, editor_data

#: Where what is typed goes with the session, and why that is no loss.
SMALL: Final[Mapping[str, str]] = {
    **{look.url_name: "the name of a view; the list and what it shows come back" for look in LOOKS.values()},
    "console:customer_quick": "a dialog, which stays open and is told that the session ended",
    "console:item_quick": "a dialog, which stays open and is told that the session ended",
    "account_profile": "a person's name",
    "account_new_organization": "a name and choices, by a person and no member",
    "mfa_activate_totp": "a code that is over by then",
    "mfa_add_webauthn": "the name of a key",
}


def signed_out(client: Client) -> dict[str, object]:
    """As when the session ends while a page is open. Gives what signing in again would put back."""
    session = client.session
    gone = {name: session.pop(name) for name in list(session.keys()) if name.startswith("_auth")}
    session.save()
    return gone


def signed_in(client: Client, gone: Mapping[str, object]) -> None:
    session = client.session
    session.update(gone)
    session.save()


def led_back(client: Client, gone: Mapping[str, object], sent_to: str) -> str:
    """The page after the sign-in."""
    signed_in(client, gone)
    (page,) = parse_qs(urlsplit(sent_to).query)["next"]
    return client.get(page, follow=True).text


def marked(form: PageForm) -> dict[str, str]:
    """Texts that are found again."""
    return {each.name: f"typed{place}here" for place, each in enumerate(form.typed)}


def test_what_was_typed_into_any_form_comes_back(world: World) -> None:
    """Every form of every page that has a field to type in."""
    client, lost = world.client(), []
    keeps = {route.name for route in ROUTES if route.keeps_form}
    forms = [form for form in forms_of(world, client) if form.typed]
    assert len({form.route for form in forms}) > 25
    for form in forms:
        if form.route in SMALL:
            continue
        gone, texts = signed_out(client), marked(form)
        page = led_back(client, gone, client.post(form.action, form.filled(**texts))["Location"])
        missing = [name for name, text in texts.items() if text not in page]
        if missing or form.route not in keeps:
            lost.append((form.route, form.page, missing))
    assert not lost
    assert SMALL.keys() <= {form.route for form in forms} - keeps


def test_a_form_sent_after_the_session_ended_comes_back_after_the_sign_in(world: World) -> None:
    person = world.member()
    person.set_password("correct horse battery")
    person.save()
    client, url = Client(), reverse("console:customer_new")
    sent = client.post(
        url, {"name": "Typed for an hour", "country": "DE", "language": "en", "currency": "EUR"}
    )
    assert sent["Location"] == f"{reverse('account_login')}?next={url}"
    signed_in = client.post(
        sent["Location"], {"login": person.email, "password": "correct horse battery", "next": url}
    )
    assert signed_in["Location"] == url
    assert "Typed for an hour" in client.get(url).content.decode()
    assert not Customer.objects.filter(name="Typed for an hour").exists()
    assert "Typed for an hour" not in client.get(url).content.decode()


def test_nothing_is_done_by_coming_back(world: World) -> None:
    """What would have moved money is shown again, to be pressed again."""
    client, payment = world.client(), world.paid(world.issued())
    gone = signed_out(client)
    url = reverse("console:payment_refund", args=[payment.id])
    page = led_back(
        client, gone, client.post(url, {"amount": "12.34", "reason": "Late", "key": "k"})["Location"]
    )
    assert 'value="12.34"' in page
    assert not payment.refunds.exists()


def test_a_long_invoice_is_kept(world: World) -> None:
    client, url = world.client(), reverse("console:invoice_new")
    rows = [{"description": f"Line {place} " + "x" * 200, "unit_price": "1.00"} for place in range(500)]
    data = editor_data(world.customer.id, *rows)
    gone = signed_out(client)
    assert "Line 499 x" in led_back(client, gone, client.post(url, data)["Location"])


@pytest.mark.parametrize("limit", ["LONGEST", "_COUNTED"])
def test_too_much_is_said(world: World, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    """More than a session holds, and more of such than a stranger may leave behind."""
    if limit == "LONGEST":
        monkeypatch.setattr(kept_form, limit, 1_000)
    else:
        monkeypatch.setattr("allsquare.core.ratelimit.take", lambda *_given: False)
    client, url = world.client(), reverse("console:customer_new")
    gone = signed_out(client)
    page = led_back(client, gone, client.post(url, {"name": "x" * 70_000})["Location"])
    assert "too much to be kept" in page
    assert "xxxx" not in page


def test_strangers_do_not_fill_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither without a cookie, nor with one that they made up, nor from the many addresses of one household."""
    monkeypatch.setattr(kept_form, "_COUNTED", replace(kept_form._COUNTED, most=3))
    url = reverse("console:customer_new")
    for place in range(7):
        stranger = Client(REMOTE_ADDR=f"2001:db8::{place + 1}")
        if place % 2:
            stranger.cookies[settings.SESSION_COOKIE_NAME] = f"madeup{place}" * 4
        assert stranger.post(url, {"name": "x"})["Location"] == f"{reverse('account_login')}?next={url}"
    assert Session.objects.count() == 3
    client = world.client()
    gone = signed_out(client)
    page = led_back(client, gone, client.post(url, {"name": "Typed for an hour"})["Location"])
    assert "Typed for an hour" in page, "whoever has a session is no stranger"


def test_secrets_are_not_kept_and_the_rest_is(world: World) -> None:
    client = world.client()
    url = reverse("console:gateway_new") + "?gateway=sandbox"
    gone = signed_out(client)
    sent = client.post(
        url, {"label": "Second till", "api_key": "sk_very_secret", "base_url": "http://127.0.0.1:1"}
    )
    assert "sk_very_secret" not in str(dict(client.session))
    page = led_back(client, gone, sent["Location"])
    assert "Second till" in page
    assert "Secrets are not kept" in page


def test_a_file_must_be_chosen_again(world: World) -> None:
    client, url = world.client(), reverse("console:settings_branding")
    gone = signed_out(client)
    logo = SimpleUploadedFile("logo.png", b"x", content_type="image/png")
    page = led_back(client, gone, client.post(url, {"logo": logo, "brand_color": "#123456"})["Location"])
    assert "#123456" in page
    assert "Files are not kept" in page


def test_a_press_of_a_button_leads_back_to_its_page(world: World) -> None:
    invoice = world.draft()
    page = reverse("console:invoice", args=[invoice.id])
    sent = Client().post(
        reverse("console:invoice_duplicate", args=[invoice.id]),
        headers={"referer": f"http://testserver{page}"},
    )
    assert sent["Location"] == f"{reverse('account_login')}?next={page}"
    elsewhere = Client().post(
        reverse("console:invoice_duplicate", args=[invoice.id]), headers={"referer": "http://evil.example/x"}
    )
    assert elsewhere["Location"] == f"{reverse('account_login')}?next=/"


def test_a_live_part_of_a_page_says_so_in_its_place(db: None) -> None:
    response = Client().post(reverse("console:invoice_totals"), headers={"hx-request": "true"})
    assert response.status_code == 401
    assert response["HX-Retarget"] == "#messages"
    assert b"Nothing that you typed is lost" in response.content
