"""What is due by agreement is charged. The system does this by itself.

An attempt is claimed by one statement, in a transaction of its own, and is then a committed row with all that is
asked: the amount, the method, and the key of the payment. So whoever takes it up again after a crash asks for the same
payment, and ``start_payment`` calls no provider twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import F, Q

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.idempotency import KeyReused
from allsquare.core.money import Money
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.ledger.errors import PeriodClosed, RateMissing
from allsquare.ledger.selectors import check_bookable
from allsquare.payments.after_restore import somebody_is_to_be_asked
from allsquare.payments.autopay import agreement_of, given_back, is_stopped
from allsquare.payments.autopay_plan import ASIDE, ENDED, WAITS
from allsquare.payments.errors import (
    AmountChanged,
    GatewayUnavailable,
    InvalidPayment,
    InvoiceNotPayable,
    PaymentUnderWay,
)
from allsquare.payments.flowing import others_flow_on
from allsquare.payments.gateway import MethodKind
from allsquare.payments.health import rests
from allsquare.payments.models import AutopayCharge, Payment
from allsquare.payments.saved import default_method
from allsquare.payments.selectors import waiting_transfers
from allsquare.payments.services.end_attempt import end_attempt
from allsquare.payments.services.start import start_payment
from allsquare.payments.shares import is_for
from allsquare.payments.slips import sent_to_providers
from allsquare.payments.states import PaymentState

State = AutopayCharge.State

#: After this long an attempt that has no payment yet belongs to a worker that died.
PATIENCE: Final = timedelta(minutes=2)
#: So long a payer who went to a provider's page is given to finish there.
COURTESY: Final = timedelta(hours=1)
#: So long an announced transfer is waited for: banks take a working day or two, and a weekend with a holiday lies
#: between at times. Whoever was charged as well would have paid twice.
TRANSFER: Final = timedelta(days=5)
MOST: Final = 100


def charge_due(*, organization: Organization) -> int:
    """Everything that is due today by the organization's own calendar; returns how many attempts were begun. After a
    restore nothing, until every provider in use was asked what happened since: it may have been paid there."""
    if somebody_is_to_be_asked(organization):
        return 0
    begun = 0
    for charge in _due(organization):
        with others_flow_on("invoice", charge.invoice_id):
            claimed = _claim(organization, charge)
            if claimed is not None:
                begun += 1
                failpoints.reached("autopay.claimed")
                _ask(organization, claimed)
    for charge in _left_behind(organization):
        with others_flow_on("invoice", charge.invoice_id):
            _ask(organization, charge)
    return begun


def _due(organization: Organization) -> list[AutopayCharge]:
    """But those that stand aside since their provider is down. What was looked at longest ago comes first: many that
    somebody pays just now hold up none of the others."""
    stood_long = ~Q(reason=WAITS) | Q(started_at__isnull=True) | Q(started_at__lte=clock.now(None) - ASIDE)
    found = AutopayCharge.objects.filter(
        stood_long,
        organization=organization,
        state=State.PLANNED,
        told_at__isnull=False,
        planned_on__lte=clock.today(organization),
    )
    looked_at = F("started_at").asc(nulls_first=True)
    return list(found.select_related("invoice").order_by(looked_at, "planned_on", "id")[:MOST])


def _left_behind(organization: Organization) -> list[AutopayCharge]:
    """Claimed, and never asked for."""
    found = AutopayCharge.objects.filter(
        organization=organization,
        state=State.STARTED,
        payment__isnull=True,
        started_at__lte=clock.now(None) - PATIENCE,
    )
    return list(found.select_related("invoice", "method__gateway_account").order_by("id")[:MOST])


@retrying
def _claim(organization: Organization, charge: AutopayCharge) -> AutopayCharge | None:
    """Make it ours, with what will be asked; ``None`` when there is nothing to ask, or another worker has it."""
    mine = AutopayCharge.objects.filter(organization=organization, id=charge.id, state=State.PLANNED)
    invoice = charge.invoice
    if invoice.state not in OPEN_STATES or invoice.open_minor <= 0:
        mine.update(state=State.DROPPED, reason="not_open")
        return None
    if agreement_of(organization, charge.customer_id) is None:
        mine.update(state=State.STOPPED, reason=ENDED)
        return None
    if mine.filter(given_back(organization, invoice.id)).exists():
        mine.update(state=State.DROPPED, reason="given_back")
        return None
    if _payer_is_at_it(organization, charge):
        mine.update(started_at=clock.now(None))
        return None
    hindrance = _hindrance(organization, invoice)
    if hindrance:
        tomorrow = clock.today(organization) + timedelta(days=1)
        mine.update(planned_on=tomorrow, reason=hindrance)
        return None
    method = default_method(organization, charge.customer_id)
    if method is not None and rests(method.gateway_account, clock.now(None)):
        mine.update(reason=WAITS, started_at=clock.now(None))
        return None
    claimed = mine.update(
        state=State.STARTED,
        charged_on=clock.today(organization),
        started_at=clock.now(None),
        method=method,
        amount_minor=invoice.open_minor,
        reason="",
    )
    if not claimed:
        return None
    charge.state, charge.method, charge.amount_minor = State.STARTED, method, invoice.open_minor
    if method is None:
        end_attempt(organization=organization, charge_id=charge.id, reason="no_method")
        return None
    return charge


def _payer_is_at_it(organization: Organization, charge: AutopayCharge) -> bool:
    """Is somebody at a provider's page for this invoice? They may finish in a moment; if not, it is charged later."""
    return Payment.objects.filter(
        is_for(organization, [charge.invoice_id]),
        organization=organization,
        state=PaymentState.NEEDS_ACTION,
        created_at__gt=clock.now(organization) - COURTESY,
    ).exists()


