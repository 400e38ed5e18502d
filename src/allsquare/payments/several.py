"""What a customer's payment is for, where it is for several invoices or for none: what is asked, and whether it may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from allsquare.billing.models import Invoice
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.currencies import Currency
from allsquare.core.idempotency import input_hash
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.errors import InvalidPayment, InvoiceNotPayable
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.parts import spans_of
from allsquare.payments.wish import PagesOpen, Wish, check_claim, check_invoice, check_pages

#: Invoices of one payment. A page shows no more, and whoever has more pays twice.
MOST: Final = 100
#: Numbers that a provider's page has room for.
_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """``shares`` are minor units by invoice; ``on_account`` is what no invoice stands for. With what the key stands
    for, which is all but ``spare_ids``: accounts that may take it in place of ``account_id``, in this order, as with a
    ``Wish``."""

    customer_id: UUID
    currency: Currency
    shares: Mapping[UUID, int]
    on_account: int
    method: MethodKind
    account_id: UUID
    return_url: str = ""
    saved_method_id: UUID | None = None
    save_method: bool = False
    received_on: date | None = None
    note: str = ""
    spare_ids: tuple[UUID, ...] = ()

    @property
    def amount(self) -> Money:
        return Money(sum(self.shares.values()) + self.on_account, self.currency)

    def hash(self) -> bytes:
        return input_hash(
            {
                "customer": self.customer_id,
                "shares": {str(name): minor for name, minor in self.shares.items()},
                "on_account": self.on_account,
                "currency": self.currency.code,
                "method": self.method,
                "account": self.account_id,
                "saved_method": self.saved_method_id,
                "save_method": self.save_method,
                "received_on": self.received_on,
                "note": self.note,
            }
        )

    def whole(self) -> Wish:
        """All of it, for what can be said without the invoices."""
        return self._wish(UUID(int=0), self.amount.minor)

    def of(self, invoice: Invoice) -> Wish:
        """Its share of one invoice, as if that alone were paid."""
        return self._wish(invoice.id, self.shares[invoice.id])

    def _wish(self, invoice_id: UUID, minor: int) -> Wish:
        return Wish(
            invoice_id=invoice_id,
            amount=Money(minor, self.currency),
            method=self.method,
            account_id=self.account_id,
            return_url=self.return_url,
            saved_method_id=self.saved_method_id,
            save_method=self.save_method,
            received_on=self.received_on,
            note=self.note,
            more=False,
            spare_ids=() if self.saved_method_id else self.spare_ids,
        )


def check_together(organization: Organization, asked: Together, actor: Actor) -> None:
    """What the business allows its payers; colleagues write down what came. Raises ``InvalidPayment``."""
    if len(asked.shares) > MOST:
        raise InvalidPayment(
            _("At most %(most)s invoices are paid in one payment. Choose fewer.") % {"most": MOST},
            field="invoices",
        )
    if any(minor <= 0 for minor in asked.shares.values()) or asked.on_account < 0:
        raise InvalidPayment(_("Enter an amount above zero."), field="amount")
    if actor.kind is not ActorKind.CUSTOMER:
        return
    if len(asked.shares) > 1 and not organization.several_invoices:
        raise InvalidPayment(_("Each invoice is paid by itself here. Nothing was charged."), field="invoices")
    if asked.on_account and not organization.on_account:
        raise InvalidPayment(
            _("Money is only taken for invoices here. Nothing was charged."), field="on_account"
        )


def check_invoices(asked: Together, found: Sequence[Invoice], *, recorded: bool) -> None:
    """Are all there, and may they be paid? Raises ``InvoiceNotPayable``, ``InvalidPayment``."""
    if len(found) != len(asked.shares):
        raise InvoiceNotPayable(_("There is no such invoice."))
    for invoice in found:
        check_invoice(invoice, asked.of(invoice), recorded=recorded)


def check_claims(
    organization: Organization,
    asked: Together,
    found: Sequence[Invoice],
    others: Sequence[Payment],
    actor: Actor,
) -> None:
    """Each invoice by the rules of one that is paid alone, as to a part of it too. Raises ``PaymentUnderWay``,
    ``AmountChanged``, ``PartRefused``."""
    parts = [invoice for invoice in found if asked.shares[invoice.id] < invoice.open_minor]
    allowed = spans_of(organization, parts, others) if parts and actor.kind is ActorKind.CUSTOMER else {}
    for invoice in found:
        check_claim(
            organization,
            invoice,
            asked.of(invoice),
            _of(invoice, others),
            actor,
            allowed=allowed.get(invoice.id),
        )


def check_all_pages(
    asked: Together,
    found: Sequence[Invoice],
    others: Sequence[Payment],
    tried: frozenset[UUID] = frozenset(),
) -> None:
    """As ``check_pages``. Raises ``PagesOpen``, with each page once."""
    pages: dict[UUID, Payment] = {}
    for invoice in found:
        try:
            check_pages(invoice, asked.of(invoice), _of(invoice, others), tried)
        except PagesOpen as open_:
            pages |= {payment.id: payment for payment in open_.pages}
    if pages:
        raise PagesOpen(list(pages.values()))


def _of(invoice: Invoice, others: Sequence[Payment]) -> list[Payment]:
    return [payment for payment in others if payment.towards_id == invoice.id]


def description_of(found: Sequence[Invoice], language: str) -> str:
    """For the payer, on the provider's page and on the bank statement."""
    with translation.override(language):
        if not found:
            return _("Payment on account")
        if len(found) == 1:
            return _("Invoice %(number)s") % {"number": found[0].number}
        names = ", ".join(str(invoice.number) for invoice in found[:_NAMED])
        more = len(found) - _NAMED
        if more <= 0:
            return _("Invoices %(numbers)s") % {"numbers": names}
        return ngettext(
            "Invoices %(numbers)s and %(more)s more", "Invoices %(numbers)s and %(more)s more", more
        ) % {"numbers": names, "more": more}
