"""The payer decides to pay another way than by the transfer that they announced."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from allsquare.payments.services.stop_waiting import stop_waiting
from allsquare.web.portal.payment import own_payment_of
from allsquare.web.portal.redirects import SeeOther
from allsquare.web.portal.visit import Visit, by_link


@require_POST
@by_link
def transfer(request: HttpRequest, visit: Visit, payment_id: UUID) -> HttpResponse:
    """``/pay/<token>/payment/<id>/stop``. Pressing twice is harmless."""
    payment = own_payment_of(visit, payment_id)
    stop_waiting(organization=visit.organization, payment_id=payment.id, actor=visit.actor)
    return SeeOther(visit.url())
