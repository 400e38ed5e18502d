"""What became of something as a person saw it at the provider, since the provider does not say it.

Such an end is marked until the provider says it too: of a payment by the code of its end, of a refund and a dispute by
``by_hand``. While it is marked, what the provider says counts for more, and whoever was wrong can correct it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from django.db import OperationalError
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.checks import cleaned
from allsquare.core.errors import INDIGESTIBLE
from allsquare.core.events import Data, News, record
from allsquare.core.idempotency import Answer, answered, once
from allsquare.core.money import Money
from allsquare.core.transactions import retried
from allsquare.core.words import gettext_noop as _noop
from allsquare.identity.models import Organization
from allsquare.payments.attention import CAME_NOT, LEFT_OPEN
from allsquare.payments.errors import InvalidPayment, NotLeftOpen, ProviderAnswers
from allsquare.payments.gateway import SAID_BY_PERSON
from allsquare.payments.models import Dispute, GatewayAccount, Payment, Refund
from allsquare.payments.resolving import resolve, still_open
from allsquare.payments.states import DisputeState, PaymentState, RefundState

T = TypeVar("T")

log = logging.getLogger(__name__)

#: What is said of it where a provider's words would stand.
ENTERED: Final = _noop("Entered by hand, since the provider does not answer.")
#: How keys begin of refunds that take back what a person had said to have come.
TAKEN_BACK_KEYS: Final = "by-hand:"
#: Signs of a reason.
LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Came:
    """A payment that came: all that the payer gave, what the provider kept of it, on which day, and what the charge is
    called there, as far as it can be seen."""

    amount: Money
    fee: Money
    received_on: date | None = None
    reference: str = ""


def is_said_of_payment(payment: Payment) -> bool:
    """Did a person say how it ended, and the provider not yet?"""
    ended = payment.state in (PaymentState.SUCCEEDED, PaymentState.FAILED)
    return ended and payment.failure_code == SAID_BY_PERSON


def is_taken_back(organization: Organization, payment: Payment) -> bool:
    """Did a person say that it came, and take it back? Then nobody was given anything back."""
    if payment.state != PaymentState.SUCCEEDED or not is_said_of_payment(payment):
        return False
    taken = Refund.objects.filter(organization=organization, payment=payment, key__startswith=TAKEN_BACK_KEYS)
    return taken.filter(by_hand=True, state=RefundState.SUCCEEDED).exists()


def is_said_of_refund(refund: Refund) -> bool:
    """As of payments. Of what went and came back again nothing is corrected: that would be another refund."""
    return refund.by_hand and (refund.state == RefundState.SUCCEEDED or refund.settled_at is None)


def is_said_of_dispute(dispute: Dispute) -> bool:
    return dispute.by_hand and dispute.state != DisputeState.OPENED


def checked_reason(reason: str) -> str:
    """Raises ``InvalidPayment`` without one."""
    kept = cleaned(reason.strip(), LONGEST_REASON)
    if not kept:
        raise InvalidPayment(_("Say what you saw at the provider, and when."), field="reason")
    return kept


def check_left_open(since: datetime | None, *, now: datetime) -> None:
    """``since`` is when it counts as left open; ``None`` for what has ended, or waits for nobody's answer. Raises
    :class:`NotLeftOpen`."""
    if since is None:
        raise NotLeftOpen(_("There is nothing to be ended by hand: it has ended, or waits for no provider."))
    if now < since:
        raise NotLeftOpen(
            _("The provider may still answer. It can be ended by hand when that took too long.")
        )


def or_silence(ask: Callable[[], T]) -> T | None:
    """What nobody can make anything of is as good as silence: no sweep would ever take it in."""
    try:
        return ask()
    except OperationalError:
        raise
    except INDIGESTIBLE:
        log.exception("what a provider answered could not be taken in")
        return None


def says_otherwise(account: GatewayAccount, state: str) -> ProviderAnswers:
    """It said the end itself: ``state``, as people see it."""
    return ProviderAnswers(
        _("%(provider)s answered just now: %(state)s. That was taken in, and nothing of what you entered.")
        % {"provider": account, "state": state}
    )


def goes_on_there(account: GatewayAccount) -> ProviderAnswers:
    return ProviderAnswers(
        _("%(provider)s answers, and says that this is still under way there. Nothing was entered.")
        % {"provider": account}
    )


def enter(
    *,
    organization: Organization,
    operation: str,
    key: str,
    given: Mapping[str, object],
    before: Callable[[], None],
    work: Callable[[], Answer],
) -> None:
    """``before`` (which asks the provider, outside any transaction) and ``work`` once per ``key``."""
    if answered(organization_id=organization.id, operation=operation, key=key) is None:
        before()
    at = clock.now(organization)
    retried(
        lambda: once(
            organization_id=organization.id, operation=operation, key=key, given=given, at=at, work=work
        )
    )


def tell(organization: Organization, subject: tuple[str, UUID], said: str, facts: Data, actor: Actor) -> None:
    """Who ``said`` what is written into the log, and the task about it is done. Inside the caller's transaction."""
    about, subject_id = subject
    at = clock.now(organization)
    news = [News(f"{about}.{said}", about, subject_id, facts)]
    news += resolve(still_open(organization, subject_id, *LEFT_OPEN, CAME_NOT), at=at)
    record(organization_id=organization.id, news=news, actor=actor, at=at)
