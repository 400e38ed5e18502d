"""The statement of a customer: on the screen, as PDF, by mail, as a file."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from allsquare.connect.services.start_export import start_export
from allsquare.connect.sources.kinds import STATEMENT
from allsquare.customers.selectors import Post, addresses, get_customer
from allsquare.identity.permissions import Permission
from allsquare.notifications.services.mail_statement import mail_statement
from allsquare.notifications.statement import statement_pdf
from allsquare.payments.statement import (
    MOST_ROWS,
    CustomerStatement,
    fits_from,
    statement_of,
    statement_page,
)
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, post_only, staff
from allsquare.web.console.days import span_of
from allsquare.web.console.forms.errors import attempt
from allsquare.web.console.forms.money import new_key
from allsquare.web.console.forms.statement import StatementExportForm, StatementMailForm
from allsquare.web.console.mails import not_sent
from allsquare.web.ui.files import pdf_response


@staff(Permission.VIEW_SALES)
def customer_statement(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """``?start=`` and ``?end=``, both inclusive: this year up to today by default; ``?after=`` is where a page begins.
    A document holds less than all pages may: where that is too little, the days that fit are proposed."""
    organization = request.access.organization
    customer = get_customer(organization, customer_id)
    start, end = span_of(request, organization)
    found = statement_page(organization, customer, start=start, end=end, after=request.GET.get("after", ""))
    too_long = found.entries > MOST_ROWS
    first = fits_from(organization, customer, start=start, end=end) if too_long else start
    context = {
        "customer": customer,
        "tab": "statement",
        "statement": found,
        "most_rows": MOST_ROWS,
        "too_long": too_long,
        "fits_from": first,
        "recipients": addresses(organization, customer, Post.RECEIPTS),
        "mail_form": StatementMailForm(
            initial={
                "start": (first or start).isoformat(),
                "end": end.isoformat(),
                "key": new_key(),
            },
            auto_id="mail_%s",
        ),
        "export_key": new_key(),
    }
    return render(request, "console/customers/statement.html", context)


@staff(Permission.VIEW_SALES)
def customer_statement_pdf(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """As it would be mailed, in the customer's language."""
    found = _statement(request, customer_id)
    pdf = statement_pdf(
        organization=request.access.organization, statement=found, language=found.customer.language
    )
    return pdf_response(pdf, f"statement-{found.start}-{found.end}")


def _statement(request: ConsoleRequest, customer_id: UUID) -> CustomerStatement:
    organization = request.access.organization
    customer = get_customer(organization, customer_id)
    start, end = span_of(request, organization)
    return statement_of(organization, customer, start=start, end=end)


@post_only
@staff(Permission.SEND_MAIL, keeps_form=True)
def customer_statement_mail(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """The form sent twice mails once. The dialog posts here; after an error it is a page with what was typed."""
    organization = request.access.organization
    customer = get_customer(organization, customer_id)
    back_url = reverse("console:customer_statement", args=[customer.id])
    typed = request.POST if request.method == "POST" else kept_form.take(request)
    form = StatementMailForm(typed)
    mails = (
        attempt(
            form,
            lambda: mail_statement(
                organization=organization,
                customer_id=customer.id,
                key=f"console:{form.cleaned_data['key']}",
                actor=request.access.actor,
                **form.days(),
                **form.added,
            ),
        )
        if request.method == "POST" and form.is_valid()
        else None
    )
    if mails is None:
        return not_sent(request, form, about=_("Statement of account"), back_url=back_url)
    to = ", ".join(mail.recipient for mail in mails)
    messages.success(request, _("The statement is on its way to %(to)s.") % {"to": to})
    return redirect(f"{back_url}?{urlencode(form.days())}")


@post_only
@staff(Permission.VIEW_SALES)
def customer_statement_export(request: ConsoleRequest, customer_id: UUID) -> HttpResponse:
    """As CSV or XLSX, to its progress. The form sent twice makes one file."""
    customer = get_customer(request.access.organization, customer_id)
    given = StatementExportForm(request.POST).given()
    start_export(
        organization=request.access.organization,
        list_name=STATEMENT,
        parameters={
            "customer": [str(customer.id)],
            "start": [given["start"].isoformat()],
            "end": [given["end"].isoformat()],
        },
        file_format=given["format"],
        key=given["key"],
        actor=request.access.actor,
    )
    return redirect("console:export_list")
