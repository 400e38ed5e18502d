"""What is asked for: the sums of an invoice, and what its PDF says of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from allsquare.billing.documents.printed import Printed, printed_invoice
from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.printing import invoice_facts
from allsquare.billing.selectors import credit_notes_of
from allsquare.billing.states import CLOSED, OPEN_STATES, is_overdue
from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.transfers import creditor_reference, spaced
from allsquare.web.ui.formats import language

MOST_LINES: Final = 40


@dataclass(frozen=True)
class Bill:
    """An issued invoice as its payer sees it."""

    invoice: Invoice

    @property
    def total(self) -> Money:
        return self._money(self.invoice.total_minor)

    @property
    def due(self) -> Money:
        """What it asks for after its credit notes."""
        return self._money(self.invoice.due_minor)

    @property
    def paid(self) -> Money:
        return self._money(self.invoice.paid_minor)

    @property
    def credited(self) -> Money:
        return self._money(self.invoice.credited_minor)

    @cached_property
    def credit_notes(self) -> list[CreditNote]:
        """In their order; asked only where there are some."""
        if not self.invoice.credited_minor:
            return []
        return credit_notes_of(self.invoice.organization, self.invoice)

    @property
    def open(self) -> Money:
        """What is still to be paid."""
        return self._money(self.invoice.open_minor)

    @property
    def can_be_paid(self) -> bool:
        return self.invoice.state in OPEN_STATES and self.invoice.open_minor > 0

    @property
    def is_closed(self) -> bool:
        """Void, written off or credited whole: nobody waits for money any more."""
        return self.invoice.state in CLOSED

    @property
    def is_overdue(self) -> bool:
        return is_overdue(
            self.invoice.state, due_on=self.invoice.due_on, today=clock.today(self.invoice.organization)
        )

    @cached_property
    def printed(self) -> Printed:
        """Lines, totals and taxes in the very words and figures of the PDF, in the language of this page."""
        return printed_invoice(replace(invoice_facts(self.invoice), language=language()))

    @property
    def shown_lines(self) -> list[Printed]:
        """The first lines: an invoice may have a thousand, and a page must stay light."""
        lines: list[Printed] = self.printed["lines"][:MOST_LINES]
        return lines

    @property
    def hidden_lines(self) -> int:
        """How many lines only the PDF shows."""
        return max(0, len(self.printed["lines"]) - MOST_LINES)

    @property
    def transfer(self) -> list[tuple[str, str]]:
        """Where a bank transfer goes, as frozen at issue; empty when the seller gave no account."""
        seller = self.invoice.seller
        if not seller.get("iban"):
            return []
        pairs = (("IBAN", spaced(seller["iban"])), ("BIC", seller.get("bic", "")))
        return [(label, text) for label, text in pairs if text]

    @property
    def transfer_reference(self) -> str:
        """What the payer writes on a transfer, as on the PDF."""
        number = self.invoice.number or ""
        return spaced(creditor_reference(number)) or number

    def _money(self, minor: int) -> Money:
        return Money(minor, currency(self.invoice.currency))
