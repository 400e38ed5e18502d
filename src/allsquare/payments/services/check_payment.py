"""One open payment is looked up at its provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM
from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization
from allsquare.payments.asking import ask, close_page
from allsquare.payments.attention import NOT_INSTALLED
from allsquare.payments.gateway import Capability, Outcome, Status, Subject
from allsquare.payments.models import Payment, PaymentAttempt
from allsquare.payments.registry import adapter, awaiting, closing, is_installed
from allsquare.payments.services.close_tested import close_tested
from allsquare.payments.services.raise_attention import raise_attention
from allsquare.payments.services.settle import settle
from allsquare.payments.shares import is_wanted
from allsquare.payments.states import OPEN, PaymentState
from allsquare.payments.taking import is_closed, is_past_its_page, look_up

#: The code of a request that had no answer, and that its provider never heard of in the end.
NEVER_CAME: Final = "not_sent"
#: A request that the provider never saw is sent again under its own key for this long; then it has failed.
RESEND_FOR = timedelta(minutes=10)
#: So long a reader in the shop waits for a card.
AT_READER = timedelta(minutes=10)
#: So long the request to wake it up may be on its way: two calls to the provider, each with its time-out, and a third
#: for what is slow beside them. Before that, "never heard of it" says nothing.
WAKING = timedelta(minutes=2)


def check_payment(*, organization: Organization, payment: Payment) -> Status | None:
    """Ask the provider what became of one open payment, and take the answer through the door. Returns what it answered;
    ``None`` where it was not asked."""
    # Read as one, so that the attempt is one of that account: a payment that moved to another provider after it was
    # read is asked about there, by whoever moved it.
    if not is_installed(payment.gateway):
        _tell_of_missing(organization, payment)
        return None
    attempts = PaymentAttempt.objects.filter(organization=organization, payment=payment)
    attempt = attempts.select_related("payment").latest("number")
    speaker = adapter(payment.gateway_account)
    if payment.state not in OPEN or attempt.payment.gateway_account_id != payment.gateway_account_id:
        return None
    if Capability.TAKES in speaker.capabilities and _is_left(organization, payment):
        close_page(organization=organization, payment=payment, actor=SYSTEM)
        return None
    outcome = _said(organization, payment, attempt)
    if outcome is None:
        return None
    failpoints.reached("sweep.payment_looked_up")
    age = clock.now(organization) - attempt.started_at
    if _is_over(organization, payment, outcome, age):
        close_page(organization=organization, payment=payment, actor=SYSTEM)
        return outcome.status
    if outcome.status is Status.NOT_SENT and payment.state in (PaymentState.STARTED, PaymentState.UNKNOWN):
        if payment.reader and age < WAKING:
            return outcome.status
        # Nobody may stand at the reader any more when it wakes up late.
        if age < RESEND_FOR and not payment.reader:
            if _may_repeat(organization, attempt):
                ask(organization=organization, payment=payment, attempt=attempt, actor=SYSTEM)
            return outcome.status
        outcome = replace(
            outcome,
            code=NEVER_CAME,
            message=_noop("The provider never received the request. Nothing was charged."),
        )
    settle(
        organization=organization, gateway_account=payment.gateway_account, outcomes=[outcome], actor=SYSTEM
    )
    close_tested(organization=organization, outcomes=[outcome])
    return outcome.status


def _tell_of_missing(organization: Organization, payment: Payment) -> None:
    """Nobody can ask what becomes of what waits at a provider that was taken out of ``ALLSQUARE_GATEWAYS``."""
    account = payment.gateway_account
    raise_attention(
        organization=organization,
        kind=NOT_INSTALLED,
        subject=("gateway_account", account.id),
        data={"provider": account.label, "news": account.gateway},
        actor=SYSTEM,
    )


def _said(organization: Organization, payment: Payment, attempt: PaymentAttempt) -> Outcome | None:
    """What the provider answers; ``None`` for a transfer that is waited for."""
    transfers = awaiting(payment.gateway_account)
    if transfers and payment.state == PaymentState.PENDING:
        if not _in_vain(organization, payment, transfers.wait):
            return None
        return Outcome(
            Subject.CHARGE,
            Status.DECLINED,
            payment.gateway,
            key=attempt.id,
            reference=payment.reference or "",
            code="canceled",
            message=_noop("The transfer is not waited for any longer."),
        )
    if Capability.LOOKUP not in adapter(payment.gateway_account).capabilities:
        return Outcome(Subject.CHARGE, Status.NOT_SENT, payment.gateway, key=attempt.id)
    return look_up(
        organization=organization,
        account=payment.gateway_account,
        attempt_id=attempt.id,
        reference=payment.reference or "",
    )


def _is_over(organization: Organization, payment: Payment, outcome: Outcome, age: timedelta) -> bool:
    """Is it waited for in vain: at a reader in the shop, for what nobody wants any more, or on a page that leads
    nowhere?"""
    waits = outcome.status is Status.ACTION_REQUIRED
    if waits and closing(payment.gateway_account) and not is_wanted(organization, payment):
        return True
    if waits and payment.reader:
        return age > AT_READER
    # Of silence closing makes something only where the page is closed by our own row.
    takes = Capability.TAKES in adapter(payment.gateway_account).capabilities
    return (waits or (takes and outcome.status is Status.UNKNOWN)) and is_past_its_page(organization, payment)


def _is_left(organization: Organization, payment: Payment) -> bool:
    """Its page was closed here, and its provider could not be asked then what its payer had done before. Or what it is
    for was paid another way meanwhile, and its money is not taken any more."""
    if payment.state == PaymentState.NEEDS_ACTION and not is_wanted(organization, payment):
        return True
    waits = payment.state in (PaymentState.NEEDS_ACTION, PaymentState.PENDING)
    return waits and is_closed(organization, payment)


def _may_repeat(organization: Organization, attempt: PaymentAttempt) -> bool:
    """From now on the request may arrive by us, so whoever asked first may not have it made anew elsewhere
    (``move_payment``). Not where that was done already: the two cannot both be."""
    mine = PaymentAttempt.objects.filter(
        organization=organization,
        id=attempt.id,
        gateway_account=None,
        payment__gateway_account=attempt.payment.gateway_account_id,
    )
    return mine.update(repeated_at=clock.now(None)) == 1


def _in_vain(organization: Organization, payment: Payment, wait: timedelta) -> bool:
    """Nobody says of a transfer that it will not come: too much time has passed, or nobody wants it."""
    return clock.now(organization) - payment.created_at > wait or not is_wanted(organization, payment)
