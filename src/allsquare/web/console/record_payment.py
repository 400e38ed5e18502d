"""Recording money that came by hand: the form sent twice makes one payment."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.permissions import Permission
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.selectors import invoice_to_record, waiting_transfers
from allsquare.payments.services.record_money import record_money
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import RecordForm
from allsquare.web.console.only_issued import draft_first
from allsquare.web.ui.formats import amount


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def payment_record(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    organization = request.access.organization
    invoice, account = invoice_to_record(organization, invoice_id)
    if draft := draft_first(request, invoice):
        return draft
    unit = currency(invoice.currency)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = RecordForm(unit, typed) if typed else None
    if form and request.method == "POST" and form.is_valid():
        made = attempt(form, partial(_record, request, invoice, account, form))
        if made is not None:
            came = amount(Money(made.captured_minor, unit))
            messages.success(request, _("%(amount)s is recorded.") % {"amount": came})
            return redirect("console:payment", made.id)
    waiting = waiting_transfers(organization, invoice.id)
    awaited = waiting[0] if waiting else None
    if form is None:
        # One transfer for several invoices comes as one sum.
        expected = awaited.amount_minor if awaited and awaited.share else invoice.open_minor
        form = RecordForm.fresh(Money(expected, unit), clock.today(organization))
    context = {
        "invoice": invoice,
        "form": form,
        "account": account,
        "awaited": awaited,
        "others_awaited": waiting[1:],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/payments/record.html", context, status=status)


def _record(
    request: ConsoleRequest, invoice: Invoice, account: GatewayAccount | None, form: RecordForm
) -> Payment | None:
    if account is None:
        form.add_error(None, _("Recording by hand is switched off. Ask an owner to add it in the settings."))
        return None
    typed = form.cleaned_data
    return record_money(
        organization=request.access.organization,
        invoice_id=invoice.id,
        amount=typed["amount"],
        method=MethodKind(typed["method"]),
        gateway_account_id=account.id,
        key=f"console:{typed['key']}",
        actor=request.access.actor,
        received_on=typed["received_on"],
        note=typed["note"],
    )
