"""What is due at all organizations, for the worker, which serves every one of them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.payments.attention import LEFT_OPEN
from allsquare.payments.autopay import OPEN
from allsquare.payments.gateway import Capability
from allsquare.payments.models import (
    Attention,
    Autopay,
    AutopayCharge,
    Dispute,
    GatewayAccount,
    GatewayTrouble,
    InboxEvent,
    Payment,
    PaymentMethod,
    Refund,
)
from allsquare.payments.offers import SIGHT
from allsquare.payments.registry import adapter_names, adapters_with
from allsquare.payments.services.forget_news import PARKED_DAYS
from allsquare.payments.states import OPEN as OPEN_PAYMENTS
from allsquare.payments.states import REFUND_OPEN, DisputeState, InboxState
from allsquare.risk.services.change_rules import LEAST_DAYS


def accounts_to_recover() -> list[GatewayAccount]:
    """Accounts that were not asked yet what happened since the restored backup. A disabled one too: what was paid there
    is given back there, its payers may dispute, and it may be switched on again. It is not asked all the time, since
    whoever was left by the business may never answer (``recover``)."""
    due = Q(enabled=True) | Q(history_due_at__isnull=True) | Q(history_due_at__lte=clock.now(None))
    held = GatewayAccount.objects.filter(due, unknown_since__isnull=False, gateway__in=adapter_names())
    return list(held.select_related("organization").order_by("id"))


def accounts_to_ask() -> list[GatewayAccount]:
    """Accounts at providers that keep a list of what happened, which is due to be asked for. A disabled
    account too: its payers may still dispute."""
    due = Q(history_due_at__isnull=True) | Q(history_due_at__lte=clock.now(None))
    known = GatewayAccount.objects.filter(gateway__in=adapters_with(Capability.HISTORY))
    found = known.filter(due, unknown_since__isnull=True)
    return list(found.select_related("organization").order_by("id"))


def accounts_with_mail() -> list[GatewayAccount]:
    """Gateway accounts in whose inbox something waits. After a restore it waits until the provider was asked what
    happened since: before that, news of what the backup does not know would be left to a person."""
    waiting = InboxEvent.objects.filter(state=InboxState.RECEIVED, next_try_at__lte=clock.now(None))
    # Of a provider that is no longer installed nobody could read it.
    there = Q(id__in=waiting.values("gateway_account_id"), gateway__in=adapter_names())
    to_be_asked = Q(unknown_since__isnull=False, gateway__in=adapters_with(Capability.HISTORY))
    found = GatewayAccount.objects.filter(there).exclude(to_be_asked)
    return list(found.select_related("organization").order_by("id"))


def accounts_to_sweep() -> list[GatewayAccount]:
    """Gateway accounts with something that is due to be asked about."""
    now = clock.now(None)
    due = Payment.objects.filter(next_check_at__lte=now).values("gateway_account_id")
    due_refunds = Refund.objects.filter(next_check_at__lte=now).values("payment__gateway_account_id")
    found = GatewayAccount.objects.filter(Q(id__in=due) | Q(id__in=due_refunds))
    return list(found.select_related("organization").order_by("id"))


def organizations_with_cards_that_end() -> list[Organization]:
    """Organizations with saved methods whose payers were not told that they end. By the machine's month and the two
    around it: the organization's own day decides (``saved.expiring``)."""
    today = clock.now(None).date()
    ending = PaymentMethod.objects.filter(
        removed_at__isnull=True,
        expires__gte=f"{today - timedelta(days=31):%Y-%m}",
    ).exclude(warned_of=F("expires"))
    return list(Organization.objects.filter(id__in=ending.values("organization_id")).order_by("id"))


def organizations_with_disputes() -> list[Organization]:
    """Organizations with an open dispute that has a deadline: few have one."""
    waiting = Dispute.objects.filter(state=DisputeState.OPENED, evidence_by__isnull=False)
    return list(Organization.objects.filter(id__in=waiting.values("organization_id")).order_by("id"))


def organizations_with_open_ends() -> list[Organization]:
    """Organizations that wait for a provider to say what became of something; their own clocks say for how long. And
    those with a task about it, which may be done by now."""
    waiting = Payment.objects.filter(next_check_at__isnull=False, state__in=OPEN_PAYMENTS)
    refunds = Refund.objects.filter(state__in=REFUND_OPEN)
    disputes = Dispute.objects.filter(state=DisputeState.OPENED)
    tasks = Attention.objects.filter(kind__in=LEFT_OPEN, resolved_at=None)
    there = Q()
    for rows in (waiting, refunds, disputes, tasks):
        there |= Q(id__in=rows.values("organization_id"))
    return list(Organization.objects.filter(there).order_by("id"))


def organizations_with_old_troubles() -> list[Organization]:
    """Organizations that still have rows of what went wrong with a provider, and that no page shows any more."""
    old = GatewayTrouble.objects.filter(at__lt=clock.now(None) - SIGHT)
    return list(Organization.objects.filter(id__in=old.values("organization_id")).order_by("id"))


def organizations_with_autopay() -> list[Organization]:
    """Organizations of which a customer agreed to be charged, or an attempt is open."""
    agreed = Autopay.objects.filter(ended_at__isnull=True).values("organization_id")
    waiting = AutopayCharge.objects.filter(state__in=OPEN).values("organization_id")
    return list(Organization.objects.filter(Q(id__in=agreed) | Q(id__in=waiting)).order_by("id"))


def organizations_with_old_news() -> list[Organization]:
    """Organizations that still have what providers' news carried longer ago than anybody may choose to forget it; their
    own days decide. What was not digested goes later, and then too."""
    long_ago = clock.now(None) - timedelta(days=LEAST_DAYS)
    kept = InboxEvent.objects.filter(forgotten_at__isnull=True)
    digested = kept.filter(state=InboxState.DONE, done_at__lt=long_ago).values("organization_id")
    waiting = kept.filter(
        ~Q(state=InboxState.DONE), received_at__lt=clock.now(None) - timedelta(days=PARKED_DAYS)
    ).values("organization_id")
    found = Organization.objects.filter(Q(id__in=digested) | Q(id__in=waiting))
    return list(found.order_by("id"))
