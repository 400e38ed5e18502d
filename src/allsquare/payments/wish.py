"""What is asked of a payment's beginning, and whether it may be asked: of the invoice, beside what is under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.billing.models import Invoice
from allsquare.billing.states import OPEN_STATES, InvoiceState
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.formatting import format_money, spoken_language
from allsquare.core.idempotency import input_hash
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.arrivals import check_amount, check_day
from allsquare.payments.errors import (
    AmountChanged,
    AttemptRefused,
    GatewayUnavailable,
    InvalidPayment,
    InvoiceNotPayable,
    PartRefused,
)
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.models import GatewayAccount, Payment
from allsquare.payments.parts import span_of
from allsquare.payments.registry import adapters_with, methods_of
from allsquare.payments.span import Span
from allsquare.payments.states import PaymentState
from allsquare.payments.taking import is_closed, is_past_its_page, pays_already
from allsquare.payments.under_way import is_at_reader, is_awaited, is_under_way, pages_for_too_much


@dataclass(frozen=True, slots=True)
class At:
    """A reader in the shop: the provider's name of it, what people call it, and whether it asks for a tip."""

    reference: str
    label: str
    tips: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked; its fields are the input that the key stands for, but for ``spare_ids``: accounts that may take it
    in place of ``account_id``, in this order. Which of them does is not the payer's wish."""

    invoice_id: UUID
    amount: Money
    method: MethodKind
    account_id: UUID
    return_url: str
    saved_method_id: UUID | None
    save_method: bool
    received_on: date | None
    note: str
    more: bool
    spare_ids: tuple[UUID, ...] = ()
    reader: At | None = None

    def hash(self) -> bytes:
        return input_hash(
            {
                **({"more": True} if self.more else {}),
                **({"reader": self.reader.reference} if self.reader else {}),
                **({"tips": True} if self.reader and self.reader.tips else {}),
                "invoice": self.invoice_id,
                "amount": self.amount.minor,
                "currency": self.amount.currency.code,
                "method": self.method,
                "account": self.account_id,
                "saved_method": self.saved_method_id,
                "save_method": self.save_method,
                "received_on": self.received_on,
                "note": self.note,
            }
        )


class PagesOpen(Exception):
    """Pages of providers wait for the payer, for more than is open together with what is asked for now."""

    def __init__(self, pages: Sequence[Payment]) -> None:
        super().__init__()
        self.pages = pages


def not_offered() -> GatewayUnavailable:
    return GatewayUnavailable(_("This way to pay is not available at the moment. Choose another."))


def refused_attempt() -> AttemptRefused:
    """One sentence for every rule: whoever tries stolen cards learns nothing by it."""
    return AttemptRefused(
        _(
            "This payment could not be taken. Nothing was charged. Pay another way, or ask whom you pay: they can see "
            "what happened."
        )
    )


def usable_spares(wish: Wish, found: Mapping[UUID, GatewayAccount]) -> list[GatewayAccount]:
    """Of the accounts that may take the wish in the first one's place, those that can, in the order asked for."""
    spares = [found[id] for id in wish.spare_ids if id in found and id != wish.account_id]
    return [each for each in spares if is_open(each) and wish.method in methods_of(each)]


def is_open(account: GatewayAccount) -> bool:
    """May new payments be asked of it?"""
    return account.enabled and account.unknown_since is None


def check_wish(organization: Organization, wish: Wish, account: GatewayAccount, *, recorded: bool) -> None:
    """What can be said of the wish without its invoice."""
    if not is_open(account):
        raise not_offered()
    check_amount(wish.amount)
    if wish.method not in methods_of(account):
        raise InvalidPayment(
            _("%(account)s does not offer this way to pay. Choose another.") % {"account": account},
            field="method",
        )
    if wish.reader and (
        wish.method is not MethodKind.CARD or account.gateway not in adapters_with(Capability.IN_PERSON)
    ):
        raise InvalidPayment(
            _("%(account)s has no readers for cards.") % {"account": account}, field="reader"
        )
    if wish.reader and wish.reader.tips and account.gateway not in adapters_with(Capability.TIPS):
        raise InvalidPayment(
            _("The readers of %(account)s cannot ask for a tip. Take the payment without.")
            % {"account": account},
            field="tips",
        )
    if wish.reader and wish.save_method and account.gateway not in adapters_with(Capability.KEEPS_AT_READERS):
        raise InvalidPayment(
            _("%(account)s cannot keep a card that is held to a reader. Take the payment without.")
            % {"account": account},
            field="keep",
        )
    if wish.received_on and not recorded:
        raise InvalidPayment(_("Only money that is recorded has a day of arrival."), field="received_on")
    check_day(organization, wish.received_on)


