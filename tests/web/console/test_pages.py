"""Every page answers, with something to show and with nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.ledger.selectors import journal
from allsquare.tax.selectors import list_rates
from tests.web.console.world import World

LISTS = [
    "home",
    "search",
    "invoice_list",
    "invoice_new",
    "customer_list",
    "customer_new",
    "item_list",
    "item_new",
    "payment_list",
    "journal",
    "trial_balance",
    "mail_list",
    "event_list",
    "inbox_list",
    "settings_people",
    "settings_roles",
    "settings_security",
    "entry_new",
    "period_list",
    "period_close",
    "exchange_rates",
    "settings_organization",
    "gateway_list",
    "start_real",
    "help",
    "shortcut_list",
    "settings_branding",
    "settings_mail",
    "settings_languages",
    "settings_numbering",
    "tax_rate_list",
    "tax_rate_new",
]


@pytest.mark.parametrize("name", LISTS)
def test_a_page_answers_with_nothing_to_show(name: str, world: World, owner: Client) -> None:
    response = owner.get(reverse(f"console:{name}"))
    assert response.status_code == 200
    assert world.organization.name.replace("&", "&amp;") in response.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_a_page_answers_with_something_to_show(name: str, world: World, owner: Client) -> None:
    _fill(world)
    response = owner.get(reverse(f"console:{name}"), {"q": "INV"} if name == "search" else {})
    assert response.status_code == 200


def test_the_pages_of_one_thing_answer(world: World, owner: Client) -> None:
    made = _fill(world)
    for name, argument in made:
        response = owner.get(reverse(f"console:{name}", args=[argument]))
        assert response.status_code == 200, name


def _fill(world: World) -> list[tuple[str, object]]:
    draft, issued, item = world.draft(), world.issued(), world.item()
    payment = world.paid(world.issued())
    mail = world.mail(issued, state="failed", error="Nobody there")
    world.delivery()
    world.task(payment.id)
    entry, account = _books(world)
    return [
        ("invoice", draft.id),
        ("invoice_edit", draft.id),
        ("invoice", issued.id),
        ("invoice", payment.invoice_id),
        ("credit_use", issued.id),
        ("invoice_void", issued.id),
        ("invoice_write_off", issued.id),
        ("payment_record", issued.id),
        ("customer", world.customer.id),
        ("customer_edit", world.customer.id),
        ("item_edit", item.id),
        ("payment", payment.id),
        ("payment_refund", payment.id),
        ("entry", entry),
        ("account", account),
        ("mail", mail.id),
        ("mail_letter", mail.id),
        ("batch", world.batch().id),
        ("settings_member", world.membership().id),
        ("gateway", world.account.id),
        ("tax_rate_end", list_rates(world.organization)[0].id),
        ("period_reopen", world.closed_period().id),
    ]


def _books(world: World) -> tuple[object, object]:
    entry = journal(world.organization)[0]
    return entry.id, entry.lines.all()[0].account_id
