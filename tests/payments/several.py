"""One payment of a customer for several invoices, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.payments.gateway import MethodKind, Outcome, Status
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.several import Together
from tests.payments.flows import take
from tests.payments.makers import ScriptedGateway, a_key, charge


def together(
    customer: Customer,
    account: GatewayAccount,
    shares: Sequence[Invoice] | Mapping[UUID, int],
    *,
    on_account: int = 0,
    code: str = "EUR",
    method: MethodKind = MethodKind.CARD,
    **more: object,
) -> Together:
    """All that is open of these invoices, or the given sums."""
    if not isinstance(shares, Mapping):
        shares = {invoice.id: invoice.open_minor for invoice in shares}
    return Together(
        customer_id=customer.id,
        currency=currency(code),
        shares=shares,
        on_account=on_account,
        method=method,
        account_id=account.id,
        **more,  # type: ignore[arg-type]  # a test's shorthand
    )


def begin(
    asked: Together,
    customer: Customer,
    *,
    answer: Outcome | None = None,
    key: str = "",
    actor: Actor = SYSTEM,
) -> Payment:
    """Ask for it; ``answer`` is what the scripted provider says."""
    if answer is not None:
        ScriptedGateway.answers.append(answer)
    return start_for_customer(
        organization=customer.organization, asked=asked, key=key or a_key(), actor=actor
    )


def paid_together(
    customer: Customer,
    account: GatewayAccount,
    invoices: Sequence[Invoice],
    *,
    captured: int | None = None,
    fee: int = 0,
) -> Payment:
    """It came; ``captured`` differs where that is to be tried."""
    asked = together(customer, account, invoices)
    waiting = charge(Status.ACTION_REQUIRED, reference=a_key(), redirect="https://pay.example/")
    payment = begin(asked, customer, answer=waiting)
    came(payment, account, captured or payment.amount_minor, fee=fee)
    return payment


def came(payment: Payment, account: GatewayAccount, minor: int, *, fee: int = 0) -> None:
    """Through the door."""
    unit = currency(payment.currency)
    take(account, charge(reference=payment.reference, amount=Money(minor, unit), fee=Money(fee, unit)))
    payment.refresh_from_db()
