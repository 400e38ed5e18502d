from __future__ import annotations

import pytest

from allsquare.billing.errors import InvoiceUnknown, NotADraft
from allsquare.billing.models import Invoice, InvoiceDocument
from allsquare.billing.selectors import get_invoice
from allsquare.billing.services.preview_pdf import preview_pdf
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from tests.billing.documents.samples import words
from tests.billing.makers import draft, issued
from tests.factories import make_organization


def test_a_preview_says_that_it_is_a_draft_and_keeps_nothing(
    organization: Organization, customer: Customer
) -> None:
    made = draft(organization, customer)
    text = words(preview_pdf(organization=organization, invoice_id=made.id, actor=SYSTEM))
    for fact in ("DRAFT", "Grace Buyer", "238.00", organization.name):
        assert fact in text, fact
    stored = get_invoice(organization, made.id)
    assert (stored.number, stored.issued_on, stored.seller) == (None, None, {})
    assert not InvoiceDocument.objects.filter(organization=organization).exists()


def test_a_preview_speaks_the_customers_language(organization: Organization, customer: Customer) -> None:
    made = draft(organization, customer)
    Invoice.objects.filter(organization=organization, id=made.id).update(language="de")
    assert "ENTWURF" in words(preview_pdf(organization=organization, invoice_id=made.id, actor=SYSTEM))


def test_what_was_issued_has_its_own_document(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    with pytest.raises(NotADraft):
        preview_pdf(organization=organization, invoice_id=invoice.id, actor=SYSTEM)
    with pytest.raises(InvoiceUnknown):
        preview_pdf(organization=make_organization(), invoice_id=invoice.id, actor=SYSTEM)
