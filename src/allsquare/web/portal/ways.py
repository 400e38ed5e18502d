"""The ways to pay, as the payer chooses among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.consent import keep_text
from allsquare.payments.embedding import enters_here
from allsquare.payments.gateway import Capability, MethodKind
from allsquare.payments.models import GatewayAccount, Payment, PaymentMethod
from allsquare.payments.offers import offers_to
from allsquare.payments.registry import adapter, capabilities_of, is_practice, label_of
from allsquare.payments.saved import has_expired, saved_methods, this_month
from allsquare.selling.selectors import is_counter


@dataclass(frozen=True, slots=True)
class MethodWords:
    """How a method is called: on its card, within a sentence, what happens next, and its icon."""

    label: Promise
    inline: Promise
    hint: Promise
    icon: str


METHODS: Final[Mapping[MethodKind, MethodWords]] = {
    MethodKind.CARD: MethodWords(
        _("Card"), _("card"), _("Enter it on the provider's secure page."), "credit-card"
    ),
    MethodKind.BANK_DEBIT: MethodWords(
        _("Bank debit"),
        _("bank debit"),
        _("From your bank account. It takes a few days until the bank confirms."),
        "building-bank",
    ),
    MethodKind.BANK_TRANSFER: MethodWords(
        _("Bank transfer"), _("bank transfer"), _("From your bank, by yourself."), "building-bank"
    ),
    MethodKind.PAYPAL: MethodWords(
        _("PayPal"), _("PayPal"), _("You confirm it on PayPal's page."), "brand-paypal"
    ),
    MethodKind.CASH: MethodWords(_("Cash"), _("cash"), _("Paid by hand."), "cash"),
    MethodKind.CHEQUE: MethodWords(_("Cheque"), _("cheque"), _("Paid by cheque."), "writing"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One card to choose. ``value`` is what the form sends; with ``saved`` one press is enough. ``account`` is who
    would take it now, ``route`` all who may, in their order (none: it alone). ``asker`` is the business that wants the
    money. ``keeps``: is the payer somebody whose card may be kept?"""

    account: GatewayAccount
    method: MethodKind
    saved: PaymentMethod | None = None
    asker: str = ""
    keeps: bool = True
    route: tuple[GatewayAccount, ...] = ()

    @property
    def value(self) -> str:
        """Named by the first of the route, however that is at the moment: so the button of a page that was opened
        before an outage still means what it said."""
        first = self.route[0] if self.route else self.account
        return f"saved:{self.saved.id}" if self.saved else f"{self.method}:{first.id}"

    @property
    def tick(self) -> str:
        """What the tick of consent sends: with the account whose terms stand beside it, which the way's own name does
        not say."""
        return f"{self.value}/{self.account.id}"

    def turns(self, *, keep: bool = False) -> tuple[UUID, list[UUID]]:
        """Who is asked first, and who may take it instead. With ``keep`` it is the account whose terms were read."""
        order = [each.id for each in self.route] or [self.account.id]
        first = self.account.id if keep else order[0]
        return first, [each for each in order if each != first]

    @property
    def words(self) -> MethodWords:
        return METHODS[self.method]

    @property
    def label(self) -> str:
        if self.saved:
            return method_name(self.saved)
        return str(self.words.label)

    @property
    def hint(self) -> str:
        if self.is_sent_by_payer and not self.is_awaited:
            return gettext("You send it from your bank. The next page shows where to.")
        if self.is_awaited:
            return gettext("You send it from your bank. The next page shows where to, and a code to scan.")
        if self.saved:
            return gettext("Saved. One press pays.")
        if self.method is MethodKind.CARD and enters_here(self.account):
            return gettext("You enter it on the next page, in secure fields of the provider.")
        return str(self.words.hint)

    @property
    def beside(self) -> str:
        """What else is offered there. Which of them the payer's device has, only the provider sees."""
        has_wallets = Capability.WALLETS in capabilities_of(self.account.gateway)
        if self.saved or self.method is not MethodKind.CARD or not has_wallets:
            return ""
        return gettext("Apple Pay and Google Pay are offered there, where your device has them.")

    @property
    def is_practice(self) -> bool:
        """Does no real money move by it?"""
        return is_practice(self.account)

    @property
    def processor(self) -> str:
        """Who carries the payment out."""
        return label_of(self.account.gateway)

    @property
    def is_awaited(self) -> bool:
        """Does the payer send the money by themselves, after the button told them where to?"""
        return Capability.AWAITED in capabilities_of(self.account.gateway)

    @property
    def is_sent_by_payer(self) -> bool:
        """The same, to the business or to a provider that tells when it comes."""
        return self.method is MethodKind.BANK_TRANSFER

    @property
    def can_be_kept(self) -> bool:
        """May the payer let the provider keep the card or account?"""
        capabilities = capabilities_of(self.account.gateway)
        kinds = (MethodKind.CARD, MethodKind.BANK_DEBIT)
        return (
            self.keeps
            and self.saved is None
            and self.method in kinds
            and Capability.SAVED_METHODS in capabilities
        )

    @property
    def keep_text(self) -> str:
        """What the payer agrees to with the tick."""
        return keep_text(self.asker, self.account, self.method)


