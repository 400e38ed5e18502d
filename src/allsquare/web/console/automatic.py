"""What is charged by itself: the list, the plan, and what colleagues do about one customer or invoice."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from allsquare.billing import selectors as billing
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.selectors import events_of
from allsquare.customers.selectors import get_customer
from allsquare.identity.permissions import Permission
from allsquare.payments.autopay import gave_up, plan_of, upcoming
from allsquare.payments.errors import InvalidAgreement
from allsquare.payments.models import AutopayCharge
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.change_autopay_plan import change_autopay_plan
from allsquare.payments.services.end_autopay import end_autopay
from allsquare.payments.services.stop_autopay import stop_autopay
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.fields import WholeField
from allsquare.web.console.timeline import timeline

_MOST = 200


class PlanForm(forms.Form):
    """The service checks everything again."""

    days = forms.CharField(
        max_length=60,
        label=gettext_lazy("Days after the due date"),
        help_text=gettext_lazy(
            "One attempt each, such as: 0, 3, 7. What a bank refuses for good is not tried again."
        ),
    )
    notice_days = WholeField(
        min_value=0,
        label=gettext_lazy("Days of notice"),
        help_text=gettext_lazy(
            "So long before the first attempt the payer gets a mail that says what will be charged."
        ),
    )

    def clean_days(self) -> list[int]:
        parts = [part for part in re.split(r"[\s,;]+", self.cleaned_data["days"]) if part]
        if not all(re.fullmatch(r"[0-9]{1,3}", part, re.ASCII) for part in parts):
            raise forms.ValidationError(_("Write the days as numbers with commas between, such as: 0, 3, 7."))
        return [int(part) for part in parts]


@staff(Permission.VIEW_SALES)
def automatic_payments(request: ConsoleRequest) -> HttpResponse:
    """What will be charged, soonest first, and what could not be."""
    organization = request.access.organization
    waiting = upcoming(organization, limit=_MOST)
    sums: dict[str, int] = {}
    for each in waiting:
        code = each.invoice.currency
        sums[code] = sums.get(code, 0) + _asked(each)
    context = {
        "upcoming": [{"charge": each, "minor": _asked(each)} for each in waiting],
        "is_cut": len(waiting) == _MOST,
        "sums": [Money(minor, currency(code)) for code, minor in sorted(sums.items())],
        "gave_up": gave_up(organization),
        "plan": plan_of(organization),
    }
    return render(request, "console/payments/automatic.html", context)


def _asked(charge: AutopayCharge) -> int:
    """What was asked; of an attempt to come, what is open now."""
    return charge.amount_minor or charge.invoice.open_minor


@staff(Permission.MANAGE_SETTINGS, keeps_form=True)
def automatic_plan(request: ConsoleRequest) -> HttpResponse:
    organization = request.access.organization
    plan = plan_of(organization)
    typed: Any = request.POST if request.method == "POST" else kept_form.take(request)
    stored = {"days": ", ".join(map(str, plan.days)), "notice_days": plan.notice_days}
    form = PlanForm(typed, initial=stored)
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form,
            lambda: change_autopay_plan(
                organization=organization, actor=request.access.actor, **form.cleaned_data
            ),
        )
        if saved is not None:
            messages.success(request, _("The days of automatic payments are saved."))
            return redirect("console:automatic_payments")
    changes = [
        event
        for event in events_of(organization.id, [organization.id], limit=100)
        if event.kind == "autopay_plan.changed"
    ]
    context = {"form": form, "timeline": timeline(changes, here=request.path)}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/payments/automatic_plan.html", context, status=status)


@post_only
@staff(Permission.MANAGE_METHODS)
def automatic_stop(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    organization = request.access.organization
    found = billing.get_invoice(organization, invoice_id)
    is_charging = stop_autopay(
        organization=organization,
        invoice_id=found.id,
        customer_id=found.customer_id,
        actor=request.access.actor,
    )
    if is_charging:
        text = _("Invoice %(number)s is being charged right now. If that fails, it is not tried again.")
    else:
        text = _("Invoice %(number)s is not charged by itself.")
    messages.success(request, text % {"number": found.number})
    return redirect("console:invoice", invoice_id)


@post_only
@staff(Permission.MANAGE_METHODS, keeps_form=True)
def automatic_agree(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """The form stands on the page of the saved methods, and is given back there when the session ended meanwhile."""
    customer = get_customer(request.access.organization, customer_id)
    if request.method != "POST":
        return redirect("console:customer_methods", customer_id)
    try:
        agree_autopay(
            organization=request.access.organization,
            customer_id=customer.id,
            actor=request.access.actor,
            note=str(request.POST.get("note", ""))[:200],
        )
    except InvalidAgreement as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Invoices that fall due from today on are charged by themselves."))
    return redirect("console:customer_methods", customer_id)


@post_only
@staff(Permission.MANAGE_METHODS)
def automatic_end(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    customer = get_customer(request.access.organization, customer_id)
    end_autopay(organization=request.access.organization, customer_id=customer.id, actor=request.access.actor)
    messages.success(request, _("Nothing is charged by itself any more."))
    return redirect("console:customer_methods", customer_id)
