"""What is known here of objects that a provider names, and what is known here that it did not name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet

from allsquare.core.ids import first_id_at
from allsquare.identity.models import Organization
from allsquare.payments.comparing import (
    Said,
    said_here_of_dispute,
    said_here_of_payment,
    said_here_of_payout,
    said_here_of_refund,
)
from allsquare.payments.gateway import Outcome, Subject
from allsquare.payments.models import (
    Dispute,
    GatewayAccount,
    Payment,
    PaymentAttempt,
    Payout,
    PayoutItem,
    Refund,
)
from allsquare.payments.payouts_before import payouts_before_added
from allsquare.payments.states import PaymentState, RefundState

Row = TypeVar("Row", Payment, Refund, Dispute, Payout)

#: Rows that are looked at in one go.
PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Known:
    """An object as it stands here. ``key`` is what it was asked for under, where we asked."""

    subject: Subject
    id: UUID
    reference: str
    said: Said
    payment_id: UUID | None = None
    key: UUID | None = None


class Counterparts:
    """Of some outcomes, read in a fixed number of statements."""

    def __init__(self, organization: Organization, account: GatewayAccount, some: Sequence[Outcome]) -> None:
        self._found: dict[tuple[Subject, UUID | str], Known] = {}
        self._earlier = payouts_before_added(organization, account, some)
        self._charges: dict[str, UUID] = {}
        by: dict[Subject, list[Outcome]] = {subject: [] for subject in Subject}
        for outcome in some:
            by[outcome.subject].append(outcome)
        self._read_charges(organization, account, by[Subject.CHARGE], some)
        self._read_refunds(organization, account, by[Subject.REFUND])
        self._read_disputes(organization, account, by[Subject.DISPUTE])
        self._read_payouts(organization, account, by[Subject.PAYOUT])

    def of(self, outcome: Outcome) -> Known | None:
        """By our key first: that is the name under which we asked."""
        by_key = self._found.get((outcome.subject, outcome.key)) if outcome.key else None
        return by_key or self._found.get((outcome.subject, outcome.reference))

    def concern_us(self, outcome: Outcome) -> bool:
        """Shops and subscriptions that use the same account have objects there too, which are not looked for here, and
        what was paid out before the account was added here is none of ours either."""
        if outcome.subject is Subject.CHARGE:
            return outcome.key is not None
        if outcome.subject is Subject.PAYOUT:
            return outcome.reference not in self._earlier
        return outcome.charge_reference in self._charges

    def _keep(self, known: Known) -> None:
        for name in (known.key, known.reference):
            if name:
                self._found[known.subject, name] = known

    def _read_charges(
        self,
        organization: Organization,
        account: GatewayAccount,
        charges: Sequence[Outcome],
        some: Sequence[Outcome],
    ) -> None:
        keys = [outcome.key for outcome in charges if outcome.key]
        names = {outcome.reference for outcome in charges} | {outcome.charge_reference for outcome in some}
        attempts = PaymentAttempt.objects.filter(
            organization=organization, id__in=keys, payment__gateway_account=account
        ).select_related("payment")
        for attempt in attempts:
            self._keep(known_payment(attempt.payment, attempt.id))
        named = Payment.objects.filter(
            organization=organization, gateway_account=account, reference__in=names - {""}
        )
        for payment in named:
            self._charges[payment.reference or ""] = payment.id
            self._found.setdefault((Subject.CHARGE, payment.reference or ""), known_payment(payment, None))

    def _read_refunds(
        self, organization: Organization, account: GatewayAccount, some: Sequence[Outcome]
    ) -> None:
        if not some:
            return
        named = Q(id__in=[each.key for each in some if each.key])
        named |= Q(reference__in=[each.reference for each in some if each.reference])
        mine = Refund.objects.filter(named, organization=organization, payment__gateway_account=account)
        for refund in mine:
            self._keep(known_refund(refund))

    def _read_disputes(
        self, organization: Organization, account: GatewayAccount, some: Sequence[Outcome]
    ) -> None:
        if not some:
            return
        mine = Dispute.objects.filter(
            organization=organization,
            payment__gateway_account=account,
            reference__in=[each.reference for each in some],
        )
        for dispute in mine:
            self._keep(_known_dispute(dispute))

    def _read_payouts(
        self, organization: Organization, account: GatewayAccount, some: Sequence[Outcome]
    ) -> None:
        if not some:
            return
        mine = Payout.objects.filter(
            organization=organization,
            gateway_account=account,
            reference__in=[each.reference for each in some],
        ).order_by("sending")
        last = {payout.reference: payout for payout in mine}
        items: dict[UUID, dict[str, int]] = {payout.id: {} for payout in last.values()}
        for item in PayoutItem.objects.filter(organization=organization, payout__in=list(items)):
            items[item.payout_id][item.reference] = item.net_minor
        for payout in last.values():
            self._keep(_known_payout(payout, items[payout.id]))


def unnamed(
    organization: Organization,
    account: GatewayAccount,
    first: datetime,
    until: datetime,
    named: Collection[UUID],
) -> Iterator[Known]:
    """What was made here between two moments and has come to something, and is not among those ``named``. Page by page,
    by ids, which carry the machine's time."""
    made = Q(id__gte=first_id_at(first), id__lt=first_id_at(until))
    payments = Payment.objects.filter(
        made, organization=organization, gateway_account=account, state=PaymentState.SUCCEEDED
    )
    for page in _pages(payments, named):
        attempts = PaymentAttempt.objects.filter(organization=organization, payment__in=page)
        keys = dict(attempts.order_by("number").values_list("payment_id", "id"))
        for payment in page:
            yield known_payment(payment, keys.get(payment.id))
    refunds = Refund.objects.filter(
        made, organization=organization, payment__gateway_account=account, state=RefundState.SUCCEEDED
    )
    for some in _pages(refunds, named):
        yield from (known_refund(refund) for refund in some)
    disputes = Dispute.objects.filter(made, organization=organization, payment__gateway_account=account)
    for cases in _pages(disputes, named):
        yield from (_known_dispute(dispute) for dispute in cases)
    payouts = Payout.objects.filter(made, organization=organization, gateway_account=account)
    for sent in _pages(payouts, named):
        yield from (_known_payout(payout, None) for payout in sent)


def _pages(rows: QuerySet[Row], named: Collection[UUID]) -> Iterator[list[Row]]:
    """Without those ``named``, oldest first."""
    last: UUID | None = None
    while True:
        page = list((rows.filter(id__gt=last) if last else rows).order_by("id")[:PAGE])
        if not page:
            return
        last = page[-1].id
        yield [row for row in page if row.id not in named]


def known_payment(payment: Payment, key: UUID | None) -> Known:
    said = said_here_of_payment(payment)
    return Known(Subject.CHARGE, payment.id, payment.reference or "", said, payment.id, key)


def known_refund(refund: Refund) -> Known:
    said = said_here_of_refund(refund)
    return Known(Subject.REFUND, refund.id, refund.reference or "", said, refund.payment_id, refund.id)


def _known_dispute(dispute: Dispute) -> Known:
    said = said_here_of_dispute(dispute)
    return Known(Subject.DISPUTE, dispute.id, dispute.reference, said, dispute.payment_id)


def _known_payout(payout: Payout, items: dict[str, int] | None) -> Known:
    return Known(Subject.PAYOUT, payout.id, payout.reference, said_here_of_payout(payout, items))