def resumable(organization: Organization, others: Sequence[Payment], digest: bytes) -> Payment | None:
    """The same payer who asks the same again goes back to the page or transfer that already waits, not to a second one.
    The same is the whole input: consent to keep the card must not be taken from an earlier try. Nobody is led to a page
    that was closed, or that is too old to be paid on."""
    found = next(
        (
            payment
            for payment in others
            if (payment.state == PaymentState.NEEDS_ACTION or is_awaited(payment))
            and not is_at_reader(payment)
            and bytes(payment.input_hash) == digest
        ),
        None,
    )
    if found is None or is_past_its_page(organization, found) or is_closed(organization, found):
        return None
    return found


def check_pages(
    invoice: Invoice, wish: Wish, others: Sequence[Payment], tried: frozenset[UUID] = frozenset()
) -> None:
    """A payer who takes another way leaves a page behind that could be paid too. Raises ``PagesOpen``, but for those
    that were ``tried`` to be closed: they are as they are."""
    found = pages_for_too_much(others, invoice.open_minor - wish.amount.minor)
    pages = [page for page in found if page.id not in tried]
    if pages:
        raise PagesOpen(pages)


def check_invoice(invoice: Invoice, wish: Wish, *, recorded: bool = False) -> None:
    """``recorded``: the money is here already, and must be written down somewhere."""
    if invoice.currency != wish.amount.currency.code:
        raise InvalidPayment(
            _("This invoice is paid in %(currency)s.") % {"currency": invoice.currency}, field="amount"
        )
    if invoice.state in OPEN_STATES:
        return
    if recorded:
        raise InvoiceNotPayable(
            _(
                "This invoice is %(state)s, so that money for it cannot be recorded here. Record it on account, with "
                "the customer: it is kept as their credit, which can be used or given back."
            )
            % {"state": InvoiceState(invoice.state).word},
            state=invoice.state,
        )
    raise InvoiceNotPayable(
        _("This invoice is paid already. Nothing is owed.")
        if invoice.state == "paid"
        else _("This invoice cannot be paid: it is %(state)s.") % {"state": InvoiceState(invoice.state).word},
        state=invoice.state,
    )


def check_claim(
    organization: Organization,
    invoice: Invoice,
    wish: Wish,
    others: Sequence[Payment],
    actor: Actor,
    *,
    allowed: Span | None = None,
) -> None:
    """Nobody is asked for more than is open beyond what is under way. ``allowed`` is what a payer may choose, where it
    is known already."""
    claimed = sum(payment.towards_minor for payment in others if is_under_way(payment))
    left = invoice.open_minor - claimed
    if wish.amount.minor > left and claimed:
        raise pays_already()
    if wish.amount.minor > left and not wish.more:
        raise AmountChanged(
            _(
                "Less is owed than when this page was opened. Nothing was charged. Look at the new "
                "amount and pay again."
            ),
            open_minor=invoice.open_minor,
        )
    if wish.amount.minor < left and actor.kind is ActorKind.CUSTOMER:
        _check_part(wish.amount, allowed or span_of(organization, invoice, others))


def _check_part(amount: Money, allowed: Span) -> None:
    """A rule for payers: staff may ask for whatever was agreed on the phone."""
    if not allowed.holds(amount.minor):
        raise PartRefused(
            _("This invoice is paid at once, or at least %(least)s of it. Nothing was charged.")
            % {"least": format_money(Money(allowed.least, amount.currency), spoken_language())},
            field="amount",
        )
