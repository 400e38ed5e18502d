"""Of several invoices that are paid together, a part of some: as a browser without scripts pays them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import translation

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind, Status
from allsquare.payments.models import Allocation, GatewayAccount, MethodLink, Payment, PaymentShare
from allsquare.payments.services.allow_parts import allow_parts
from allsquare.payments.services.ask_method_link import ask_method_link
from tests.payments.flows import pay, take
from tests.payments.makers import (
    AWAY,
    PAGE,
    ScriptedGateway,
    charge,
    eur,
    issued_invoice,
    offline_account,
    second_account,
)
from tests.square import assert_all_square
from tests.statements import statements_sent
from tests.web.portal.conftest import Payer
from tests.web.portal.pages import Shown
from tests.web.portal.test_several import Owner, ids, invoices, owner

__all__ = ["invoices", "owner"]  # fixtures


@pytest.fixture(autouse=True)
def in_parts(organization: Organization) -> None:
    """Each at least a tenth."""
    Organization.objects.filter(id=organization.id).update(part_payments=True, least_part_percent=10)


def field(invoice: Invoice) -> str:
    return f"part-{invoice.id.hex[-12:]}"


def typed(*parts: tuple[Invoice, str]) -> dict[str, str]:
    return {field(invoice): words for invoice, words in parts}


def amounts(page: Shown) -> dict[str, str]:
    """What stands in the fields of the choice, or goes with the button."""
    (form,) = [form for form in page.forms if "currency" in form.fields]
    return {name: value for name, value in form.fields.items() if name.startswith("part-")}


def press(owner: Owner, page: Shown, some: list[Invoice], *parts: tuple[Invoice, str]) -> Shown:
    return owner.press(page, some, **typed(*parts))


def allocated(payment: Payment) -> dict[object, int]:
    found = Allocation.objects.filter(organization=payment.organization, payment=payment)
    return dict(found.values_list("invoice_id", "amount_minor"))


def test_each_has_its_amount_to_be_changed_and_at_first_that_is_all_of_it(
    owner: Owner, invoices: list[Invoice]
) -> None:
    page = owner.open()
    for invoice, whole, least in zip(
        invoices, ("1234.00", "60.00", "6.00"), ("€123.40", "€6.00", "€0.60"), strict=True
    ):
        assert amounts(page)[field(invoice)] == whole
        assert f"at least {least}" in page.text
    assert "Pay €1,300.00" in owner.open(invoice=ids(invoices), **amounts(page)).text


def test_parts_move_the_sum_and_are_paid_booked_and_named(
    owner: Owner, payer: Payer, invoices: list[Invoice], account: GatewayAccount
) -> None:
    parts = ((invoices[0], "400"), (invoices[1], "60.00"), (invoices[2], "2.50"))
    page = owner.open(invoice=ids(invoices), **typed(*parts))
    assert "Pay €462.50" in page.text
    assert "€834.00 stays open after it" in page.text
    assert "€3.50 stays open after it" in page.text
    assert page.text.count("stays open after it") == 2
    waiting = charge(Status.ACTION_REQUIRED, reference="ch_1", redirect="https://pay.example/")
    ScriptedGateway.answers.append(waiting)
    assert amounts(page) == typed((invoices[0], "400"), (invoices[2], "2.50")), (
        "what is paid whole needs no words"
    )
    assert owner.press(page, invoices).leads_to == "https://pay.example/"
    assert owner.press(page, invoices).leads_to == "https://pay.example/", "pressed twice"
    payment = Payment.objects.get(organization=owner.organization)
    meant = {invoices[0].id: 40000, invoices[1].id: 6000, invoices[2].id: 250}
    shares = PaymentShare.objects.filter(organization=owner.organization, payment=payment)
    assert dict(shares.values_list("invoice_id", "amount_minor")) == meant
    take(account, charge(reference="ch_1", amount=eur(46250), fee=eur(0)))
    assert allocated(payment) == meant
    paid = owner.open(f"payment/{payment.id}/").text
    for words in ("€400.00", "€834.00 of it is still open", "€60.00", "€2.50", "€3.50 of it is still open"):
        assert words in paid
    assert owner.client.get(f"{owner.link}receipt/{payment.id}.pdf").content.startswith(b"%PDF")
    left = owner.open()
    assert amounts(left)[field(invoices[0])] == "834.00"
    assert field(invoices[1]) not in amounts(left)
    assert "€834.00" in payer.open().text, "the invoice's own link asks for the rest"
    assert_all_square()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("5.99", "That is too little: pay at least €6.00."),
        ("0", "That is too little: pay at least €6.00."),
        ("60.01", "That is more than can be paid now: €60.00 at most."),
        ("1.234", "60.00"),
        ("a lot", "is-invalid"),
        ("-5", "is-invalid"),
        ("<script>", "is-invalid"),
    ],
)
def test_an_amount_that_cannot_be_is_said_at_its_field_and_nothing_is_charged(
    owner: Owner, invoices: list[Invoice], words: str, said: str
) -> None:
    page = owner.open(invoice=ids(invoices[:2]), **typed((invoices[1], words), (invoices[0], "400")))
    assert page.status == 422
    assert "Look at the amounts that are marked" in page.text
    assert said in page.html
    assert amounts(page)[field(invoices[0])] == "400", "what was right is kept"
    assert amounts(page)[field(invoices[1])] == words
    assert page.html.count("is-invalid") == 1
    assert page.html.count(" checked") == 2
    assert "<script>" not in page.html
    right = owner.open(invoice=ids(invoices[:2]), **typed((invoices[0], "400")))
    assert press(owner, right, invoices[:2], (invoices[1], words)).status == 422
    assert not Payment.objects.filter(organization=owner.organization).exists()


def test_what_is_typed_for_one_that_is_not_chosen_is_kept_and_not_asked_for(
    owner: Owner, invoices: list[Invoice]
) -> None:
    page = owner.open(invoice=ids(invoices[:1]), **typed((invoices[1], "nonsense")))
    assert "Pay €1,234.00" in page.text


def test_back_from_the_sum_to_the_choice_keeps_the_amounts(owner: Owner, invoices: list[Invoice]) -> None:
    page = owner.open(invoice=ids(invoices[:2]), **typed((invoices[0], "400")))
    assert f"{field(invoices[0])}=400" in page.html
    again = owner.open(again="1", invoice=ids(invoices[:2]), **typed((invoices[0], "400")))
    assert amounts(again)[field(invoices[0])] == "400"
    assert amounts(again)[field(invoices[1])] == "60.00"
    assert again.html.count(" checked") == 2


def test_where_an_invoice_is_paid_at_once_there_is_no_amount_to_change(
    owner: Owner, payer: Payer, invoices: list[Invoice]
) -> None:
    """By the rule of the business, or by what was agreed for it alone; what is sent all the same is not heard."""
    allow_parts(organization=owner.organization, invoice_id=invoices[1].id, allowed=False, actor=SYSTEM)
    page = owner.open()
    assert field(invoices[1]) not in amounts(page)
    assert field(invoices[2]) in amounts(page)
    forged = owner.open(invoice=ids(invoices[:2]), **typed((invoices[1], "10"), (invoices[0], "400")))
    assert "Pay €460.00" in forged.text
    Organization.objects.filter(id=owner.organization.id).update(part_payments=False)
    allow_parts(organization=owner.organization, invoice_id=invoices[2].id, allowed=True, actor=SYSTEM)
    page = owner.open()
    assert [field(invoice) in amounts(page) for invoice in invoices] == [False, False, True]


def test_what_was_paid_by_another_link_meanwhile_is_shown_before_anything_is_charged(
    owner: Owner, payer: Payer, invoices: list[Invoice], account: GatewayAccount
) -> None:
    some = invoices[:2]
    page = owner.open(invoice=ids(some), **typed((invoices[0], "400")))
    till = offline_account(owner.organization)
    pay(invoices[1], till, amount=eur(1000), method=MethodKind.CASH)
    late = owner.press(page, some)
    assert late.status == 409
    assert "What is open has changed" in late.text
    assert "Pay €450.00" in late.text
    pay(invoices[0], till, amount=eur(100000), method=MethodKind.CASH)
    over = owner.press(late, some)
    assert over.status == 422
    assert "€234.00 at most" in over.text
    assert not ScriptedGateway.asked


def test_a_part_that_another_link_pays_at_the_same_time_ends_as_credit(
    owner: Owner, payer: Payer, invoices: list[Invoice], account: GatewayAccount
) -> None:
    """Both are at a provider's page that cannot be closed; both pay."""
    page = owner.open(invoice=ids(invoices[:2]), **typed((invoices[0], "1000")))
    ScriptedGateway.answers.append(
        charge(Status.ACTION_REQUIRED, reference="ch_set", redirect="https://pay.example/")
    )
    owner.press(page, invoices[:2])
    ScriptedGateway.answers.append(
        charge(Status.ACTION_REQUIRED, reference="ch_one", redirect="https://pay.example/")
    )
    waits = charge(Status.ACTION_REQUIRED, reference="ch_set", redirect="https://pay.example/")
    ScriptedGateway.lookups.extend(waits for _ in range(3))
    assert payer.press(payer.open()).leads_to == "https://pay.example/"
    take(account, charge(reference="ch_one", amount=eur(123400), fee=eur(0)))
    take(account, charge(reference="ch_set", amount=eur(106000), fee=eur(0)))
    paid = Payment.objects.get(organization=owner.organization, reference="ch_set")
    assert allocated(paid) == {invoices[1].id: 6000}
    assert "€1,000.00" in owner.open(f"payment/{paid.id}/").text
    assert_all_square()


