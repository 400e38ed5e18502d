"""Fields of a provider within a page of ours: what that page needs, asked for whenever it opens, and kept nowhere."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from allsquare.core.ratelimit import Limit, take
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Capability
from allsquare.payments.gateway_abilities import Fields, NewsUnavailable
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.registry import capabilities_of, embedding
from allsquare.payments.slips import is_sent_there
from allsquare.payments.states import PaymentState
from allsquare.payments.under_way import is_at_reader

log = logging.getLogger(__name__)

#: However often somebody loads the page.
ASKED: Final = Limit("payment-fields", most=20, within=timedelta(minutes=1))


def is_entered_here(payment: Payment) -> bool:
    """Does it wait for what its payer enters in a page of ours, not at a provider's, at a reader or at their bank?"""
    if payment.state != PaymentState.NEEDS_ACTION or payment.redirect or is_sent_there(payment):
        return False
    return Capability.EMBEDDED in capabilities_of(payment.gateway) and not is_at_reader(payment)


def enters_here(account: GatewayAccount) -> bool:
    """Do payers of this account enter their card in a page of ours?"""
    speaker = embedding(account)
    return speaker is not None and speaker.embeds


def fields_of(organization: Organization, payment: Payment) -> Fields | None:
    """For one that :func:`is_entered_here`. ``None`` when the provider does not give them (now)."""
    speaker = embedding(payment.gateway_account)
    if speaker is None or not take(ASKED, f"{organization.id}/{payment.id}"):
        return None
    try:
        return speaker.fields(payment.reference or "")
    except NewsUnavailable:
        log.exception("the fields for payment %s could not be asked for", payment.id)
        return None


def return_address(organization: Organization, payment: Payment) -> str:
    """Where the payer comes back to, as the provider was told when the payment began; empty for one that was made anew
    after a restore, which nobody told."""
    attempts = PaymentAttempt.objects.filter(organization=organization, payment=payment)
    return str(attempts.latest("number").request.get("return_url") or "")
