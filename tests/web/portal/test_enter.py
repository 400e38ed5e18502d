"""The page with a provider's fields, at all three doors: who sees them, what it may load, and what is kept of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core.serializers import serialize
from django.test import Client
from pytest_django.fixtures import Settings

from allsquare.core.actor import SYSTEM
from allsquare.core.models import RateCounter
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount, MethodLink, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.ask_method_link import ask_method_link
from allsquare.selling.addresses import link_url
from tests.contracts.benches import ELEMENT
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.payments.makers import issued_invoice
from tests.selling.makers import make_link, vat
from tests.web.portal.conftest import Payer
from tests.web.portal.pages import Shown, shown

pytestmark = pytest.mark.django_db

STRICT = "script-src 'self'; "


@pytest.fixture(scope="module")
def stripe() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def account(organization: Organization, stripe: FakeStripe, settings: Settings) -> GatewayAccount:
    settings.ALLSQUARE_PAYMENT_HOSTS = [stripe.url]
    stripe.objects.clear()
    stripe.key_revoked = False
    keys = {"api_key": stripe_server.KEY, "base_url": stripe.url, **ELEMENT}
    return add_gateway_account(
        organization=organization, gateway="stripe", label="Stripe", settings=keys, actor=SYSTEM
    )


def entered(payer: Payer) -> Shown:
    """The page with the fields, after *Pay*."""
    return payer.follow(payer.press(payer.open()))


def payment_of(payer: Payer) -> Payment:
    return Payment.objects.get(organization=payer.organization)


def secret_of(stripe: FakeStripe) -> str:
    (intent,) = (each for each in stripe.objects.values() if each["object"] == "payment_intent")
    return str(intent["client_secret"])


def policy_of(page: Shown) -> str:
    return str(page.headers["Content-Security-Policy"])


def is_strict(page: Shown, stripe: FakeStripe) -> bool:
    loads = policy_of(page).partition("form-action")[0]
    return (
        STRICT in loads
        and stripe.url not in loads
        and "payment=(self)," in page.headers["Permissions-Policy"]
    )


def test_that_page_alone_may_load_what_is_stripes(payer: Payer, stripe: FakeStripe) -> None:
    ask = payer.open()
    assert "You enter it on the next page, in secure fields of the provider." in ask.text
    page = payer.follow(payer.press(ask))
    assert (page.status, page.headers["Cache-Control"]) == (200, "private, no-store")
    for directive in ("script-src 'self'", "frame-src", "connect-src 'self'"):
        assert f"{directive} {stripe.url};" in policy_of(page)
    assert f'payment=(self "{stripe.url}")' in page.headers["Permissions-Policy"]
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert secret_of(stripe) in page.html
    assert "unsafe" not in policy_of(page)
    assert "https://pay.example" not in policy_of(page)
    another = payer.open()
    stripe.element.pay(str(payment_of(payer).reference))
    paid = payer.open(f"payment/{payment_of(payer).id}/")
    for other in (ask, another, paid):
        assert is_strict(other, stripe)
        assert other.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert secret_of(stripe) not in other.html
        assert "fields_stripe.js" not in other.html


def test_the_key_to_the_payment_is_kept_nowhere(
    payer: Payer, stripe: FakeStripe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = entered(payer)
    secret = secret_of(stripe)
    back = page.html.partition('data-back="')[2].partition('"')[0]
    came = payer.client.get(f"{urlsplit(back).path}?payment_intent_client_secret={secret}")
    assert secret not in came["Location"]
    assert secret in page.html
    assert secret not in caplog.text
    for model in apps.get_models():
        assert secret not in serialize("json", model._default_manager.all()), model


def test_each_end_leads_to_its_page_and_none_round_in_circles(payer: Payer, stripe: FakeStripe) -> None:
    page = entered(payer)
    here = f"payment/{payment_of(payer).id}/"
    assert payer.open(here).leads_to.endswith("/enter")
    assert "Pay €1,234.00" in page.text
    assert payer.press(payer.open()).leads_to.endswith(f"{here}enter")  # the same, pressed once more
    stripe.objects[str(payment_of(payer).reference)]["status"] = "canceled"
    RateCounter.objects.all().delete()
    assert payer.open(f"{here}enter").leads_to.endswith(here)
    left = payer.open(here)
    assert "You did not finish paying" in left.text
    assert "Try again" in left.text
    assert payer.open(f"{here}enter").leads_to.endswith(here)


def test_who_takes_another_way_leaves_no_page_that_could_be_paid(payer: Payer, stripe: FakeStripe) -> None:
    entered(payer)
    first = payment_of(payer)
    page = payer.open()
    assert "then the other page is closed" in page.text
    payer.press(page, method=page.fields["method"].replace("card", "bank_debit"))
    assert stripe.objects[str(first.reference)]["status"] == "canceled"
    first.refresh_from_db()
    assert first.state == "canceled"


def test_stripe_that_does_not_answer_is_no_dead_end(payer: Payer, stripe: FakeStripe) -> None:
    entered(payer)
    stripe.key_revoked = True
    page = payer.open(f"payment/{payment_of(payer).id}/enter")
    assert page.status == 503
    assert "The fields cannot be shown at the moment" in page.text
    assert "Pay another way" in page.text
    assert is_strict(page, stripe)


def test_several_invoices_are_paid_there_too_and_nobody_else_sees_it(
    payer: Payer, client: Client, organization: Organization, stripe: FakeStripe
) -> None:
    second = issued_invoice(organization, payer.invoice.customer, total="6.00")
    mailed = ask_method_link(
        organization=organization,
        customer_id=second.customer_id,
        actor=SYSTEM,
        purpose=MethodLink.Purpose.OPEN,
    )
    link = f"/pay/open/{mailed.token}/"
    both = [str(each.id) for each in (payer.invoice, second)]
    ask = shown(client.get(link, {"currency": "EUR", "invoice": both}))
    sent = shown(client.post(link, {**ask.fields, "invoice": both}))
    page = shown(client.get(sent.leads_to))
    assert "Pay €1,240.00" in page.text
    assert secret_of(stripe) in page.html
    assert f"{stripe.url};" in policy_of(page)
    here = f"payment/{payment_of(payer).id}/enter"
    assert sent.leads_to == link + here
    # Whoever has the link of one of the invoices alone is told nothing of it.
    assert payer.open(here).status == 404
    assert client.get(f"/pay/{'x' * 22}/{here}").status_code == 404
    stripe.element.pay(str(payment_of(payer).reference))
    RateCounter.objects.all().delete()
    assert "Paid" in shown(client.get(shown(client.get(sent.leads_to)).leads_to)).text


def test_what_is_bought_by_a_payment_link_is_entered_there(
    client: Client, organization: Organization, account: GatewayAccount, stripe: FakeStripe
) -> None:
    vat(organization)
    path = urlsplit(link_url(make_link(organization, limit=2))).path
    sent = shown(client.post(path, shown(client.get(path)).fields))
    assert sent.leads_to.endswith("/enter")
    page = shown(client.get(sent.leads_to))
    assert secret_of(stripe) in page.html
    assert "Pay €11.90" in page.text
    sale = sent.leads_to.removesuffix("enter")
    assert client.get(sale)["Location"] == sent.leads_to
    assert client.get(f"{sale}?payment_intent_client_secret=x")["Location"] == sale
    stripe.element.pay(next(name for name in stripe.objects if name.startswith("pi_")))
    RateCounter.objects.all().delete()
    assert shown(client.get(sent.leads_to)).leads_to == sale
    assert "/payment/" in client.get(sale)["Location"]
