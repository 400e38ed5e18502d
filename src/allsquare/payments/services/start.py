"""Asking for money: the attempt is a committed row before the provider is called, and its id is the key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Final, LiteralString
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.core import bulk, failpoints, rows
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.binary import encoded_array
from allsquare.core.idempotency import check_key, same_input
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.amounts import to_base
from allsquare.payments.asking import ask
from allsquare.payments.asking_in_turn import ask_in_turn
from allsquare.payments.assessing import Judged, Trial, is_judged, judge, write_blocked
from allsquare.payments.beginning import (
    Beginning,
    Begun,
    account_to_ask,
    agreed,
    saved_token,
    told_of,
    write_begun,
)
from allsquare.payments.errors import InvoiceNotPayable
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.needless import Tried, close_needless, needless, past_pages
from allsquare.payments.probing import take_turn
from allsquare.payments.registry import ASKS_NOBODY, capabilities_of
from allsquare.payments.shares import IS_FOR, with_shares
from allsquare.payments.wish import (
    At,
    Wish,
    check_claim,
    check_invoice,
    check_pages,
    check_wish,
    refused_attempt,
    resumable,
    usable_spares,
)
from allsquare.risk.models import RiskSettings
from allsquare.risk.settings import ask_settings

#: Payments of an invoice that may still become money.
_UNDECIDED: Final[LiteralString] = (
    IS_FOR + " AND state IN ('started', 'unknown', 'pending', 'needs_action') ORDER BY id"
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
    spare_account_ids: Sequence[UUID] = (),
    reader: At | None = None,
) -> Payment:
    """Ask for ``amount`` of an invoice, or record money that came by hand (the ``offline`` gateway).

    A customer pays what is open, or a part where that is allowed (``payments.span``); with ``more``, and where the
    organization takes money on account, what is over becomes their credit; never by a saved method, since whoever holds
    the link may be somebody else than its owner, who owes what is open and no more. With ``reader`` a colleague has the
    payer hold a card to it (``payments.services.take_card``).

    ``key`` names the request: the same key with the same input gives the same payment and calls nobody again; with
    other input it raises ``KeyReused``. Intent is committed first; then the provider is called, once, outside any
    transaction, and its answer goes through ``settle``; recorded money is settled with the intent, and pages where it
    could still be paid are closed. ``spare_account_ids``, for which ``key`` does not stand, may take it instead.

    Raises ``InvoiceNotPayable``, ``AmountChanged``, ``PartRefused``, ``PaymentUnderWay``, ``InvalidPayment``,
    ``GatewayUnavailable``, ``KeyInvalid``; ``AttemptRefused`` for a payer whom the rules stop (``payments.assessing``);
    for recorded money ``PeriodClosed`` and ``RateMissing``, and then nothing is written.
    """
    require(organization, actor, Permission.RECORD_PAYMENTS if reader else Permission.PAY)  # see ``_intend``
    wish = Wish(
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
        spare_ids=() if saved_method_id else tuple(spare_account_ids),
        reader=reader,
    )
    check_key(key)
    intended = past_pages(organization, actor, partial(_intend, organization, wish, key, actor))
    if intended is None:
        raise refused_attempt()
    payment = intended.payment
    if intended.first is not None:
        failpoints.reached("charge.intent_committed")
        attempt, turn = intended.first
        ask_in_turn(organization=organization, payment=payment, attempt=attempt, turn=turn, actor=actor)
    close_needless(organization, intended.needless)
    return payment


def _is_by_saved_method(actor: Actor, saved_method_id: UUID | None) -> bool:
    """A link is forwarded; a colleague knows whom they charge."""
    return saved_method_id is not None and actor.kind is ActorKind.CUSTOMER


def _intend(organization: Organization, wish: Wish, key: str, actor: Actor, tried: Tried) -> Begun | None:
    """Transaction A: the payment and its first attempt. No attempt is returned where nobody is to be asked any more:
    for a repeat of ``key``, and for recorded money, which is settled here as well; and nothing for a payer whom the
    rules stop, of which a row is written."""
    digest = wish.hash()
    with bulk.pipelined():
        ids = encoded_array("uuid", [wish.account_id, *wish.spare_ids])
        account_asked = rows.ask(GatewayAccount, organization.id, "id = ANY(%b::uuid[])", [ids])
        # The invoice is the queue in which double clicks and two tabs stand.
        asked = rows.ask(Invoice, organization.id, "id = %b FOR NO KEY UPDATE", [wish.invoice_id])
        with_key = rows.ask(Payment, organization.id, "key = %b", [key])
        about = [wish.invoice_id, organization.id, wish.invoice_id]
        undecided = rows.ask(Payment, organization.id, _UNDECIDED, about)
        settings = ask_settings(organization)
    accounts = {account.id: account for account in account_asked.all()}
    account, recorded = account_to_ask(organization, actor, accounts, wish.account_id)
    invoice = asked.first()
    if invoice is None:
        raise InvoiceNotPayable(_("There is no such invoice."))
    earlier = with_key.first()
    if earlier is not None:
        same_input(earlier.input_hash, digest)
        return Begun(earlier)
    check_wish(organization, wish, account, recorded=recorded)
    others = with_shares(organization, [wish.invoice_id], undecided.all())
    check_invoice(invoice, wish, recorded=recorded)
    if not recorded:  # money that is here already is recorded as it is; what is over becomes customer credit
        check_claim(organization, invoice, wish, others, actor)
        resumed = resumable(organization, others, digest)
        if resumed is not None:
            return Begun(resumed)
    judged = _judged(organization, wish, account, invoice, settings.first(), actor)
    if judged is not None and judged.is_blocked:
        write_blocked(judged, organization, actor)
        return None
    if not recorded:  # whoever is stopped closes nobody's page
        check_pages(invoice, wish, others, tried)
    turn = take_turn(organization, [account, *([] if recorded else usable_spares(wish, accounts))])
    wish = agreed(organization, wish, account, turn.account)
    payment, attempt = _made(organization, wish, turn.account, invoice, key, digest, judged)
    with bulk.pipelined(committing=not recorded):
        write_begun(
            organization=organization,
            payment=payment,
            attempt=attempt,
            facts=told_of(payment, invoice_number=invoice.number),
            judged=judged,
            actor=actor,
            keep_method=wish.save_method,
        )
        failpoints.reached("charge.intent_written")
        if recorded:
            ask(organization=organization, payment=payment, attempt=attempt, actor=actor, joining=True)
            left = invoice.open_minor - wish.amount.minor
            return Begun(payment, needless=needless(others, left))
    return Begun(payment, (attempt, turn))


def _judged(
    organization: Organization,
    wish: Wish,
    account: GatewayAccount,
    invoice: Invoice,
    settings: RiskSettings | None,
    actor: Actor,
) -> Judged | None:
    """A transfer is announced to nobody, so there is nothing to be stopped."""
    if ASKS_NOBODY & capabilities_of(account.gateway) or not is_judged(actor):
        return None
    base, rate = organization.base_currency, invoice.base_rate
    minor = wish.amount.minor
    trial = Trial(
        customer_id=invoice.customer_id,
        link_id=invoice.id,
        amount=wish.amount,
        base_minor=None if rate is None else to_base(minor, currency=invoice.currency, base=base, rate=rate),
        method=wish.method,
        mail=str(invoice.buyer.get("email", "")),
        country=str(invoice.buyer.get("country", "")),
        invoice_number=invoice.number,
        saved_method_id=wish.saved_method_id,
    )
    return judge(organization=organization, trial=trial, actor=actor, settings=settings)


def _made(
    organization: Organization,
    wish: Wish,
    account: GatewayAccount,
    invoice: Invoice,
    key: str,
    digest: bytes,
    judged: Judged | None,
) -> tuple[Payment, PaymentAttempt]:
    token = saved_token(
        organization,
        customer_id=invoice.customer_id,
        account_id=wish.account_id,
        method_id=wish.saved_method_id,
    )
    return Beginning(
        customer_id=invoice.customer_id,
        invoice=invoice,
        amount=wish.amount,
        method=wish.method,
        account=account,
        key=key,
        digest=digest,
        judged=judged,
        description=_description(invoice),
        language=invoice.language,
        return_url=wish.return_url,
        customer_email=str(invoice.buyer.get("email", "")),
        customer_name=str(invoice.buyer.get("name", "")),
        saved_method=token,
        save_method=wish.save_method,
        received_on=wish.received_on,
        note=wish.note,
        reader=wish.reader,
    ).made(organization)


def _description(invoice: Invoice) -> str:
    """For the payer, on the provider's page and on the bank statement."""
    with translation.override(invoice.language):
        return _("Invoice %(number)s") % {"number": invoice.number}
