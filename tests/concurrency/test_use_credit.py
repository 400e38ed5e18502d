"""Two clerks use the same credit at once; and one gives back what another uses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import DatabaseError

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import CreditGone
from allsquare.payments.models import CreditMovement, GatewayAccount
from allsquare.payments.services.use_credit import use_credit
from allsquare.payments.settlement import locked, standing
from tests.concurrency.races import at_once, failures
from tests.payments.flows import paid, take
from tests.payments.makers import a_key, eur, issued_invoice, refund_outcome
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency


def use(invoice: Invoice, key: str = "") -> bool:
    return use_credit(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(3000),
        key=key or a_key(),
        actor=SYSTEM,
    )


def used(organization: Organization) -> int:
    rows = CreditMovement.objects.filter(organization=organization, reason="used")
    return -sum(rows.values_list("amount_minor", flat=True))


def test_the_same_credit_is_used_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """By eight clerks, each for another invoice: nothing but the payment that left it is the same."""
    paid(organization, customer, account, captured=13000)
    invoices = [issued_invoice(organization, customer) for _ in range(8)]
    answers = at_once([partial(use, invoice) for invoice in invoices])
    assert [type(failure) for failure in failures(answers)] == [CreditGone] * 7
    assert used(organization) == 3000
    assert_all_square()


def test_control_without_locks_it_is_used_more_than_once(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locked, "_LOCK", locked._LOCK.replace("FOR NO KEY UPDATE", ""))
    monkeypatch.setattr(standing, "_INVOICES", standing._INVOICES.replace("FOR NO KEY UPDATE", ""))
    for _ in range(10):
        paid(organization, customer, account, captured=13000)
        before = used(organization)
        invoices = [issued_invoice(organization, customer) for _ in range(8)]
        at_once([partial(use, invoice) for invoice in invoices])
        if used(organization) - before > 3000:
            return
    pytest.fail("without its lock the credit was never used twice, so the test above proves nothing")


def test_a_double_click_uses_it_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    paid(organization, customer, account, captured=16000)
    invoice = issued_invoice(organization, customer)
    assert not failures(at_once([partial(use, invoice, "press")] * 6))
    assert used(organization) == 3000
    assert_all_square()


def test_giving_back_and_using_at_once_ends_square(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    """Whoever comes first: all 130.00 went back, so nothing is paid by them and no credit is left."""
    for number in range(6):
        payment = paid(organization, customer, account, captured=13000)
        invoice = issued_invoice(organization, customer)
        back = refund_outcome(reference=f"re_{number}", amount=eur(13000), charge_reference=payment.reference)
        works: list[Callable[[], object]] = [partial(use, invoice), partial(take, account, back)]
        answers = at_once(works)
        assert not [each for each in failures(answers) if isinstance(each, DatabaseError)]
        invoice.refresh_from_db()
        assert invoice.paid_minor == 0
        assert_all_square()
