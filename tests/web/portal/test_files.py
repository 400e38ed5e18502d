from __future__ import annotations

import io
from hashlib import sha256

import pytest
from pypdf import PdfReader

from allsquare.billing.selectors import document_of
from allsquare.identity.models import Organization
from allsquare.payments.gateway import Status
from allsquare.payments.models import Payment
from tests.payments.makers import ScriptedGateway, charge, eur
from tests.web.portal.conftest import Payer

pytestmark = pytest.mark.django_db


def text(data: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_the_invoice_is_the_stored_document_to_the_byte(payer: Payer) -> None:
    answers = [payer.client.get(f"{payer.link}invoice.pdf") for _ in range(2)]
    stored = document_of(payer.organization, payer.invoice.id)
    assert stored is not None
    assert {sha256(answer.content).hexdigest() for answer in answers} == {stored.sha256}
    assert answers[0]["Content-Type"] == "application/pdf"
    assert answers[0]["Content-Disposition"] == 'inline; filename="Invoice INV-00001.pdf"'
    assert "INV-00001" in text(answers[0].content)


def test_the_receipt_says_what_came_and_how(payer: Payer) -> None:
    ScriptedGateway.answers.append(charge(reference="ch_1", amount=eur(100000), fee=eur(1)))
    payer.press(payer.open())
    payment = Payment.objects.get(organization=payer.organization)
    answer = payer.client.get(f"{payer.link}receipt/{payment.id}.pdf")
    words = text(answer.content)
    for fact in ("€1,000.00", "INV-00001", "€234.00", "card", "Grace Buyer"):
        assert fact in words
    assert answer["Content-Disposition"].startswith('inline; filename="Receipt R-')


def test_money_that_did_not_come_has_no_receipt(payer: Payer) -> None:
    ScriptedGateway.answers.append(charge(Status.DECLINED, reference="ch_1"))
    payer.press(payer.open())
    payment = Payment.objects.get(organization=payer.organization)
    assert payer.open(f"receipt/{payment.id}.pdf").status == 404


def test_a_logo_is_shown_and_can_do_nothing(payer: Payer) -> None:
    assert payer.open("logo").status == 404
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    Organization.objects.filter(id=payer.organization.id).update(logo=svg, logo_type="image/svg+xml")
    assert f'src="{payer.link}logo"' in payer.open().html
    answer = payer.client.get(f"{payer.link}logo")
    assert answer.content == svg
    assert answer["Content-Type"] == "image/svg+xml"
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