def test_the_same_shares_move_to_the_next_provider(
    owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    second = second_account(owner.organization)
    page = owner.open(invoice=ids(invoices[:2]), **typed((invoices[0], "400")))
    ScriptedGateway.answers.extend([AWAY, PAGE])
    owner.press(page, invoices[:2])
    payment = Payment.objects.get(organization=owner.organization)
    assert payment.gateway_account_id == second.id
    take(second, charge(reference=payment.reference, amount=eur(46000), fee=eur(0)))
    assert allocated(payment) == {invoices[0].id: 40000, invoices[1].id: 6000}
    assert_all_square()


def test_another_amount_is_another_payment_and_the_page_left_behind_is_not_in_its_way(
    owner: Owner, invoices: list[Invoice], account: GatewayAccount
) -> None:
    waiting = [
        charge(Status.ACTION_REQUIRED, reference=f"ch_{number}", redirect=f"https://pay.example/{number}")
        for number in range(2)
    ]
    ScriptedGateway.answers.extend(waiting)
    for number, words in enumerate(("400", "500")):
        page = owner.open(invoice=ids(invoices[:2]), **typed((invoices[0], words)))
        assert owner.press(page, invoices[:2]).leads_to == f"https://pay.example/{number}"
    assert Payment.objects.filter(organization=owner.organization).count() == 2


def test_in_german_amounts_have_a_comma(payer: Payer, invoices: list[Invoice]) -> None:
    with translation.override("de"):
        link = ask_method_link(
            organization=payer.organization,
            customer_id=payer.invoice.customer_id,
            actor=SYSTEM,
            purpose=MethodLink.Purpose.OPEN,
        )
    german = Owner(Client(), payer.organization, f"/pay/open/{link.token}/")
    page = german.open()
    assert amounts(page)[field(invoices[0])] == "1234,00"
    assert "1.234,00" in page.text
    assert "offen, mindestens" in page.text
    part = german.open(invoice=ids(invoices), **{**amounts(page), field(invoices[1]): "12,5"})
    assert "1.252,50" in part.text
    wrong = german.open(invoice=ids(invoices), **typed((invoices[1], "1.00,5")))
    assert "Sehen Sie sich die markierten Beträge an" in wrong.text


def test_one_at_a_time_may_be_paid_in_part_too(owner: Owner, invoices: list[Invoice]) -> None:
    Organization.objects.filter(id=owner.organization.id).update(several_invoices=False, on_account=True)
    page = owner.open(invoice=ids(invoices[:1]), on_account="5", **typed((invoices[0], "400")))
    assert "Pay €405.00" in page.text
    assert not page.html.count("is-invalid")
    wrong = owner.open(invoice=ids(invoices[:1]), on_account="5", **typed((invoices[0], "1")))
    assert wrong.html.count("is-invalid") == 1, "the sum on account is right"


def test_the_choice_needs_no_statement_more_for_more_invoices(
    owner: Owner, payer: Payer, invoices: list[Invoice]
) -> None:
    with statements_sent() as few:
        owner.open()
    for number in range(4):
        more = issued_invoice(owner.organization, payer.invoice.customer, total="20.00")
        allow_parts(organization=owner.organization, invoice_id=more.id, allowed=number > 1, actor=SYSTEM)
    with statements_sent() as many:
        owner.open()
    assert few.call_count == many.call_count < 15