def ways_of(organization: Organization, invoice: Invoice, amount: Money) -> list[Way]:
    """Those that can take ``amount`` of the invoice."""
    country = str(invoice.buyer.get("country", ""))
    return ways_for(organization, invoice.customer_id, amount, country=country)


def ways_for(organization: Organization, customer_id: UUID, amount: Money, *, country: str) -> list[Way]:
    """Saved methods first, then each kind once: a payer does not care which of two providers takes the card. Nothing
    is kept or offered again where the customer stands for many people."""
    month = this_month(clock.today(organization))
    shared = is_counter(organization, customer_id)
    saved = [
        Way(method.gateway_account, MethodKind(method.kind), method)
        for method in ([] if shared else saved_methods(organization, customer_id))
        if not has_expired(method, month)
        and method.kind in adapter(method.gateway_account).offers(amount=amount, country=country)
    ]
    offers = offers_to(organization, amount=amount, country=country, customer_id=customer_id)
    return [
        *saved,
        *(
            Way(each.account, each.method, asker=organization.name, keeps=not shared, route=each.accounts)
            for each in offers
        ),
    ]


def ways_to_buy(organization: Organization, amount: Money) -> list[Way]:
    """For somebody whom nobody knows yet, each method once: those by which the money comes at once, or surely. A
    transfer that they make when it suits them would hold back what others want."""
    ways = [
        Way(each.account, each.method, route=each.accounts) for each in offers_to(organization, amount=amount)
    ]
    return [way for way in ways if not way.is_sent_by_payer]


def closes_pages(payment: Payment) -> bool:
    """Is the page on which this payment waits closed when its payer takes another way?"""
    return Capability.CLOSES in capabilities_of(payment.gateway)


def method_name(method: PaymentMethod) -> str:
    """*Visa ending 4242*."""
    return _ending(method.brand, method.last_four, METHODS[MethodKind(method.kind)].label)


def processor_of(payment: Payment) -> str:
    """Who carries it out."""
    return label_of(payment.gateway)


def paid_with(payment: Payment) -> str:
    """How a payment was made, within a sentence: *Visa ending 4242*, *bank transfer*."""
    inline = METHODS[MethodKind(payment.method)].inline
    return _ending(payment.method_brand, payment.method_last_four, inline)


def _ending(brand: str, last_four: str, method: Promise) -> str:
    """``method`` stands for a brand that is not known, and for the whole when nothing is."""
    if not last_four:
        return str(method)
    name = brand.replace("_", " ").title() or str(method)
    return gettext("%(brand)s ending %(last_four)s") % {"brand": name, "last_four": last_four}
