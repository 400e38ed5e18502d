"""The provider is told to keep a removed method no longer. The system does this by itself, so no actor is asked for."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock, failpoints
from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.payments.attention import METHOD_NOT_FORGOTTEN
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Status
from allsquare.payments.models import PaymentMethod
from allsquare.payments.registry import forgetting
from allsquare.payments.resolving import resolve, still_open
from allsquare.payments.saved import facts_of, not_forgotten
from allsquare.payments.services.raise_again import raise_again


def forget_method(*, organization: Organization, method_id: UUID) -> bool:
    """Outside any transaction; does the provider keep it no longer? One that was not removed, or that the provider
    forgot already, is left alone. What it refuses becomes a person's task. Raises ``GatewayUnavailable`` when it did
    not say: ask again later."""
    method = (
        PaymentMethod.objects.filter(organization=organization, id=method_id, removed_at__isnull=False)
        .select_related("gateway_account")
        .first()
    )
    speaker = forgetting(method.gateway_account) if method else None
    if method is None or speaker is None or method.forgotten_at is not None:
        return True
    failpoints.reached("forget.asking")
    outcome = speaker.forget(method.token)
    failpoints.reached("forget.answered")
    if outcome.status is Status.SUCCEEDED:
        _forgotten(organization, method)
        return True
    reason = shown(outcome.message) or outcome.code
    if outcome.status is Status.DECLINED:
        _ask_a_person(organization, method, reason)
        return False
    raise GatewayUnavailable(
        _("%(provider)s did not say that it forgot a saved method: %(reason)s")
        % {"provider": method.gateway_account, "reason": reason}
    )


@retrying
def _forgotten(organization: Organization, method: PaymentMethod) -> None:
    """Whoever hears it second changes nothing. The task about it is done with the last method that it was about."""
    at = clock.now(organization)
    mine = PaymentMethod.objects.filter(
        organization=organization, id=method.id, forgotten_at__isnull=True
    ).update(forgotten_at=at)
    if not mine:
        return
    news = [News("payment_method.forgotten", "customer", method.customer_id, facts_of(method))]
    tasks = still_open(organization, method.customer_id, METHOD_NOT_FORGOTTEN)
    # Locked before the others are asked for: of two methods that are forgotten at once the second sees the first.
    waits = tasks.select_for_update(no_key=True).first()
    if waits and not not_forgotten(organization, method.customer_id).exists():
        news += resolve(tasks, at=at)
    record(organization_id=organization.id, news=news, actor=SYSTEM, at=at)


def _ask_a_person(organization: Organization, method: PaymentMethod, reason: str) -> None:
    """One open task for each customer, whose page shows which methods it is about."""
    raise_again(
        organization=organization,
        kind=METHOD_NOT_FORGOTTEN,
        subject=("customer", method.customer_id),
        data={"provider": str(method.gateway_account), "news": reason},
        actor=SYSTEM,
    )
