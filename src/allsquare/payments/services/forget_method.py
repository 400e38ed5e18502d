"""The provider is told to keep a removed method no longer. The system does this by itself, so no actor is asked for."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.gateway import Status
from allsquare.payments.models import PaymentMethod
from allsquare.payments.registry import forgetting


def forget_method(*, organization: Organization, method_id: UUID) -> None:
    """Outside any transaction. One that was not removed is left alone. Raises ``GatewayUnavailable`` when the provider
    did not say that it forgot it: ask again later."""
    method = (
        PaymentMethod.objects.filter(organization=organization, id=method_id, removed_at__isnull=False)
        .select_related("gateway_account")
        .first()
    )
    speaker = forgetting(method.gateway_account) if method else None
    if method is None or speaker is None:
        return
    outcome = speaker.forget(method.token)
    if outcome.status is not Status.SUCCEEDED:
        raise GatewayUnavailable(
            _("%(provider)s did not say that it forgot a saved method: %(reason)s")
            % {"provider": method.gateway_account, "reason": shown(outcome.message) or outcome.code}
        )
