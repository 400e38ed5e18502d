"""What was credited: the payer sees it in the sums, opens its document, and is asked for the rest alone."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from allsquare.customers.models import Customer
from allsquare.payments.models import GatewayAccount
from tests.payments.crediting import credit, off
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice
from tests.web.portal.conftest import Payer

pytestmark = pytest.mark.django_db


def test_the_button_says_what_the_credit_note_left(payer: Payer) -> None:
    note = credit(payer.invoice, off(payer.invoice, 23400))
    page = payer.open()
    assert "Pay €1,000.00" in page.text
    assert "Credited to you" in page.text
    assert f'href="{payer.link}credit-note/{note.id}.pdf"' in page.html
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(100000)))
    payer.press(page)
    assert (payer.now().state, payer.now().open_minor) == ("paid", 0)


def test_its_document_names_the_invoice_and_what_is_credited(payer: Payer) -> None:
    note = credit(payer.invoice, off(payer.invoice, 23400), reason="Two cups were broken")
    answer = payer.client.get(f"{payer.link}credit-note/{note.id}.pdf")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    for fact in ("Credit note", "CN-00001", "INV-00001", "€234.00", "Two cups were broken", "Harbour & Pine"):
        assert fact in text
    assert answer["Content-Disposition"] == 'inline; filename="Credit note CN-00001.pdf"'


def test_one_of_another_invoice_is_not_opened_by_this_link(
    payer: Payer, customer: Customer, account: GatewayAccount
) -> None:
    other = credit(issued_invoice(payer.organization, customer))
    assert payer.open(f"credit-note/{other.id}.pdf").status == 404


def test_of_one_that_is_credited_whole_nothing_is_to_be_paid(payer: Payer) -> None:
    note = credit(payer.invoice)
    page = payer.open()
    assert "credited all of invoice INV-00001" in page.text
    assert f"credit-note/{note.id}.pdf" in page.html
    assert "Pay €" not in page.text
