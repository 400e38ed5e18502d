"""Asking for money: the attempt is a committed row before the provider is called, and its id is the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final
from uuid import UUID

from django.db import IntegrityError
from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES, InvoiceState
from allsquare.core import bulk, clock, failpoints, rows
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.events import Data, News, record
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.idempotency import check_key, input_hash, same_input
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.arrivals import check_amount, check_day
from allsquare.payments.asking import ask, close_page
from allsquare.payments.consent import consent_to_keep
from allsquare.payments.errors import (
    AmountChanged,
    GatewayUnavailable,
    InvalidPayment,
    InvoiceNotPayable,
    PartRefused,
    PaymentUnderWay,
)
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt, PaymentMethod
from allsquare.payments.parts import span_of
from allsquare.payments.plan import next_check
from allsquare.payments.registry import adapter_class, methods_of
from allsquare.payments.states import PaymentState
from allsquare.payments.under_way import is_awaited, is_under_way

#: Payments of an invoice that may still become money.
_UNDECIDED: Final = (
    "invoice_id = %b AND state IN ('started', 'unknown', 'pending', 'needs_action') ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked; its fields are the input that the key stands for."""

    invoice_id: UUID
    amount: Money
    method: MethodKind
    account_id: UUID
    return_url: str
    saved_method_id: UUID | None
    save_method: bool
    received_on: date | None
    note: str
    more: bool

    def hash(self) -> bytes:
        return input_hash(
            {
                **({"more": True} if self.more else {}),
                "invoice": self.invoice_id,
                "amount": self.amount.minor,
                "currency": self.amount.currency.code,
                "method": self.method,
                "account": self.account_id,
                "saved_method": self.saved_method_id,
                "save_method": self.save_method,
                "received_on": self.received_on,
                "note": self.note,
            }
        )


def start_payment(
    *,
    organization: Organization,
    invoice_id: UUID,
    amount: Money,
    method: MethodKind,
    gateway_account_id: UUID,
    key: str,
    actor: Actor,
    return_url: str = "",
    saved_method_id: UUID | None = None,
    save_method: bool = False,
    received_on: date | None = None,
    note: str = "",
    more: bool = False,
) -> Payment:
    """Ask for ``amount`` of an invoice, or record money that came by hand (the ``offline`` gateway).

    A customer pays what is open, or a part where that is allowed (``payments.span``); with ``more``, and where the
    organization takes money on account, what is over becomes their credit; never by a saved method, since whoever holds
    the link may be somebody else than its owner, who owes what is open and no more.

    ``key`` names the request: the same key with the same input gives the same payment and calls nobody
    again; with other input it raises ``KeyReused``. Intent is committed first; then the provider is called,
    once, outside any transaction; its answer goes through ``settle``. Recorded money has no provider that could be
    called in vain, so it is written down and settled in one transaction.

    Raises ``InvoiceNotPayable``, ``AmountChanged``, ``PartRefused``, ``PaymentUnderWay``, ``InvalidPayment``,
    ``GatewayUnavailable``, ``KeyInvalid``; for recorded money ``PeriodClosed`` and ``RateMissing``, and then nothing is
    written.
    """
    require(organization, actor, Permission.PAY)  # whoever may record may this; see ``_account``
    wish = _Wish(
        invoice_id=invoice_id,
        amount=amount,
        method=method,
        account_id=gateway_account_id,
        return_url=return_url,
        saved_method_id=saved_method_id,
        save_method=save_method,
        received_on=received_on,
        note=note,
        more=more and organization.on_account and not _is_by_saved_method(actor, saved_method_id),
    )
    check_key(key)
    try:
        payment, attempt = _intended(organization, wish, key, actor)
    except _PagesOpen as found:
        for page in found.pages:
            close_page(organization=organization, payment=page, actor=actor)
        payment, attempt = _intended(organization, wish, key, actor, pages_closed=True)
    if attempt is not None:
        failpoints.reached("charge.intent_committed")
        ask(organization=organization, payment=payment, attempt=attempt, actor=actor)
    return payment


def _is_by_saved_method(actor: Actor, saved_method_id: UUID | None) -> bool:
    """A link is forwarded; a colleague knows whom they charge."""
    return saved_method_id is not None and actor.kind is ActorKind.CUSTOMER


class _PagesOpen(Exception):
    """Pages of providers wait for the payer, for more than is open together with what is asked for now."""

    def __init__(self, pages: Sequence[Payment]) -> None:
        super().__init__()
        self.pages = pages


