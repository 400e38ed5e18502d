"""One payment of a customer for several invoices, or for none of them: money on account.

As with one invoice (``services.start``): the intent is committed first, with what of it is meant for which invoice;
then the provider is called once, outside any transaction, and its answer goes through ``settle``, which counts it
towards all of the invoices in one transaction. See docs/decisions/0025.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from allsquare.billing.models import Invoice
from allsquare.core import bulk, clock, failpoints
from allsquare.core.actor import Actor
from allsquare.core.idempotency import check_key, same_input
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.ledger.amounts import to_base
from allsquare.ledger.selectors import rate_on
from allsquare.payments.arrivals import check_arrival
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
from allsquare.payments.gateway import Capability
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt, PaymentShare
from allsquare.payments.needless import Tried, close_needless, needless, past_pages
from allsquare.payments.probing import take_turn
from allsquare.payments.registry import ASKS_NOBODY, capabilities_of
from allsquare.payments.several import (
    Together,
    check_all_pages,
    check_claims,
    check_invoices,
    check_together,
    description_of,
)
from allsquare.payments.shares import is_for, with_shares
from allsquare.payments.states import OPEN
from allsquare.payments.wish import (
    check_wish,
    not_offered,
    refused_attempt,
    resumable,
    usable_spares,
)


def start_for_customer(*, organization: Organization, asked: Together, key: str, actor: Actor) -> Payment:
    """Ask for ``asked``, or record money that came by hand (the ``offline`` gateway).

    Of each invoice a payer pays what is open, or a part where that is allowed. ``key`` names the request, as with
    ``start_payment``, whose errors this raises too; ``PeriodClosed`` and ``RateMissing`` before anybody is asked for
    money that could not be booked today. Where its account surely was not reached, the next of ``asked.spare_ids`` is
    asked at once, as for one invoice (``move_payment``).
    """
    require(organization, actor, Permission.PAY)
    require_own(actor, asked.customer_id)
    check_key(key)
    check_together(organization, asked, actor)
    customer = get_customer(organization, asked.customer_id)
    intended = past_pages(organization, actor, partial(_intend, organization, asked, customer, key, actor))
    if intended is None:
        raise refused_attempt()
    payment = intended.payment
    if intended.first is not None:
        failpoints.reached("several.intent_committed")
        attempt, turn = intended.first
        ask_in_turn(organization=organization, payment=payment, attempt=attempt, turn=turn, actor=actor)
    close_needless(organization, intended.needless)
    return payment


def _intend(
    organization: Organization,
    asked: Together,
    customer: Customer,
    key: str,
    actor: Actor,
    tried: Tried,
) -> Begun | None:
    """Transaction A: the payment with its shares and its first attempt. No attempt is returned where nobody is to be
    asked any more, and nothing for a payer whom the rules stop, of which a row is written."""
    digest = asked.hash()
    accounts, recorded = _accounts(organization, asked, actor)
    account = accounts[0]
    invoices = _locked(organization, asked)
    earlier = Payment.objects.filter(organization=organization, key=key).first()
    if earlier is not None:
        same_input(earlier.input_hash, digest)
        return Begun(earlier)
    check_wish(organization, asked.whole(), account, recorded=recorded)
    check_arrival(organization, asked.amount, asked.received_on)
    check_invoices(asked, invoices, recorded=recorded)
    waiting = _waiting(organization, asked)
    others = with_shares(organization, list(asked.shares), waiting)
    if not recorded:  # money that is here already is recorded as it is; what is over becomes customer credit
        check_claims(organization, asked, invoices, others, actor)
        resumed = resumable(organization, waiting, digest)
        if resumed is not None:
            return Begun(resumed)
    judged = _judged(organization, asked, account, customer, actor)
    if judged is not None and judged.is_blocked:
        write_blocked(judged, organization, actor)
        return None
    if not recorded:  # whoever is stopped closes nobody's page
        check_all_pages(asked, invoices, others, tried)
    turn = take_turn(organization, accounts)
    asked = agreed(organization, asked, account, turn.account)
    payment, attempt, shares = _made(
        organization, asked, turn.account, customer, invoices, key, digest, judged
    )
    with bulk.pipelined(committing=not recorded):
        write_begun(
            organization=organization,
            payment=payment,
            attempt=attempt,
            facts=told_of(
                payment,
                invoices=[invoice.number for invoice in invoices],
                on_account_minor=asked.on_account,
            ),
            judged=judged,
            actor=actor,
            shares=shares,
            keep_method=asked.save_method,
        )
        failpoints.reached("several.intent_written")
        if recorded:
            ask(organization=organization, payment=payment, attempt=attempt, actor=actor, joining=True)
            return Begun(payment, needless=_needless(asked, invoices, others))
    return Begun(payment, (attempt, turn))


def _needless(asked: Together, invoices: Sequence[Invoice], others: Sequence[Payment]) -> list[Payment]:
    """Each page once, though it may be for several of the invoices."""
    found: dict[UUID, Payment] = {}
    for invoice in invoices:
        of_it = [payment for payment in others if payment.towards_id == invoice.id]
        left = invoice.open_minor - asked.shares[invoice.id]
        found |= {page.id: page for page in needless(of_it, left)}
    return list(found.values())


def _accounts(organization: Organization, asked: Together, actor: Actor) -> tuple[list[GatewayAccount], bool]:
    """The way to pay, and what may take it in its place; and whether it is money that a person records."""
    ids = [asked.account_id, *asked.spare_ids]
    found = {each.id: each for each in GatewayAccount.objects.filter(organization=organization, id__in=ids)}
    account, recorded = account_to_ask(organization, actor, found, asked.account_id)
    if not _says_what_for(account, asked):
        raise not_offered()
    spares = [] if recorded else usable_spares(asked.whole(), found)
    return [account, *(each for each in spares if _says_what_for(each, asked))], recorded


def _says_what_for(account: GatewayAccount, asked: Together) -> bool:
    """Of a transfer that is for no invoice, nobody could say which money it is."""
    return bool(asked.shares) or Capability.AWAITED not in capabilities_of(account.gateway)


def _locked(organization: Organization, asked: Together) -> list[Invoice]:
    """The customer's invoices, locked in the order of their ids as everywhere: the queue in which double clicks, other
    payers and clerks stand. Then in the order in which they are paid: what was due first comes first."""
    found = (
        Invoice.objects.select_for_update(no_key=True)
        .filter(organization=organization, customer_id=asked.customer_id, id__in=list(asked.shares))
        .order_by("id")
    )
    return sorted(found, key=lambda invoice: (invoice.due_on is None, invoice.due_on, invoice.id))


def _waiting(organization: Organization, asked: Together) -> list[Payment]:
    """Payments for these invoices that may still become money."""
    found = Payment.objects.filter(
        is_for(organization, list(asked.shares)), organization=organization, state__in=OPEN
    )
    return list(found.select_related("gateway_account").order_by("id"))


def _judged(
    organization: Organization, asked: Together, account: GatewayAccount, customer: Customer, actor: Actor
) -> Judged | None:
    """A transfer is announced to nobody, so there is nothing to be stopped."""
    if ASKS_NOBODY & capabilities_of(account.gateway) or not is_judged(actor):
        return None
    code, base = asked.currency.code, organization.base_currency
    rate = rate_on(organization, code, clock.today(organization))
    trial = Trial(
        customer_id=customer.id,
        link_id=customer.id,
        amount=asked.amount,
        base_minor=to_base(asked.amount.minor, currency=code, base=base, rate=rate),
        method=asked.method,
        mail=customer.email,
        country=customer.country,
        saved_method_id=asked.saved_method_id,
    )
    return judge(organization=organization, trial=trial, actor=actor)


def _made(
    organization: Organization,
    asked: Together,
    account: GatewayAccount,
    customer: Customer,
    invoices: Sequence[Invoice],
    key: str,
    digest: bytes,
    judged: Judged | None,
) -> tuple[Payment, PaymentAttempt, list[PaymentShare]]:
    language = invoices[0].language if invoices else customer.language or organization.language
    token = saved_token(
        organization, customer_id=customer.id, account_id=asked.account_id, method_id=asked.saved_method_id
    )
    payment, attempt = Beginning(
        customer_id=customer.id,
        several=bool(invoices),
        amount=asked.amount,
        method=asked.method,
        account=account,
        key=key,
        digest=digest,
        judged=judged,
        description=description_of(invoices, language),
        language=language,
        return_url=asked.return_url,
        customer_email=customer.email,
        customer_name=customer.name,
        saved_method=token,
        save_method=asked.save_method,
        received_on=asked.received_on,
        note=asked.note,
    ).made(organization)
    shares = [
        PaymentShare(
            organization=organization,
            payment=payment,
            invoice=invoice,
            amount_minor=asked.shares[invoice.id],
            place=place,
        )
        for place, invoice in enumerate(invoices, start=1)
    ]
    return payment, attempt, shares
