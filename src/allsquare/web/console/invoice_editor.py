"""Writing an invoice: a draft is begun or changed. Totals come live from the one calculation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.billing.errors import DraftChanged
from allsquare.billing.lines import LineInput, PricedLines, price
from allsquare.billing.models import Invoice
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.update_draft import update_draft
from allsquare.catalog.selectors import list_items
from allsquare.core import clock
from allsquare.core.errors import AllsquareError, Conflict, FieldErrors, InvalidInput
from allsquare.core.formatting import format_percent
from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.models import Customer
from allsquare.customers.selectors import get_customer, list_customers
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.tax.calculate import InvalidLine
from allsquare.tax.categories import TaxCategory
from allsquare.tax.selectors import list_rates
from allsquare.web.console import editor_values, kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.fields import Choices
from allsquare.web.console.forms.invoice import InvoiceEditor, Offered
from allsquare.web.ui.formats import language

#: As many as a list to choose from can hold. Beyond that one begins at the customer's page.
_MOST_OFFERED: Final = 2000


@staff(Permission.EDIT_INVOICES, keeps_form=True)
def invoice_new(request: ConsoleRequest) -> HttpResponse:
    """``?customer=`` chooses the customer."""
    return _edit(request, None)


@staff(Permission.EDIT_INVOICES, keeps_form=True)
def invoice_edit(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """Drafts only: what is issued is frozen."""
    invoice = billing.get_invoice_with_lines(request.access.organization, invoice_id)
    if invoice.state != "draft":
        messages.info(request, _("This invoice is issued, so it can no longer be changed."))
        return redirect("console:invoice", invoice.id)
    return _edit(request, invoice)


@staff(Permission.EDIT_INVOICES)
def invoice_totals(request: ConsoleRequest) -> HttpResponse:
    """What the rows come to as they stand, for the page to show while somebody types."""
    organization = request.access.organization
    values = request.POST.dict()
    editor = InvoiceEditor(_offered(organization, None, values.get("customer", "")), values, checked=True)
    preview = _preview(organization, editor)
    amounts = [(place, preview.amounts.get(place)) for place in range(len(editor.rows.forms))]
    return render(request, "console/invoices/_totals.html", {"preview": preview, "amounts": amounts})


def _edit(request: ConsoleRequest, invoice: Invoice | None) -> HttpResponse:
    organization = request.access.organization
    posted = request.POST.dict()
    offered = _offered(organization, invoice, posted.get("customer") or request.GET.get("customer", ""))
    if request.method == "POST":
        changed = editor_values.rows_changed(posted, offered)
        if changed is not None:
            added = editor_values.row_count(posted) if "more" in posted else None
            return _show(request, invoice, InvoiceEditor(offered, changed, checked=False), focus=added)
        editor = InvoiceEditor(offered, posted, checked=True)
        saved = _save(request, invoice, editor)
        if saved is not None:
            messages.success(request, _("The draft is saved."))
            return redirect("console:invoice", saved.id)
        return _show(request, invoice, editor, status=422)
    kept = kept_form.take(request)
    if kept is not None:
        messages.info(request, _("You had been signed out. This is what you had typed; save it now."))
        return _show(
            request, invoice, InvoiceEditor(offered, {name: str(kept[name]) for name in kept}, checked=False)
        )
    return _show(request, invoice, InvoiceEditor(offered, _stored(request, invoice, offered), checked=False))


def _stored(request: ConsoleRequest, invoice: Invoice | None, offered: Offered) -> Mapping[str, str]:
    organization = request.access.organization
    if invoice is None:
        return editor_values.of_organization(organization, customer=request.GET.get("customer", ""))
    seen = billing.mark_of_draft(organization, invoice)
    return editor_values.of_draft(invoice, offered, seen=seen)


def _save(request: ConsoleRequest, invoice: Invoice | None, editor: InvoiceEditor) -> Invoice | None:
    """``None`` when something must be mended first; the editor then says what."""
    organization, actor = request.access.organization, request.access.actor
    if not editor.is_valid():
        return None
    given = editor.head.terms_of_draft()
    try:
        if invoice is None:
            return create_draft(organization=organization, lines=editor.lines(), actor=actor, **given)
        seen = editor.head.cleaned_data["seen"]
        return update_draft(
            organization=organization,
            invoice_id=invoice.id,
            lines=editor.lines(),
            actor=actor,
            seen=seen,
            **given,
        )
    except DraftChanged as error:
        _changed_meanwhile(organization, invoice, editor, error)
    except (InvalidInput, Conflict, CustomerUnknown) as error:
        _blame(editor, error)
    return None


def _changed_meanwhile(
    organization: Organization, invoice: Invoice | None, editor: InvoiceEditor, error: DraftChanged
) -> None:
    """Saving a second time overwrites on purpose: the form now carries the mark of what it would overwrite."""
    if invoice is not None:
        now = billing.get_invoice(organization, invoice.id)
        editor.head.data = {**editor.values, "seen": billing.mark_of_draft(organization, now)}
    sentence = _("Look at the draft in another tab. Saving again puts what stands here in its place.")
    editor.head.add_error(None, f"{error.message} {sentence}")


def _blame(editor: InvoiceEditor, error: AllsquareError) -> None:
    """Each sentence at its field: services count the lines, the page its rows."""
    if isinstance(error, InvalidLine):
        line = error.details.get("line")
        key = f"lines-{line - 1}-{error.field}" if isinstance(line, int) else error.field or ""
        sentences = {key: error.message}
    elif isinstance(error, FieldErrors):
        sentences = error.errors
    else:
        field = "customer" if isinstance(error, CustomerUnknown) else error.field or ""
        sentences = {field: error.message}
    filled = editor.filled()
    for name, sentence in sentences.items():
        prefix, _dash, rest = name.partition("-")
        place, _dash, field = rest.partition("-")
        if prefix == "lines" and place.isdecimal() and int(place) < len(filled):
            _place, row = filled[int(place)]
            row.add_error(field if field in row.fields else None, sentence)
        else:
            editor.head.add_error(name if name in editor.head.fields else None, sentence)


def _show(
    request: ConsoleRequest,
    invoice: Invoice | None,
    editor: InvoiceEditor,
    *,
    status: int = 200,
    focus: int | None = None,
) -> HttpResponse:
    """``focus`` is the row that a person asked for and wants to type in."""
    # A copy is judged, so that a page that nobody has sent yet shows totals but no errors.
    preview = _preview(request.access.organization, replace(editor, checked=True))
    context = {
        "invoice": invoice,
        "editor": editor,
        "rows": [(row, preview.amounts.get(place)) for place, row in enumerate(editor.rows.forms)],
        "preview": preview,
        "focus": focus,
    }
    return render(request, "console/invoices/edit.html", context, status=status)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the rows come to so far. ``amounts`` are minor units by the row's place on the page; ``left_out`` rows
    could not be read; ``problem`` says why nothing could be calculated."""

    currency: str
    priced: PricedLines | None
    amounts: Mapping[int, int]
    left_out: int
    problem: str = ""