def _intended(
    organization: Organization, wish: _Wish, key: str, actor: Actor, *, pages_closed: bool = False
) -> tuple[Payment, PaymentAttempt | None]:
    """``pages_closed``: what could be closed is, and the rest is as it is."""
    intend = partial(_intend, organization, wish, key, actor, pages_closed=pages_closed)
    try:
        return retried(intend, durable=True)
    except IntegrityError:
        # The same key for another invoice in the same moment. Now its row can be seen, and it is the answer.
        return retried(intend, durable=True)


def _not_offered() -> GatewayUnavailable:
    return GatewayUnavailable(_("This way to pay is not available at the moment. Choose another."))


def _account(
    organization: Organization, actor: Actor, asked: rows.Asked[GatewayAccount]
) -> tuple[GatewayAccount, bool]:
    """The way to pay, if ``actor`` may take it, and whether it is money that a person records."""
    account = asked.first()
    if account is None:
        raise _not_offered()
    recorded = Capability.RECORDED in adapter_class(account.gateway).capabilities
    if recorded:
        require(organization, actor, Permission.RECORD_PAYMENTS)
    return account, recorded


def _check_wish(organization: Organization, wish: _Wish, account: GatewayAccount, *, recorded: bool) -> None:
    """What can be said of the wish without its invoice."""
    if not account.enabled or account.unknown_since is not None:
        raise _not_offered()
    check_amount(wish.amount)
    if wish.method not in methods_of(account):
        raise InvalidPayment(
            _("%(account)s does not offer this way to pay. Choose another.") % {"account": account},
            field="method",
        )
    if wish.received_on and not recorded:
        raise InvalidPayment(_("Only money that is recorded has a day of arrival."), field="received_on")
    check_day(organization, wish.received_on)


def _intend(
    organization: Organization, wish: _Wish, key: str, actor: Actor, *, pages_closed: bool
) -> tuple[Payment, PaymentAttempt | None]:
    """Transaction A: the payment and its first attempt. No attempt is returned where nobody is to be asked any more:
    for a repeat of ``key``, and for recorded money, which is settled here as well."""
    digest = wish.hash()
    with bulk.pipelined():
        account_asked = rows.ask(GatewayAccount, organization.id, "id = %b", [wish.account_id])
        # The invoice is the queue in which double clicks and two tabs stand.
        asked = rows.ask(Invoice, organization.id, "id = %b FOR NO KEY UPDATE", [wish.invoice_id])
        with_key = rows.ask(Payment, organization.id, "key = %b", [key])
        undecided = rows.ask(Payment, organization.id, _UNDECIDED, [wish.invoice_id])
    account, recorded = _account(organization, actor, account_asked)
    invoice = asked.first()
    if invoice is None:
        raise InvoiceNotPayable(_("There is no such invoice."))
    earlier = with_key.first()
    if earlier is not None:
        same_input(earlier.input_hash, digest)
        return earlier, None
    _check_wish(organization, wish, account, recorded=recorded)
    others = undecided.all()
    _check_invoice(invoice, wish)
    if not recorded:  # money that is here already is recorded as it is; what is over becomes customer credit
        _check_claim(organization, invoice, wish, others, actor)
        resumed = _resume(others, digest)
        if resumed is not None:
            return resumed, None
        if not pages_closed:
            _check_pages(invoice, wish, others)
    payment, attempt = _made(organization, wish, account, invoice, key, digest)
    with bulk.pipelined(committing=not recorded):
        with bulk.together():
            rows.insert([payment])
            rows.insert([attempt])
            if wish.save_method:
                rows.insert([consent_to_keep(organization, payment, account, actor)])
            news = News("payment.started", "payment", payment.id, _facts(payment, invoice))
            record(organization_id=organization.id, news=[news], actor=actor, at=payment.created_at)
        failpoints.reached("charge.intent_written")
        if recorded:
            ask(organization=organization, payment=payment, attempt=attempt, actor=actor, joining=True)
            return payment, None
    return payment, attempt


def _made(
    organization: Organization,
    wish: _Wish,
    account: GatewayAccount,
    invoice: Invoice,
    key: str,
    digest: bytes,
) -> tuple[Payment, PaymentAttempt]:
    at = clock.now(organization)
    payment = Payment(
        organization=organization,
        customer_id=invoice.customer_id,
        invoice=invoice,
        gateway_account=account,
        gateway=account.gateway,
        method=wish.method,
        currency=wish.amount.currency.code,
        amount_minor=wish.amount.minor,
        key=key,
        input_hash=digest,
        received_on=wish.received_on,
        note=wish.note[:200],
        created_at=at,
        next_check_at=next_check(PaymentState.STARTED, checks=0, now=clock.now(None)),
    )
    attempt = PaymentAttempt(
        organization=organization,
        payment=payment,
        request=_request(organization, wish, invoice),
        started_at=at,
    )
    return payment, attempt


