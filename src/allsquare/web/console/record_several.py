"""Recording money that came by hand for several invoices of a customer: the form sent twice makes one payment."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.selectors import open_invoices_of
from allsquare.core import clock
from allsquare.core.currencies import Currency, currency
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer
from allsquare.identity.permissions import Permission
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.selectors import payment_by_key, recording_account
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.several import MOST, Together
from allsquare.payments.shares import waiting_transfers_of
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.several import RecordSeveralForm
from allsquare.web.ui.formats import amount


@staff(Permission.RECORD_PAYMENTS, keeps_form=True)
def several_record(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    organization = request.access.organization
    customer = get_customer(organization, customer_id)
    found = open_invoices_of(organization, customer.id, limit=2 * MOST)
    unit = _unit(request, customer, found)
    invoices = [invoice for invoice in found if invoice.currency == unit.code][:MOST]
    account = recording_account(organization)
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = (
        RecordSeveralForm(unit, invoices, typed)
        if typed
        else RecordSeveralForm.fresh_for(unit, invoices, clock.today(organization))
    )
    if request.method == "POST":
        made = _earlier(request, customer, form)
        if made is None and form.is_valid():
            made = attempt(form, lambda: _record(request, customer, account, form))
        if made is not None:
            came = amount(Money(made.captured_minor, currency(made.currency)))
            messages.success(request, _("%(amount)s is recorded.") % {"amount": came})
            return redirect("console:payment", made.id)
    context = {
        "customer": customer,
        "form": form,
        "account": account,
        "currency": unit.code,
        "awaited": next(iter(waiting_transfers_of(organization, customer.id)), None),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "console/payments/record_several.html", context, status=status)


def _unit(request: ConsoleRequest, customer: Customer, found: Sequence[Invoice]) -> Currency:
    """The currency that the address names, whatever is open by now: what was typed as euros is never dollars. Where
    none is named, that of what was due first. Raises ``UnknownCurrency``."""
    named = request.GET.get("currency", "")
    if named or request.method == "POST":
        return currency(named)
    usual = customer.currency or request.access.organization.base_currency
    return currency(next((invoice.currency for invoice in found), usual))


def _earlier(request: ConsoleRequest, customer: Customer, form: RecordSeveralForm) -> Payment | None:
    """Of the same form sent before: what was due first is another invoice by now, and what it paid is not open."""
    form.full_clean()
    typed = form.cleaned_data
    if not {"key", "amount", "method", "received_on", "note"} <= typed.keys():
        return None
    found = payment_by_key(request.access.organization, f"console:{typed['key']}")
    came: Money = typed["amount"]
    same = (
        customer.id,
        came.currency.code,
        came.minor,
        typed["method"],
        typed["received_on"],
        typed["note"],
    )
    if found is None or same != (
        found.customer_id,
        found.currency,
        found.amount_minor,
        found.method,
        found.received_on,
        found.note,
    ):
        return None
    return found


def _record(
    request: ConsoleRequest, customer: Customer, account: GatewayAccount | None, form: RecordSeveralForm
) -> Payment | None:
    if account is None:
        form.add_error(None, _("Recording by hand is switched off. Ask an owner to add it in the settings."))
        return None
    typed = form.cleaned_data
    shares = form.shares()
    return start_for_customer(
        organization=request.access.organization,
        asked=Together(
            customer_id=customer.id,
            currency=form.currency,
            shares=shares,
            on_account=typed["amount"].minor - sum(shares.values()),
            method=MethodKind(typed["method"]),
            account_id=account.id,
            received_on=typed["received_on"],
            note=typed["note"],
        ),
        key=f"console:{typed['key']}",
        actor=request.access.actor,
    )
