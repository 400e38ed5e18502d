from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from allsquare.billing.errors import InvoiceUnknown, NotIssuable
from allsquare.billing.links import pay_url
from allsquare.billing.models import InvoiceDocument
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.billing.tasks import render_pdf
from allsquare.core import document_store
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.customers.services.change_customer import change_customer
from allsquare.identity.models import Organization
from tests.billing.documents.samples import reader, words
from tests.billing.makers import WORK, draft, issued
from tests.factories import make_organization

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Path:
    """A document store of the test's own."""
    documents = {**settings.STORAGES["documents"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "documents": documents}
    return tmp_path


def test_an_issued_invoice_is_frozen_into_one_document(
    organization: Organization, customer: Customer, store: Path
) -> None:
    invoice = issued(organization, customer, WORK, notes="Thank you.")
    change_customer(organization=organization, customer_id=customer.id, name="Grace Moved", actor=SYSTEM)
    first = ensure_pdf(organization=organization, invoice_id=invoice.id)
    data = document_store.get(first.sha256)
    text = words(data)
    assert (first.kind, first.size) == ("pdf", len(data))
    for fact in (
        "INV-00001",
        "Grace Buyer",
        "50667 Köln",
        "DE136695976",
        "238.00",
        "38.00",
        "19%",
        "Thank you.",
    ):
        assert fact in text, fact
    assert "Grace Moved" not in text
    marks: list[Any] = [mark for page in reader(data).pages for mark in page.annotations or ()]
    links = [str(mark.get_object()["/A"]["/URI"]) for mark in marks]
    assert pay_url(organization, invoice) in links
    assert ensure_pdf(organization=organization, invoice_id=invoice.id) == first
    assert len([path for path in store.rglob("*") if path.is_file()]) == 1


def test_who_comes_second_finds_the_firsts_document(
    organization: Organization, customer: Customer, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked before either had written."""
    invoice = issued(organization, customer)
    put = document_store.put

    def put_while_another_is_faster(data: bytes) -> str:
        monkeypatch.setattr(document_store, "put", put)
        ensure_pdf(organization=organization, invoice_id=invoice.id)
        return put(data)

    monkeypatch.setattr(document_store, "put", put_while_another_is_faster)
    document = ensure_pdf(organization=organization, invoice_id=invoice.id)
    assert list(InvoiceDocument.objects.filter(organization=organization, invoice=invoice)) == [document]
    assert [path.name for path in store.rglob("*") if path.is_file()] == [document.sha256]


def test_the_job_makes_it(organization: Organization, customer: Customer) -> None:
    invoice = issued(organization, customer)
    render_pdf(str(organization.id), str(invoice.id))
    assert InvoiceDocument.objects.filter(organization=organization, invoice=invoice).count() == 1


def test_a_draft_or_a_strangers_invoice_has_none(organization: Organization, customer: Customer) -> None:
    with pytest.raises(NotIssuable):
        ensure_pdf(organization=organization, invoice_id=draft(organization, customer).id)
    with pytest.raises(InvoiceUnknown):
        ensure_pdf(organization=make_organization(), invoice_id=issued(organization, customer).id)
