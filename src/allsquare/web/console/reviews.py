"""A payment that the rules held: released, or refused and given back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from allsquare.core.errors import Conflict, InvalidInput
from allsquare.identity.permissions import Permission
from allsquare.payments.errors import GatewayUnavailable
from allsquare.payments.services.refuse_payment import refuse_payment
from allsquare.payments.services.release_payment import release_payment
from allsquare.web.console.access import ConsoleRequest, post_only, staff


@post_only
@staff(Permission.RECORD_PAYMENTS)
def payment_release(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    release_payment(
        organization=request.access.organization, payment_id=payment_id, actor=request.access.actor
    )
    messages.success(request, _("The payment is released."))
    return redirect("console:payment", payment_id)


@post_only
@staff(Permission.REFUND)
def payment_refuse(request: ConsoleRequest, payment_id: UUID) -> HttpResponse:
    """What cannot be given back is said on the payment's page, where another way may be found."""
    try:
        refuse_payment(
            organization=request.access.organization,
            payment_id=payment_id,
            block=bool(request.POST.get("block")),
            actor=request.access.actor,
        )
    except (Conflict, InvalidInput, GatewayUnavailable) as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("The payment is refused. This page says when the money is back."))
    return redirect("console:payment", payment_id)
