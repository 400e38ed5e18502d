"""Using the credit of a customer for an invoice: the form sent twice uses it once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.billing.selectors import get_invoice
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.permissions import Permission
from allsquare.payments.credit import usable_credit
from allsquare.payments.services.use_credit import use_credit
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import CreditForm
from allsquare.web.console.only_issued import draft_first
from allsquare.web.ui.formats import amount


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def credit_use(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """As much as there is and the invoice takes, unless somebody says less."""
    organization = request.access.organization
    found = get_invoice(organization, invoice_id)
    if draft := draft_first(request, found):
        return draft
    unit = currency(found.currency)
    credit = usable_credit(organization, found.customer_id, found.currency)
    posted = request.method == "POST"
    typed = request.POST if posted else kept_form.take(request)
    form = (
        CreditForm(unit, typed)
        if typed is not None
        else CreditForm.fresh(Money(min(credit, found.open_minor), unit))
    )
    if posted and form.is_valid():
        given = form.cleaned_data
        made = attempt(
            form,
            lambda: use_credit(
                organization=organization,
                invoice_id=found.id,
                amount=given["amount"],
                key=f"console:{given['key']}",
                actor=request.access.actor,
            ),
        )
        if made is not None:
            messages.success(
                request, _("%(amount)s of credit is used.") % {"amount": amount(given["amount"])}
            )
            return redirect("console:invoice", found.id)
    context = {"invoice": found, "form": form, "credit_minor": credit}
    status = 422 if posted else 200
    return render(request, "console/invoices/use_credit.html", context, status=status)
