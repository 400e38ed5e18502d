"""What can go wrong with an invoice, in words for a clerk or a payer."""

from __future__ import annotations

from allsquare.core.errors import AllsquareError, Conflict, NotFound


class InvoiceUnknown(NotFound):
    """No such invoice in this organization."""

    code = "invoice_not_found"


class NotADraft(Conflict):
    """The invoice was issued meanwhile; issued documents are frozen."""

    code = "not_a_draft"


class DraftChanged(Conflict):
    """Somebody else changed the draft after it was read."""

    code = "draft_changed"


class NotIssuable(Conflict):
    """Something is missing that an issued invoice must have."""

    code = "not_issuable"


class NotVoidable(Conflict):
    """The invoice is paid, partly paid, void or a draft."""

    code = "not_voidable"


class NotWritable(Conflict):
    """Nothing of the invoice is open, so nothing can be written off; or nothing is, so nothing can be taken back."""

    code = "not_writable"


class NotCreditable(Conflict):
    """The invoice is a draft, void or written off, or all of it is credited."""

    code = "not_creditable"


class CreditNoteUnknown(NotFound):
    """No such credit note in this organization."""

    code = "credit_note_not_found"


class LinkUnknown(NotFound):
    """No invoice has this link; the same answer for every wrong one."""

    code = "link_not_found"


class LinkExpired(AllsquareError):
    """The link was good once."""

    code = "link_expired"
    status = 410


class NumbersInUse(Conflict):
    """The counter cannot be chosen any more: documents have numbers of it."""

    code = "numbers_in_use"
