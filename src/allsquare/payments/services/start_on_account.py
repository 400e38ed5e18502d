"""Asking a customer for money that no invoice stands for yet: it becomes their credit, which then pays something.

As with an invoice: the intent is committed first, then the provider is called once, outside any transaction, and its
answer goes through ``settle``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import bulk, clock, failpoints
from allsquare.core.actor import Actor
from allsquare.core.idempotency import check_key, input_hash, same_input
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.ledger.amounts import to_base
from allsquare.ledger.selectors import rate_on
from allsquare.payments.arrivals import check_amount, check_arrival
from allsquare.payments.asking_in_turn import ask_in_turn
from allsquare.payments.assessing import Judged, Trial, is_judged, judge, write_blocked
from allsquare.payments.beginning import Beginning, Begun, committed, told_of, write_begun
from allsquare.payments.errors import GatewayUnavailable, InvalidPayment
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.probing import take_turn
from allsquare.payments.registry import ASKS_NOBODY, capabilities_of, is_installed, methods_of
from allsquare.payments.wish import is_open, refused_attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of whom. ``description`` is for the payer, on the provider's page and the bank statement."""

    customer: Customer
    amount: Money
    method: MethodKind
    gateway_account_id: UUID
    description: str
    return_url: str
    language: str
    link_id: UUID  # at which they came: attempts are counted by it
    #: Accounts that may take it in the first one's place, as with ``start_payment``: no part of what the key names.
    spare_account_ids: tuple[UUID, ...] = ()

    def hash(self) -> bytes:
        return input_hash(
            {
                "customer": self.customer.id,
                "amount": self.amount.minor,
                "currency": self.amount.currency.code,
                "method": self.method,
                "account": self.gateway_account_id,
            }
        )


def start_on_account(*, organization: Organization, asked: Asked, key: str, actor: Actor) -> Payment:
    """``key`` names the request, as with ``start_payment``: a repeat gives the same payment and calls nobody.

    Nobody is asked for money that could not be booked today. Raises ``InvalidPayment``, ``GatewayUnavailable``,
    ``AttemptRefused``, ``KeyReused``, ``KeyInvalid``, ``PeriodClosed``, ``RateMissing``.
    """
    require(organization, actor, Permission.PAY)
    check_key(key)
    check_amount(asked.amount)
    intend = partial(_intend, organization, asked, _accounts(organization, asked), key, actor)
    intended = committed(intend)
    if intended is None:
        raise refused_attempt()
    payment = intended.payment
    if intended.first is not None:
        failpoints.reached("on_account.intent_committed")
        attempt, turn = intended.first
        ask_in_turn(organization=organization, payment=payment, attempt=attempt, turn=turn, actor=actor)
        payment.refresh_from_db()
    return payment


def _accounts(organization: Organization, asked: Asked) -> list[GatewayAccount]:
    """The one that is asked for, and those that may take it in its place."""
    ids = [asked.gateway_account_id, *asked.spare_account_ids]
    known = {row.id: row for row in GatewayAccount.objects.filter(organization=organization, id__in=ids)}
    found = known.get(asked.gateway_account_id)
    if found is None or not is_open(found) or not is_installed(found.gateway):
        raise GatewayUnavailable(_("This way to pay is not available at the moment. Choose another."))
    if not _takes(found, asked):
        raise InvalidPayment(
            _("%(account)s does not offer this way to pay. Choose another.") % {"account": found},
            field="method",
        )
    spares = [known[id] for id in asked.spare_account_ids if id in known and id != found.id]
    return [found, *(each for each in spares if is_open(each) and _takes(each, asked))]


def _takes(account: GatewayAccount, asked: Asked) -> bool:
    return not capabilities_of(account.gateway) & ASKS_NOBODY and asked.method in methods_of(account)


def _intend(
    organization: Organization, asked: Asked, accounts: Sequence[GatewayAccount], key: str, actor: Actor
) -> Begun | None:
    """Payment and first attempt; no attempt for a repeat of ``key``, and nothing for a payer whom the rules stop."""
    digest = asked.hash()
    earlier = _earlier(organization, key, digest)
    if earlier is not None:
        return Begun(earlier)
    check_arrival(organization, asked.amount, None)
    judged = _judged(organization, asked, actor)
    if judged is not None and judged.is_blocked:
        earlier = _earlier(organization, key, digest)  # of a press that was judged while this one waited
        if earlier is not None:
            return Begun(earlier)
        write_blocked(judged, organization, actor)
        return None
    turn = take_turn(organization, accounts)
    payment, attempt = _made(organization, asked, turn.account, key, digest, judged)
    with bulk.pipelined(committing=True):
        write_begun(
            organization=organization,
            payment=payment,
            attempt=attempt,
            facts=told_of(payment),
            judged=judged,
            actor=actor,
        )
    return Begun(payment, (attempt, turn))


def _made(
    organization: Organization,
    asked: Asked,
    account: GatewayAccount,
    key: str,
    digest: bytes,
    judged: Judged | None,
) -> tuple[Payment, PaymentAttempt]:
    return Beginning(
        customer_id=asked.customer.id,
        amount=asked.amount,
        method=asked.method,
        account=account,
        key=key,
        digest=digest,
        judged=judged,
        description=asked.description,
        language=asked.language,
        return_url=asked.return_url,
        customer_email=asked.customer.email,
        customer_name=asked.customer.name,
    ).made(organization)


def _earlier(organization: Organization, key: str, digest: bytes) -> Payment | None:
    found = Payment.objects.filter(organization=organization, key=key).first()
    if found is not None:
        same_input(bytes(found.input_hash), digest)
    return found


def _judged(organization: Organization, asked: Asked, actor: Actor) -> Judged | None:
    if not is_judged(actor):
        return None
    code = asked.amount.currency.code
    rate = rate_on(organization, code, clock.today(organization))
    trial = Trial(
        customer_id=asked.customer.id,
        link_id=asked.link_id,
        amount=asked.amount,
        base_minor=to_base(asked.amount.minor, currency=code, base=organization.base_currency, rate=rate),
        method=asked.method,
        mail=asked.customer.email,
        country=asked.customer.country,
        is_typed=True,
    )
    return judge(organization=organization, trial=trial, actor=actor)
