"""Issuing: first a look at the mail and the document as they will be, then one button that does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from allsquare.billing import selectors as billing
from allsquare.billing.errors import NotADraft
from allsquare.billing.models import Invoice
from allsquare.billing.numbering import number_to_be
from allsquare.billing.services.preview_page import preview_page
from allsquare.core import clock
from allsquare.core.errors import Conflict, FieldErrors, InvalidInput
from allsquare.customers.selectors import Post, addresses
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission
from allsquare.notifications import selectors as notifications
from allsquare.notifications.added import LONGEST_NOTE
from allsquare.notifications.services.issue_and_send import issue_and_send
from allsquare.payments.offers import is_any_offered
from allsquare.web.console import kept_form
from allsquare.web.console.access import ConsoleRequest, staff
from allsquare.web.console.forms.errors import blame
from allsquare.web.console.forms.send import AddedForm, suggestions
from allsquare.web.ui.csp import allow

#: A letter is a document of its own in a sandboxed frame: mails carry inline styles, and the logo inside them.
LETTER_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
)


@staff(Permission.ISSUE_INVOICES, keeps_form=True)
def invoice_issue(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """GET shows what will go out; POST issues. The mail follows from the event by itself. A second press finds the
    invoice issued and changes nothing; one after somebody else's change shows the page anew."""
    organization = request.access.organization
    found = billing.get_invoice_with_lines(organization, invoice_id)
    if found.state != "draft":
        messages.info(request, _("This invoice was issued already."))
        return redirect("console:invoice", invoice_id)
    recipients = addresses(organization, found.customer, Post.INVOICES)
    form = AddedForm(
        suggestions(organization, found.customer_id, recipients),
        request.POST if request.method == "POST" else kept_form.take(request),
    )
    if request.method != "POST":
        return _review(request, found, form, recipients)
    seen = request.POST.get("seen", "")
    if seen and seen != billing.mark_of_draft(organization, found):
        messages.error(
            request, _("The draft was changed after you opened this page. Nothing was sent. Look again.")
        )
        return _review(request, found, form, recipients, status=409)
    if not form.is_valid():
        return _review(request, found, form, recipients, status=422)
    return _issue(request, found, form, recipients)


def _issue(
    request: ConsoleRequest, found: Invoice, form: AddedForm, recipients: Sequence[str]
) -> HttpResponse:
    organization, actor = request.access.organization, request.access.actor
    try:
        issued = issue_and_send(organization=organization, invoice_id=found.id, actor=actor, **form.added)
    except NotADraft:
        messages.info(request, _("This invoice was issued already."))
    except FieldErrors as error:
        blame(form, error)
        return _review(request, found, form, recipients, status=422)
    except (Conflict, InvalidInput) as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _issued_words(issued, recipients))
    return redirect("console:invoice", found.id)


def _issued_words(issued: Invoice, recipients: Sequence[str]) -> str:
    if recipients:
        words = _("Invoice %(number)s is issued and on its way to %(recipient)s.")
        return words % {"number": issued.number, "recipient": ", ".join(recipients)}
    words = _(
        "Invoice %(number)s is issued. The customer has no e-mail address: hand over the link or the PDF."
    )
    return words % {"number": issued.number}


def _review(
    request: ConsoleRequest,
    draft: Invoice,
    form: AddedForm,
    recipients: Sequence[str],
    *,
    status: int = 200,
) -> HttpResponse:
    organization = request.access.organization
    seen = billing.mark_of_draft(organization, draft)
    warnings = _warnings(organization, draft, recipients)
    number = number_to_be(organization)
    # The row in memory becomes what it would be issued as: it is read for nothing else below.
    mail = notifications.preview_of_draft(organization, draft, number=number)
    context = {
        "invoice": draft,
        "number": number,
        "seen": seen,
        "subject": mail.subject,
        "recipient": ", ".join(recipients),
        "due_on": due_on(organization, draft),
        "warnings": warnings,
        "form": form,
    }
    response = render(request, "console/invoices/issue.html", context, status=status)
    allow(response, "frame-src", "'self'")
    return response


def due_on(organization: Organization, draft: Invoice) -> date:
    """The last day to pay if it is issued today."""
    return clock.today(organization) + timedelta(days=draft.payment_days)


def _warnings(organization: Organization, draft: Invoice, recipients: Sequence[str]) -> list[str]:
    """What does not stop the invoice, but what its writer will want to know before it goes."""
    customer, found = draft.customer, []
    if not recipients:
        found.append(
            _(
                "%(name)s has no e-mail address: nothing is mailed. Hand over the pay link or the PDF yourself."
            )
            % {"name": customer.name}
        )
    if not (customer.street and customer.city):
        found.append(
            _("%(name)s has no complete address, which an invoice must usually show.")
            % {"name": customer.name}
        )
    if not (organization.street and organization.city):
        found.append(_("Your own address is not complete. The settings of the organization have its place."))
    if draft.tax_minor == 0 and draft.total_minor:
        found.append(_("No tax is charged. That is right only if the reason for it stands on the lines."))
    if draft.total_minor and not is_any_offered(organization):
        found.append(
            _(
                "No payment provider is set up, so it cannot be paid online: the pay page shows your bank details."
            )
        )
    if draft.total_minor <= 0:
        found.append(_("It asks for nothing: it counts as paid at once."))
    return found


@staff(Permission.ISSUE_INVOICES)
def issue_letter(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """What the mail will say, for the frame in the page; posted there with the message that is being written."""
    organization = request.access.organization
    draft = billing.get_invoice_with_lines(organization, invoice_id)
    if draft.state != "draft":
        raise NotADraft(_("This invoice was issued already."), number=draft.number)
    note = request.POST.get("note", "").replace("\r\n", "\n").strip()[:LONGEST_NOTE]
    html = notifications.preview_of_draft(
        organization, draft, number=number_to_be(organization), note=note
    ).html
    response = HttpResponse(html)
    response["Content-Security-Policy"] = LETTER_POLICY
    return response


@staff(Permission.ISSUE_INVOICES)
def issue_page(request: ConsoleRequest, invoice_id: UUID) -> HttpResponse:
    """The first page of the document as a picture."""
    organization, actor = request.access.organization, request.access.actor
    picture = preview_page(organization=organization, invoice_id=invoice_id, actor=actor)
    response = HttpResponse(picture, content_type="image/png")
    response["Cache-Control"] = "no-store"
    return response
