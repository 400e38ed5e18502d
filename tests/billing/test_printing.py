from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from allsquare.billing.models import Invoice
from allsquare.billing.printing import bank_details, country_name, invoice_facts, logo_of, party
from allsquare.billing.selectors import get_invoice_with_lines
from allsquare.core.money import Money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from tests.billing.makers import WORK, issued, plain


def reread(organization: Organization, invoice: Invoice) -> Invoice:
    return get_invoice_with_lines(organization, invoice.id)


@pytest.mark.parametrize("with_tax", [False, True])
def test_what_is_printed_is_what_is_stored_and_sums_up(
    organization: Organization, customer: Customer, with_tax: bool
) -> None:
    line = replace(WORK, unit_price=Decimal("33.335"), quantity=Decimal(3), discount_percent=Decimal(5))
    invoice = issued(
        organization,
        customer,
        line,
        plain("9.99"),
        prices_include_tax=with_tax,
        discount_percent=Decimal("2.5"),
    )
    facts = invoice_facts(reread(organization, invoice))
    assert (facts.number, facts.total.minor, facts.balance) == (
        invoice.number,
        invoice.total_minor,
        facts.total,
    )
    assert facts.net + facts.tax == facts.total
    assert Money.total((tax.tax for tax in facts.taxes), "EUR") == facts.tax
    assert Money.total((tax.base for tax in facts.taxes), "EUR") == facts.net
    printed = [each.total if with_tax else each.net for each in facts.lines]
    assert Money.total(printed, "EUR") == facts.lines_total
    assert facts.discount == Money(invoice.discount_minor, facts.total.currency)
    assert facts.lines_total - facts.discount == (facts.total if with_tax else facts.net)


def test_a_party_is_printed_as_mail_is_addressed() -> None:
    facts = {
        "name": "Söhne GmbH",
        "contact_name": "Ada",
        "street": "Ring 1",
        "postal_code": "1010",
        "city": "Wien",
        "region": "",
        "country": "AT",
        "tax_id": "ATU12345675",
    }
    made = party(facts, seen_from={"country": "DE"})
    assert made.address == ("Ada", "Ring 1", "1010 Wien", "AUSTRIA")
    assert party(facts, seen_from={"country": "AT"}).address == ("Ada", "Ring 1", "1010 Wien")
    assert [(detail.label, detail.value) for detail in made.tax_ids] == [("VAT ID", "ATU12345675")]
    assert party({"name": "Grace"}, seen_from={}).address == ()
    assert (country_name(""), country_name("ZZZ")) == ("", "ZZZ")
    assert [detail.label for detail in bank_details({"iban": "DE89", "bic": ""})] == ["IBAN"]


def test_only_a_logo_that_can_be_printed_is_printed(organization: Organization) -> None:
    assert logo_of(organization) is None
    organization.logo, organization.logo_type = b"GIF89a", "image/gif"
    assert logo_of(organization) is None
    organization.logo, organization.logo_type = b"<svg/>", "image/svg+xml"
    logo = logo_of(organization)
    assert logo is not None
    assert (logo.data, logo.media_type) == (b"<svg/>", "image/svg+xml")
