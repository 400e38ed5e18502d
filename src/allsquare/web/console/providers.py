"""What payment providers told and what they know: how far behind their news is, a comparison with what is known here,
and news asked for once more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.permissions import Permission
from allsquare.payments.gateway import SAID_BY_PERSON
from allsquare.payments.inquiries import (
    MOST,
    differences_of,
    get_inquiry,
    inbox_days,
    inquiries_of,
    lag_of,
    lags,
    whole_days,
)
from allsquare.payments.listed_movements import lists_movements
from allsquare.payments.models import Difference, Inquiry
from allsquare.payments.movements import may_move
from allsquare.payments.selectors import own_gateway_account
from allsquare.payments.services.resume_inquiry import resume_inquiry
from allsquare.payments.services.start_inquiry import start_inquiry
from allsquare.payments.services.stop_inquiry import stop_inquiry
from allsquare.payments.states import INQUIRY_UNDER_WAY, InquiryState
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import DateField
from allsquare.web.ui.formats import amount

#: What either side says of an object, in words.
_STATES: Final[Mapping[str, Promise]] = {
    "waiting": gettext_lazy("waits"),
    "pending": gettext_lazy("pending"),
    "succeeded": gettext_lazy("succeeded"),
    "ended": gettext_lazy("ended without money"),
    "failed": gettext_lazy("failed"),
    "opened": gettext_lazy("open"),
    "won": gettext_lazy("won"),
    "lost": gettext_lazy("lost"),
    "paid": gettext_lazy("sent"),
    SAID_BY_PERSON: gettext_lazy("entered by hand"),
}


class AskForm(forms.Form):
    """Both days inclusive."""

    first = DateField(label=gettext_lazy("First day"))
    last = DateField(label=gettext_lazy("Last day"))
    mend = forms.BooleanField(
        required=False,
        label=gettext_lazy("Take in what is missing"),
        help_text=gettext_lazy(
            "As if the provider's news had come: payments are booked, invoices become paid. What cannot be taken in "
            "stays in the list."
        ),
    )


@staff(Permission.VIEW_SALES)
def provider_list(request: ConsoleRequest) -> HttpResponse:
    """How far behind the news of each account is."""
    return render(request, "console/providers/list.html", {"lags": lags(request.access.organization)})


@staff(Permission.VIEW_SALES)
def provider(request: ConsoleRequest, gateway_id: UUID) -> HttpResponse:
    return _provider(request, gateway_id, {}, status=200)


@post_only
@staff(Permission.RECORD_PAYMENTS)
def provider_ask(request: ConsoleRequest, gateway_id: UUID) -> HttpResponse:
    """``kind`` says what for: to compare, or for its news once more."""
    organization = request.access.organization
    account = own_gateway_account(organization, gateway_id)
    kind = Inquiry.Kind.REPLAY if request.POST.get("kind") == "replay" else Inquiry.Kind.COMPARE
    form = AskForm(request.POST, auto_id=f"{kind}-%s")
    if form.is_valid():
        begins_at, ends_at = whole_days(organization, form.cleaned_data["first"], form.cleaned_data["last"])
        asked = attempt(
            form,
            lambda: start_inquiry(
                organization=organization,
                account_id=account.id,
                kind=kind,
                begins_at=begins_at,
                ends_at=ends_at,
                mend=form.cleaned_data["mend"],
                actor=request.access.actor,
            ),
        )
        if asked is not None:
            return redirect("console:inquiry", asked.id)
    return _provider(request, gateway_id, {kind: form}, status=422)


def _provider(
    request: ConsoleRequest, gateway_id: UUID, forms_sent: Mapping[str, AskForm], *, status: int
) -> HttpResponse:
    organization = request.access.organization
    account = own_gateway_account(organization, gateway_id)
    today = clock.local(organization, clock.now(None)).date()
    usual = {"first": today - timedelta(days=6), "last": today}
    asking = {
        kind: forms_sent.get(kind) or AskForm(initial=usual, auto_id=f"{kind}-%s")
        for kind in (Inquiry.Kind.COMPARE, Inquiry.Kind.REPLAY)
    }
    context = {
        "account": account,
        "lag": lag_of(organization, account),
        "moves": may_move(account),
        "lists_movements": lists_movements(account),
        "days": inbox_days(organization, account),
        "compare": asking[Inquiry.Kind.COMPARE],
        "replay": asking[Inquiry.Kind.REPLAY],
        "inquiries": inquiries_of(organization, account),
    }
    return render(request, "console/providers/provider.html", context, status=status)


@staff(Permission.VIEW_SALES)
def inquiry(request: ConsoleRequest, inquiry_id: UUID) -> HttpResponse:
    """While it is under way the page asks again by itself."""
    organization = request.access.organization
    found = get_inquiry(organization, inquiry_id)
    rows = [_row(difference) for difference in differences_of(organization, found)]
    context = {
        "inquiry": found,
        "title": found.get_kind_display(),
        "days_done": (found.place - found.begins_at).days,
        "days_all": max(1, -((found.begins_at - found.ends_at) // timedelta(days=1))),
        "left": found.found - found.mended,
        "rows": rows,
        "more": max(0, found.found - MOST) if rows else 0,
        "under_way": found.state in INQUIRY_UNDER_WAY,
        "resumable": found.state in (InquiryState.STOPPED, InquiryState.FAILED),
    }
    part = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    template = "console/providers/_inquiry.html" if part else "console/providers/inquiry.html"
    return render(request, template, context)


@post_only
@staff(Permission.RECORD_PAYMENTS)
def inquiry_stop(request: ConsoleRequest, inquiry_id: UUID) -> HttpResponse:
    found = stop_inquiry(
        organization=request.access.organization, inquiry_id=inquiry_id, actor=request.access.actor
    )
    if found.state == InquiryState.STOPPED:
        messages.info(
            request, _("It is stopped. The days that were asked for stay done; the rest can go on.")
        )
    return redirect("console:inquiry", inquiry_id)


@post_only
@staff(Permission.RECORD_PAYMENTS)
def inquiry_resume(request: ConsoleRequest, inquiry_id: UUID) -> HttpResponse:
    resume_inquiry(
        organization=request.access.organization, inquiry_id=inquiry_id, actor=request.access.actor
    )
    return redirect("console:inquiry", inquiry_id)


def _row(difference: Difference) -> dict[str, object]:
    url = ""
    if difference.payment_id:
        url = reverse("console:payment", args=[difference.payment_id])
    elif difference.subject == Difference.Subject.PAYOUT and difference.subject_id:
        url = reverse("console:payout", args=[difference.subject_id])
    return {
        "subject": difference.get_subject_display(),
        "kind": difference.get_kind_display(),
        "reference": difference.reference,
        "url": url,
        "ours": _told(difference.ours),
        "theirs": _told(difference.theirs),
        "mended": difference.mended,
        "reason": difference.reason,
    }


def _told(facts: Mapping[str, Any]) -> str:
    """*succeeded, €100.00, fee €1.40*; empty where a side does not know it."""
    if not facts:
        return ""
    state = str(facts.get("state") or "")
    parts = [str(_STATES.get(state, state))]
    code = facts.get("currency")
    if code and facts.get("amount_minor") is not None:
        parts.append(amount(Money(facts["amount_minor"], currency(code))))
    if code and facts.get("fee_minor"):
        fee = amount(Money(facts["fee_minor"], currency(code)))
        parts.append(_("fee %(fee)s") % {"fee": fee})
    return ", ".join(parts)
