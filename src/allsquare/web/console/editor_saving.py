"""Saving what stands in the invoice editor, and what is said when it cannot be saved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.errors import DraftChanged
from allsquare.billing.models import Invoice
from allsquare.billing.selectors import get_invoice
from allsquare.billing.services.keep_draft import keep_draft
from allsquare.billing.services.update_draft import update_draft
from allsquare.core.errors import AllsquareError, Conflict, FieldErrors, InvalidInput
from allsquare.core.idempotency import KeyReused
from allsquare.core.selectors import events_of
from allsquare.core.transactions import retried
from allsquare.customers.errors import CustomerUnknown
from allsquare.customers.models import Customer
from allsquare.customers.services.create_customer import create_customer
from allsquare.identity.models import Organization
from allsquare.tax.calculate import InvalidLine
from allsquare.web.console.access import ConsoleRequest
from allsquare.web.console.forms.invoice import InvoiceEditor
from allsquare.web.console.forms.money import new_key
from allsquare.web.ui.formats import time_of_day

#: What the service calls wrong, and the page can show at its field.
REFUSALS = (InvalidInput, Conflict, CustomerUnknown)


def save(request: ConsoleRequest, invoice: Invoice | None, editor: InvoiceEditor) -> Invoice:
    """Keep what ``editor`` (checked and valid) holds: a new draft, the one that this editor began before, or
    ``invoice``. A customer typed into the head is entered with it, or neither is.

    Raises ``DraftChanged`` and what else the services refuse.
    """
    return retried(lambda: _save(request, invoice, editor))


def _save(request: ConsoleRequest, invoice: Invoice | None, editor: InvoiceEditor) -> Invoice:
    organization, actor = request.access.organization, request.access.actor
    head = editor.head.cleaned_data
    given = editor.head.terms_of_draft()
    if given["customer_id"] is None:
        given["customer_id"] = _new_customer(request, head).id
    if invoice is None:
        return keep_draft(
            organization=organization, key=_key(head), lines=editor.lines(), actor=actor, **given
        )
    return update_draft(
        organization=organization,
        invoice_id=invoice.id,
        lines=editor.lines(),
        actor=actor,
        seen=head["seen"],
        **given,
    )


def _key(head: dict[str, str]) -> str:
    """A form without its key (made by hand, or very old) is a request of its own."""
    return f"console:{head['key'] or new_key()}"


def _new_customer(request: ConsoleRequest, head: dict[str, str]) -> Customer:
    try:
        return create_customer(
            organization=request.access.organization,
            name=head["new_name"],
            email=head["new_email"],
            actor=request.access.actor,
            key=_key(head),
        )
    except KeyReused as error:
        # The first sending was kept, and then the customer's name was typed anew.
        raise InvalidInput(
            _("This customer is entered already. Open the draft from the list of invoices."), field="new_name"
        ) from error
    except FieldErrors as error:
        raise FieldErrors({f"new_{name}": sentence for name, sentence in error.errors.items()}) from error


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed a draft last, and when."""

    who: str
    mine: bool
    at: datetime | None

    def sentence(self, organization: Organization) -> str:
        when = time_of_day(self.at, organization) if self.at else ""
        if self.mine:
            return _("You changed this draft at %(time)s in another window.") % {"time": when}
        return _("%(who)s changed this draft at %(time)s.") % {"who": self.who, "time": when}


def changed_draft(organization: Organization, error: DraftChanged) -> Invoice:
    """The draft that was not overwritten."""
    return get_invoice(organization, UUID(str(error.details["invoice"])))


def latest_change(request: ConsoleRequest, invoice: Invoice) -> Change:
    """Of a draft that is not what it was when its editor was opened."""
    found = events_of(request.access.organization.id, [invoice.id], limit=1)
    if not found:
        return Change(_("Somebody"), mine=False, at=None)
    return Change(found[0].actor_label, found[0].actor_id == request.access.actor.id, found[0].at)


def changed_meanwhile(request: ConsoleRequest, invoice: Invoice, editor: InvoiceEditor, *, seen: str) -> None:
    """Saving a second time overwrites on purpose: the form now carries the mark of what it would overwrite."""
    editor.head.data = {**editor.values, "seen": seen}
    happened = latest_change(request, invoice).sentence(request.access.organization)
    advice = _("Nothing of yours is lost: it stands here. Saving again puts it in the place of the other.")
    editor.head.add_error(None, f"{happened} {advice}")


def blame(editor: InvoiceEditor, error: AllsquareError) -> None:
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


def first_error(editor: InvoiceEditor) -> str:
    """One sentence on why it cannot be saved yet, with the place where a line is meant."""
    for sentences in editor.head.errors.values():
        return str(sentences[0])
    for sentence in editor.rows.non_form_errors():
        return str(sentence)
    for number, row in enumerate(editor.rows.forms, start=1):
        for sentences in row.errors.values():
            return _("Line %(number)s: %(problem)s") % {"number": number, "problem": sentences[0]}
    return _("Something needs another look")
