"""What can be done with an invoice only when it is issued, asked for of a draft: the address was typed, or is old."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.states import InvoiceState
from allsquare.web.console.access import ConsoleRequest


def draft_first(request: ConsoleRequest, invoice: Invoice) -> HttpResponse | None:
    """The way to the draft's own page with what is to be done before; nothing where the invoice is issued."""
    if invoice.state != InvoiceState.DRAFT:
        return None
    messages.error(request, _("This is a draft. Issue it first."))
    return redirect("console:invoice", invoice.id)