def _hindrance(organization: Organization, invoice: Invoice) -> str:
    """Why it is looked at again tomorrow, and not charged today. What could not be booked is not asked for: the
    provider would have the money, and the books nothing of it."""
    since = clock.now(organization) - TRANSFER
    if any(each.created_at > since for each in waiting_transfers(organization, invoice.id)):
        return "transfer_announced"
    if sent_to_providers(organization, invoice.id).filter(created_at__gt=since).exists():
        return "transfer_announced"
    try:
        check_bookable(organization, invoice.currency, clock.today(organization))
    except PeriodClosed:
        return "period_closed"
    except RateMissing:
        return "rate_missing"
    return ""


def _ask(organization: Organization, charge: AutopayCharge) -> None:
    """Ask for the payment under the attempt's key. Safe to repeat."""
    method = charge.method
    if method is None:  # claimed by a version that could not know: nothing was asked
        end_attempt(organization=organization, charge_id=charge.id, reason="no_method")
        return
    try:
        payment = start_payment(
            organization=organization,
            invoice_id=charge.invoice_id,
            amount=Money(charge.amount_minor, currency(charge.invoice.currency)),
            method=MethodKind(method.kind),
            gateway_account_id=method.gateway_account_id,
            key=charge.key,
            actor=SYSTEM,
            saved_method_id=method.id,
        )
    except KeyReused:
        payment = Payment.objects.get(organization=organization, key=charge.key)
    except InvoiceNotPayable:
        _back(organization, charge, State.DROPPED, "not_open")
        return
    except (PaymentUnderWay, AmountChanged, GatewayUnavailable):
        # Somebody pays right now, or paid a part; or a backup was restored, and the provider is still being asked what
        # happened since. Look again when that has ended.
        _back(organization, charge, State.PLANNED, "")
        return
    except InvalidPayment:
        end_attempt(organization=organization, charge_id=charge.id, reason="no_method")
        return
    failpoints.reached("autopay.asked")
    AutopayCharge.objects.filter(organization=organization, id=charge.id).update(payment=payment)
    end_attempt(organization=organization, charge_id=charge.id)


@retrying
def _back(organization: Organization, charge: AutopayCharge, state: str, reason: str) -> None:
    """No payment was made under the key, so that the attempt can be made later, or never."""
    mine = AutopayCharge.objects.filter(
        organization=organization, id=charge.id, state=State.STARTED, payment__isnull=True
    )
    list(mine.select_for_update(no_key=True).values_list("id", flat=True))  # whoever stops it now waits
    if state == State.PLANNED and is_stopped(organization, charge.invoice_id):
        state, reason = State.STOPPED, "stopped"
    looked_at = clock.now(None) if state == State.PLANNED else None
    mine.update(state=state, reason=reason, charged_on=None, started_at=looked_at)