def _preview(organization: Organization, editor: InvoiceEditor) -> Preview:
    """By the one calculation, over the rows that can be read."""
    editor.is_valid()
    head = editor.head.cleaned_data
    filled = editor.filled()
    readable = [(place, _described(row.line())) for place, row in filled if _priceable(row.errors)]
    empty = Preview(editor.currency, None, {}, len(filled) - len(readable))
    if not readable:
        return empty
    try:
        priced = price(
            organization=organization,
            lines=[line for _place, line in readable],
            currency_code=editor.currency,
            prices_include_tax=head.get("prices_include_tax", False),
            discount_percent=head.get("discount_percent") or Decimal(0),
            on=head.get("supplied_on") or clock.today(organization),
        )
    except (InvalidInput, Conflict) as error:
        return replace(empty, problem=error.message)
    places = [place for place, _line in readable]
    amounts = {place: line.amount_minor for place, line in zip(places, priced.totals.lines, strict=True)}
    return replace(empty, priced=priced, amounts=amounts)


def _priceable(errors: Mapping[str, object]) -> bool:
    """A line without words can be priced, one without figures cannot."""
    return not set(errors) - {"description"}


def _described(line: LineInput) -> LineInput:
    return line if line.description else replace(line, description="–")


def _offered(organization: Organization, invoice: Invoice | None, chosen: str) -> Offered:
    """What is in use, the ``chosen`` customer, and what the draft names although it was put away since."""
    customers = list_customers(organization, limit=_MOST_OFFERED)
    items = list_items(organization, limit=_MOST_OFFERED)
    if chosen and all(str(customer.id) != chosen for customer in customers):
        customers = [*_customer(organization, chosen), *customers]
    if invoice is not None:
        if invoice.customer not in customers:
            customers.insert(0, invoice.customer)
        named = {line.item for line in invoice.lines.all() if line.item is not None}
        items += sorted(named - set(items), key=lambda item: item.name)
    return Offered(
        customers=customers,
        items=items,
        taxes=_taxes(organization),
        payment_days=organization.payment_days,
        base_currency=organization.base_currency,
    )


def _customer(organization: Organization, chosen: str) -> list[Customer]:
    """Nothing for what is no customer of ours: the form says so."""
    try:
        return [get_customer(organization, UUID(chosen))]
    except (ValueError, CustomerUnknown):
        return []


def _taxes(organization: Organization) -> Choices:
    """The standard rate, the reduced ones (which a line names by their percentage), and the reasons for no tax."""
    today = clock.today(organization)
    rates = [
        rate.percent
        for rate in list_rates(organization)
        if rate.country == organization.country
        and rate.category == TaxCategory.STANDARD
        and rate.valid_from <= today
        and (rate.valid_until is None or rate.valid_until >= today)
    ]
    standard = [format_percent(percent.normalize() + 0, language()) for percent in rates[:1]]
    reduced = [
        (
            f"{TaxCategory.STANDARD}:{percent.normalize() + 0:f}",
            format_percent(percent.normalize() + 0, language()),
        )
        for percent in dict.fromkeys(rates[1:])
    ]
    others = [
        (category.value, category.label) for category in TaxCategory if category is not TaxCategory.STANDARD
    ]
    return [("S", standard[0] if standard else TaxCategory.STANDARD.label), *reduced, *others]
