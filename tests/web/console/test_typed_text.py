"""What people type stays text on every page that shows it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories import make_customer, make_organization
from tests.web.console.world import World

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "{{ 7|add:'7' }}{% load x %}",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_are_inert(payload: str, db: None) -> None:
    world = World(make_organization(name=payload))
    customer = make_customer(world.organization, name=payload, contact_name=payload, city=payload)
    draft = world.draft(customer=customer, text=payload)
    issued = world.issued(customer=customer)
    payment = world.paid(issued)
    item = world.item(name=payload, description=payload)
    mail = world.mail(issued, state="failed", error=payload)
    world.delivery(error=payload)
    world.task(payment.id, text=payload)
    owner = world.client()
    owner.post(
        reverse("console:payment_refund", args=[payment.id]), {"amount": "1", "reason": payload, "key": "k"}
    )
    pages = [
        reverse("console:home"),
        reverse("console:search") + "?q=" + "%3Cscript%3E",
        reverse("console:invoice_list"),
        reverse("console:invoice_new"),
        reverse("console:invoice", args=[draft.id]),
        reverse("console:invoice_edit", args=[draft.id]),
        reverse("console:invoice_void", args=[issued.id]),
        reverse("console:customer_list"),
        reverse("console:customer", args=[customer.id]),
        reverse("console:customer_edit", args=[customer.id]),
        reverse("console:item_list"),
        reverse("console:item_edit", args=[item.id]),
        reverse("console:payment", args=[payment.id]),
        reverse("console:journal"),
        reverse("console:mail_list"),
        reverse("console:mail", args=[mail.id]),
        reverse("console:event_list"),
        reverse("console:inbox_list"),
    ]
    for page in pages:
        text = owner.get(page).content.decode()
        for live in ("<script>alert", "<img src=x", "<svg/onload"):
            assert live not in text, page
        if "{{" in payload:
            assert ">77<" not in text


def test_a_form_gives_payloads_back_inert(db: None) -> None:
    world = World()
    owner = world.client()
    for payload in PAYLOADS:
        text = owner.post(
            reverse("console:customer_new"), {"name": payload, "country": payload}
        ).content.decode()
        assert "Something needs another look" in text
        for live in ("<script>alert", "<img src=x", "<svg/onload"):
            assert live not in text
