from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from allsquare.billing.documents.facts import DocumentTax, Instalment
from allsquare.billing.documents.printed import printed_invoice, printed_receipt
from allsquare.core.formatting import UnknownLanguage
from tests.billing.documents.samples import INVOICE, RECEIPT, euro, line


def test_the_discount_column_is_there_only_when_a_line_has_one() -> None:
    assert printed_invoice(INVOICE)["head"]["discount"] == "Discount"
    assert printed_invoice(replace(INVOICE, lines=INVOICE.lines[:1]))["head"]["discount"] == ""


@pytest.mark.parametrize(
    ("price", "printed"),
    [
        ("95", "€95.00"),
        ("12.5", "€12.50"),
        ("29.000000", "€29.00"),
        ("0.0025", "0.0025\xa0EUR"),
        ("-3", "-€3.00"),
    ],
)
def test_a_unit_price_shows_all_its_decimals(price: str, printed: str) -> None:
    invoice = printed_invoice(replace(INVOICE, lines=(line(1, "x", price=price),)))
    assert invoice["lines"][0]["unit_price"] == printed


def test_a_schedule_is_printed_when_it_has_parts() -> None:
    one = (Instalment(due_on=date(2026, 12, 14), amount=euro("5011.43")),)
    assert printed_invoice(replace(INVOICE, instalments=one))["instalments"] == []
    assert len(printed_invoice(INVOICE)["instalments"]) == 2


def test_sentences_of_tax_law_come_once_and_a_given_one_goes_before_the_usual() -> None:
    def tax(category: str, note: str = "") -> DocumentTax:
        zero = euro("0.00")
        return DocumentTax(category=category, percent=Decimal(0), base=zero, tax=zero, note=note)

    invoice = replace(INVOICE, taxes=(tax("E", "§ 19 UStG"), tax("O"), tax("O")), legal_notes=("§ 19 UStG",))
    assert printed_invoice(invoice)["tax_notes"] == ["§ 19 UStG", "Not subject to tax."]


def test_totals_leave_out_what_there_is_not() -> None:
    plain = replace(INVOICE, discount=None, paid=euro("0.00"), balance=INVOICE.total)
    assert [label for label, _ in printed_invoice(plain)["totals"]] == ["Total net", "Tax", "Total"]


def test_a_language_without_own_words_keeps_its_numbers_and_dates() -> None:
    receipt = printed_receipt(replace(RECEIPT, language="fr"))

    assert receipt["language"] == "en"
    assert receipt["headline"] == {
        "label": "Amount received",
        "amount": "5\u202f100,00\xa0€",
        "when": "1 déc. 2026",
    }


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(UnknownLanguage):
        printed_invoice(replace(INVOICE, language="zz"))