def _facts(payment: Payment, invoice: Invoice) -> Data:
    return {
        "invoice": str(invoice.id),
        "invoice_number": invoice.number,
        "customer": str(invoice.customer_id),
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "gateway": payment.gateway,
        "method": payment.method,
    }


def _resume(others: Sequence[Payment], digest: bytes) -> Payment | None:
    """The same payer who asks the same again goes back to the page or transfer that already waits, not to a second one.
    The same is the whole input: consent to keep the card must not be taken from an earlier try."""
    return next(
        (
            payment
            for payment in others
            if (payment.state == PaymentState.NEEDS_ACTION or is_awaited(payment))
            and bytes(payment.input_hash) == digest
        ),
        None,
    )


def _check_pages(invoice: Invoice, wish: _Wish, others: Sequence[Payment]) -> None:
    """A payer who takes another way leaves a page behind that could be paid too. Raises ``_PagesOpen``."""
    pages = [payment for payment in others if payment.state == PaymentState.NEEDS_ACTION]
    asked = sum(payment.amount_minor for payment in others if is_under_way(payment) or payment in pages)
    if pages and asked + wish.amount.minor > invoice.open_minor:
        raise _PagesOpen(pages)


def _check_invoice(invoice: Invoice, wish: _Wish) -> None:
    if invoice.currency != wish.amount.currency.code:
        raise InvalidPayment(
            _("This invoice is paid in %(currency)s.") % {"currency": invoice.currency}, field="amount"
        )
    if invoice.state not in OPEN_STATES:
        raise InvoiceNotPayable(
            _("This invoice is paid already. Nothing is owed.")
            if invoice.state == "paid"
            else _("This invoice cannot be paid: it is %(state)s.")
            % {"state": InvoiceState(invoice.state).word},
            state=invoice.state,
        )


def _check_claim(
    organization: Organization, invoice: Invoice, wish: _Wish, others: Sequence[Payment], actor: Actor
) -> None:
    """Nobody is asked for more than is open beyond what is under way."""
    claimed = sum(payment.amount_minor for payment in others if is_under_way(payment))
    left = invoice.open_minor - claimed
    if wish.amount.minor > left and claimed:
        raise PaymentUnderWay(
            _(
                "A payment of this invoice is under way. Wait for its answer before paying again: "
                "nothing is charged twice."
            )
        )
    if wish.amount.minor > left and not wish.more:
        raise AmountChanged(
            _(
                "Less is owed than when this page was opened. Nothing was charged. Look at the new "
                "amount and pay again."
            ),
            open_minor=invoice.open_minor,
        )
    if wish.amount.minor < left and actor.kind is ActorKind.CUSTOMER:
        _check_part(organization, invoice, wish.amount, others)


def _check_part(
    organization: Organization, invoice: Invoice, amount: Money, others: Sequence[Payment]
) -> None:
    """A rule for payers: staff may ask for whatever was agreed on the phone."""
    allowed = span_of(organization, invoice, others)
    if not allowed.holds(amount.minor):
        raise PartRefused(
            _("This invoice is paid at once, or at least %(least)s of it. Nothing was charged.")
            % {"least": format_money(Money(allowed.least, amount.currency), spoken_language())},
            field="amount",
        )


def _description(invoice: Invoice) -> str:
    """For the payer, on the provider's page and on the bank statement."""
    with translation.override(invoice.language):
        return _("Invoice %(number)s") % {"number": invoice.number}


def _request(organization: Organization, wish: _Wish, invoice: Invoice) -> dict[str, object]:
    """What will be asked of the provider, kept with the attempt: a repeat asks the same under the same key."""
    token = ""
    if wish.saved_method_id:
        saved = PaymentMethod.objects.filter(
            organization=organization,
            customer_id=invoice.customer_id,
            gateway_account_id=wish.account_id,
            id=wish.saved_method_id,
            removed_at__isnull=True,
        ).first()
        if saved is None:
            raise InvalidPayment(
                _("This saved method is no longer there. Choose another."), field="saved_method"
            )
        token = saved.token
    return {
        "description": _description(invoice),
        "return_url": wish.return_url,
        "customer_email": str(invoice.buyer.get("email", "")),
        "customer_name": str(invoice.buyer.get("name", "")),
        "saved_method": token,
        "save_method": wish.save_method,
        "language": invoice.language,
        "received_on": wish.received_on.isoformat() if wish.received_on else None,
        "note": wish.note,
    }
