"""From the frozen rows of an invoice to the facts that its document prints. Nothing is computed anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from babel import Locale

from allsquare.billing.documents.facts import (
    LOGO_TYPES,
    VAT_ID,
    Detail,
    DocumentLine,
    DocumentTax,
    InvoiceDocument,
    Logo,
    Party,
)
from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice, InvoiceLine
from allsquare.billing.parties import buyer_facts, seller_facts
from allsquare.billing.states import InvoiceState
from allsquare.core import clock, colours
from allsquare.core.currencies import Currency, currency
from allsquare.core.money import Money
from allsquare.core.transfers import creditor_reference, epc_code, spaced
from allsquare.identity.models import Organization

#: What stands in the place of a draft's number, by language.
DRAFT_NUMBERS: Final = {"en": "DRAFT", "de": "ENTWURF"}


def draft_facts(invoice: Invoice) -> InvoiceDocument:
    """What the PDF would say if the draft were issued today: no number and no link yet. Nothing is saved."""
    number = DRAFT_NUMBERS.get(invoice.language, DRAFT_NUMBERS["en"])
    return invoice_facts(as_if_issued(invoice, number), link="")


def as_if_issued(invoice: Invoice, number: str) -> Invoice:
    """The draft in memory as it would be if it were issued today; it must not be saved."""
    organization = invoice.organization
    today = clock.today(organization)
    invoice.state = InvoiceState.ISSUED if invoice.total_minor else InvoiceState.PAID
    invoice.number = number
    invoice.seller, invoice.buyer = seller_facts(organization), buyer_facts(invoice.customer)
    invoice.issued_on, invoice.due_on = today, today + timedelta(days=invoice.payment_days)
    return invoice


def invoice_facts(invoice: Invoice, *, link: str | None = None) -> InvoiceDocument:
    """What the PDF says on the day of issue: nothing paid yet. Lines and taxes should be prefetched. ``link``
    stands in for the invoice's own pay link."""
    in_currency = currency(invoice.currency)
    lines = list(invoice.lines.all())
    return InvoiceDocument(
        language=invoice.language,
        number=invoice.number or "",
        issued_on=invoice.issued_on or invoice.created_at.date(),
        due_on=invoice.due_on,
        supplied_on=invoice.supplied_on,
        seller=party(invoice.seller, seen_from=invoice.buyer),
        buyer=party(invoice.buyer, seen_from=invoice.seller),
        reference=invoice.reference,
        prices_include_tax=invoice.prices_include_tax,
        lines=tuple(_line(line, in_currency, with_tax=invoice.prices_include_tax) for line in lines),
        lines_total=Money(sum(line.amount_minor for line in lines), in_currency),
        discount=Money(invoice.discount_minor, in_currency) if invoice.discount_minor else None,
        discount_percent=Decimal(invoice.discount_percent),
        taxes=tuple(
            DocumentTax(
                category=tax.category,
                percent=tax.percent,
                base=Money(tax.base_minor, in_currency),
                tax=Money(tax.tax_minor, in_currency),
            )
            for tax in sorted(invoice.taxes.all(), key=lambda tax: (tax.category, -tax.percent))
        ),
        net=Money(invoice.net_minor, in_currency),
        tax=Money(invoice.tax_minor, in_currency),
        total=Money(invoice.total_minor, in_currency),
        paid=Money.zero(in_currency),
        balance=Money(invoice.total_minor, in_currency),
        notes=invoice.notes,
        terms=invoice.terms,
        bank_details=bank_details(invoice.seller),
        transfer_code=transfer_code(
            invoice.seller, invoice.number or "", Money(invoice.total_minor, in_currency)
        ),
        pay_url=pay_url(invoice.organization, invoice) if link is None else link,
        logo=logo_of(invoice.organization),
        accent=accent_of(invoice.organization),
        rehearsal=invoice.organization.rehearsal,
    )


def _line(line: InvoiceLine, in_currency: Currency, *, with_tax: bool) -> DocumentLine:
    """The printed amount is the line's before the document discount, with tax if the prices are (BT-131)."""
    amount = Money(line.amount_minor, in_currency)
    return DocumentLine(
        position=line.position,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        tax_percent=line.tax_percent,
        net=Money(line.net_minor, in_currency) if with_tax else amount,
        tax=Money(line.tax_minor, in_currency),
        total=amount if with_tax else Money(line.total_minor, in_currency),
    )


def party(facts: Mapping[str, str], *, seen_from: Mapping[str, str]) -> Party:
    """Seller or buyer as frozen (see ``billing.parties``). The country is printed when it is not the other one's."""
    town = " ".join(part for part in (facts.get("postal_code", ""), facts.get("city", "")) if part)
    lines = (facts.get("contact_name", ""), facts.get("street", ""), town, facts.get("region", ""))
    country = facts.get("country", "")
    abroad = country_name(country) if country != seen_from.get("country") else ""
    tax_id = facts.get("tax_id", "")
    return Party(
        name=facts["name"],
        address=tuple(line for line in (*lines, abroad) if line),
        country=country,
        tax_ids=(Detail(label=VAT_ID, value=tax_id),) if tax_id else (),
        email=facts.get("email", ""),
        phone=facts.get("phone", ""),
    )


def country_name(code: str) -> str:
    """In English capitals, as the Universal Postal Union asks for mail that crosses a border."""
    return (Locale("en").territories.get(code) or code).upper() if code else ""


def bank_details(seller: Mapping[str, str]) -> tuple[Detail, ...]:
    """Where a transfer goes."""
    pairs = (("IBAN", spaced(seller.get("iban", ""))), ("BIC", seller.get("bic", "")))
    return tuple(Detail(label=label, value=value) for label, value in pairs if value)


def transfer_code(seller: Mapping[str, str], number: str, amount: Money) -> str:
    """The transfer as banking apps scan it; "" where they cannot."""
    return epc_code(
        name=seller["name"],
        iban=seller.get("iban", ""),
        bic=seller.get("bic", ""),
        reference=creditor_reference(number),
        amount=amount,
    )


def accent_of(organization: Organization) -> str:
    """The brand's colour, as dark as it must be on paper; empty for the usual one."""
    return colours.on_light(organization.brand_color) if organization.brand_color else ""


def logo_of(organization: Organization) -> Logo | None:
    """The organization's logo, if it is of a kind that can be printed."""
    if not organization.logo or organization.logo_type not in LOGO_TYPES:
        return None
    return Logo(data=bytes(organization.logo), media_type=organization.logo_type)
