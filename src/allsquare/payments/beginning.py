"""Writing that a payment is begun: payment, first attempt, what it is for, consent, verdict and event, together."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import bulk, rows
from allsquare.core.actor import Actor
from allsquare.core.events import Data, News, record
from allsquare.identity.models import Organization
from allsquare.payments.assessing import Judged, write_judged
from allsquare.payments.consent import consent_to_keep, keep_where
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.models import Payment, PaymentAttempt, PaymentMethod, PaymentShare


def write_begun(
    *,
    organization: Organization,
    payment: Payment,
    attempt: PaymentAttempt,
    facts: Data,
    judged: Judged | None,
    actor: Actor,
    shares: Sequence[PaymentShare] = (),
    keep_method: bool = False,
) -> None:
    """Inside the caller's transaction. ``facts`` are what the event tells."""
    with bulk.together():
        rows.insert([payment])
        rows.insert([attempt])
        rows.insert(shares)
        if keep_method:
            consent = consent_to_keep(organization, payment, payment.gateway_account, actor)
            rows.insert([consent])
            keep_where(consent, actor)
        told = judged.told if judged is not None else {}
        news = News("payment.started", "payment", payment.id, {**facts, **told})
        record(organization_id=organization.id, news=[news], actor=actor, at=payment.created_at)
        if judged is not None:
            write_judged(judged, payment, actor)


def saved_token(
    organization: Organization, *, customer_id: UUID, account_id: UUID, method_id: UUID | None
) -> str:
    """The provider's name of a saved method of the customer; "" where none is asked for. Raises ``InvalidPayment``."""
    if method_id is None:
        return ""
    saved = PaymentMethod.objects.filter(
        organization=organization,
        customer_id=customer_id,
        gateway_account_id=account_id,
        id=method_id,
        removed_at__isnull=True,
    ).first()
    if saved is None:
        raise InvalidPayment(_("This saved method is no longer there. Choose another."), field="saved_method")
    return saved.token
