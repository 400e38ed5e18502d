"""Acts on many payments and refunds, and on many invoices, webhooks or tasks that must know of payments."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.reasons import checked_reason
from allsquare.core.actor import Actor
from allsquare.core.batch_acts import BatchAct, Given
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.payments.attention import COMPARE_BY_HAND
from allsquare.payments.errors import TaskByItself
from allsquare.payments.gateway import Subject
from allsquare.payments.models import Attention
from allsquare.payments.services.ask_soon import ask_soon
from allsquare.payments.services.resolve_attention import resolve_attention
from allsquare.payments.services.retry_inbox import retry_inbox
from allsquare.payments.services.void_unpaid import void_unpaid


def _void(organization: Organization, actor: Actor, name: UUID, given: Given) -> str:
    void_unpaid(organization=organization, invoice_id=name, reason=given["reason"], actor=actor, joining=True)
    return _("Void.")


def _checked(given: Given) -> dict[str, str]:
    missing = _("Say why the invoices are void; it stays in the record.")
    return {"reason": checked_reason(given.get("reason", ""), missing=missing)}


def _read_again(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    retry_inbox(organization=organization, delivery_id=name, actor=actor)
    return _("It will be read again in a moment.")


def _resolve(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    """One at a time where money moves again by it: after a restore a provider is offered to payers."""
    if Attention.objects.filter(organization=organization, id=name, kind=COMPARE_BY_HAND).exists():
        raise TaskByItself(
            _("This lets a provider take money again. Mark it as done by itself, on the home page.")
        )
    resolve_attention(organization=organization, task_id=name, actor=actor)
    return _("The task is done.")


def _ask_payment(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    """Each row is one transaction, and a provider is spoken to outside any: so the next sweep asks."""
    ask_soon(organization=organization, subject=Subject.CHARGE, subject_id=name, actor=actor)
    return _("The provider is asked in a moment.")


def _ask_refund(organization: Organization, actor: Actor, name: UUID, _given: Given) -> str:
    ask_soon(organization=organization, subject=Subject.REFUND, subject_id=name, actor=actor)
    return _("The provider is asked in a moment.")


VOID: Final = BatchAct(name="invoices.void", permission=Permission.VOID_INVOICES, run=_void, check=_checked)
READ_AGAIN: Final = BatchAct(name="inbox.read", permission=Permission.RECORD_PAYMENTS, run=_read_again)
RESOLVE: Final = BatchAct(name="tasks.resolve", permission=Permission.RECORD_PAYMENTS, run=_resolve)
ASK_PAYMENTS: Final = BatchAct(name="payments.ask", permission=Permission.RECORD_PAYMENTS, run=_ask_payment)
ASK_REFUNDS: Final = BatchAct(name="refunds.ask", permission=Permission.RECORD_PAYMENTS, run=_ask_refund)
