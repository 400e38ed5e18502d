"""The saved payment methods of a customer, as colleagues see them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.identity.roles import Role
from allsquare.payments.consent import consent_of, keep_where
from allsquare.payments.models import Consent, PaymentMethod
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def methods(client: Client, world: World) -> str:
    response = client.get(reverse("console:customer_methods", args=[world.customer.id]))
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, world: World, name: str, method: PaymentMethod) -> None:
    address = reverse(f"console:customer_method_{name}", args=[world.customer.id, method.id])
    assert client.post(address).status_code == 302


def test_consent_expiry_and_default_are_shown(world: World, owner: Client) -> None:
    assert "Nothing is saved" in methods(owner, world)
    payment = world.paid(world.issued())
    method = world.saved_method(expires="2020-01")
    method.saved_by = payment.id
    method.mandate = "M-77"
    method.save()
    payer = customer_actor(world.customer.id, "Grace Buyer", address="203.0.113.7")
    consent = consent_of(
        world.organization,
        customer_id=world.customer.id,
        kind=Consent.Kind.KEEP,
        text="Keep it, <b>please</b>.",
        actor=payer,
        payment_id=payment.id,
    )
    consent.save()
    keep_where(consent, payer)
    page = methods(owner, world)
    for words in ("Visa ending 4242", "expired", "M-77", "Grace Buyer", "203.0.113.7", "comes first"):
        assert words in page
    assert "Keep it, &lt;b&gt;please&lt;/b&gt;." in page
    assert method.token not in page
    card = owner.get(reverse("console:customer", args=[world.customer.id])).content.decode()
    assert "Saved payment methods" in card
    assert "Visa ending 4242" in card


def test_a_colleague_chooses_and_removes(world: World, owner: Client) -> None:
    old, new = world.saved_method(last_four="1111"), world.saved_method(last_four="2222")
    act(owner, world, "first", old)
    assert "Visa ending 1111 comes first now." in methods(owner, world)
    act(owner, world, "remove", old)
    page = methods(owner, world)
    assert "Visa ending 1111 is removed and is not charged any more." in page
    assert (
        f'action="{reverse("console:customer_method_remove", args=[world.customer.id, old.id])}"' not in page
    )
    assert f'action="{reverse("console:customer_method_remove", args=[world.customer.id, new.id])}"' in page


def test_who_may_only_look_sees_no_acts(world: World) -> None:
    method = world.saved_method()
    page = methods(world.client(Role.VIEWER), world)
    assert "Visa ending 4242" in page
    assert str(method.id) not in page


def test_what_its_provider_did_not_end_is_said_and_told_again(world: World, owner: Client) -> None:
    world.account = add_gateway_account(
        organization=world.organization,
        gateway="sandbox",
        label="Sandbox",
        settings={"base_url": "http://127.0.0.1:1", "api_key": "sk_sandbox_1", "webhook_secret": "whsec_x"},
        actor=SYSTEM,
    )
    method = world.saved_method(last_four="1111")
    act(owner, world, "remove", method)
    page = methods(owner, world)
    assert "The provider has not said yet that it ended it." in page
    act(owner, world, "forget", method)
    page = methods(owner, world)
    method.refresh_from_db()
    assert method.forgotten_at is None
    assert "did not say that it forgot" in page
