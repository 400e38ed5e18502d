"""A customer agrees that their invoices are charged by themselves, ends that, or leaves one invoice out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from allsquare.payments.errors import InvalidAgreement
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.end_autopay import end_autopay
from allsquare.payments.services.stop_autopay import stop_autopay
from allsquare.web.portal.owner import Owner, by_method_link
from allsquare.web.portal.redirects import SeeOther


@require_POST
@by_method_link
def agree(request: HttpRequest, owner: Owner) -> HttpResponse:
    """``/pay/methods/<token>/agree``. Pressing twice is harmless."""
    try:
        agree_autopay(organization=owner.organization, customer_id=owner.customer.id, actor=owner.actor)
    except InvalidAgreement as error:
        messages.error(request, error.message)
        return SeeOther(owner.url("methods"))
    messages.success(request, _("Invoices that fall due from today on are charged by themselves."))
    return SeeOther(owner.url("methods"))


@require_POST
@by_method_link
def end(request: HttpRequest, owner: Owner) -> HttpResponse:
    """``/pay/methods/<token>/end``. Pressing twice is harmless."""
    end_autopay(organization=owner.organization, customer_id=owner.customer.id, actor=owner.actor)
    messages.success(request, _("Nothing is charged by itself any more."))
    return SeeOther(owner.url("methods"))


@require_POST
@by_method_link
def stop(request: HttpRequest, owner: Owner, invoice_id: UUID) -> HttpResponse:
    """``/pay/methods/<token>/stop/<invoice>``. Pressing twice is harmless."""
    is_charging = stop_autopay(
        organization=owner.organization,
        invoice_id=invoice_id,
        customer_id=owner.customer.id,
        actor=owner.actor,
    )
    if is_charging:
        messages.info(
            request, _("This invoice is being charged right now. If that fails, it is not tried again.")
        )
    else:
        messages.success(request, _("This invoice is not charged by itself. Please pay it yourself."))
    return SeeOther(owner.url("methods"))
