from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from allsquare.billing.errors import LinkExpired, LinkUnknown
from allsquare.billing.links import pay_url
from allsquare.billing.models import Invoice, PayLink
from allsquare.billing.selectors import invoice_by_token
from allsquare.core import clock
from allsquare.core.ids import token_digest
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from tests.billing.makers import draft, issued
from tests.factories import make_organization


def token_of(organization: Organization, invoice: Invoice) -> str:
    return pay_url(organization, invoice).removeprefix(f"{settings.BASE_URL}/pay/").removesuffix("/")


def test_the_link_leads_to_its_invoice_and_is_stored_hashed_and_encrypted(
    organization: Organization, customer: Customer
) -> None:
    first, second = issued(organization, customer), issued(organization, customer)
    token = token_of(organization, first)
    assert len(token) == 22
    assert invoice_by_token(token) == first
    assert invoice_by_token(token_of(organization, second)) == second
    with connection.cursor() as cursor:
        cursor.execute("SELECT token_hash, token::text FROM pay_link WHERE invoice_id = %s", [first.id])
        [(stored_hash, stored_token)] = cursor.fetchall()
    assert bytes(stored_hash) == token_digest(token)
    assert token not in stored_token


def test_a_draft_and_a_stranger_get_no_link(organization: Organization, customer: Customer) -> None:
    with pytest.raises(LinkUnknown):
        pay_url(organization, draft(organization, customer))
    with pytest.raises(LinkUnknown):
        pay_url(make_organization(), issued(organization, customer))


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "x", "A" * 22, "é" * 22, "\0", "../../etc"])
def test_every_wrong_link_gets_the_same_answer(token: str) -> None:
    with pytest.raises(LinkUnknown, match="leads nowhere"):
        invoice_by_token(token)


def test_a_link_ends_when_it_was_said_to(organization: Organization, customer: Customer) -> None:
    """By the organization's own clock, which a rehearsal moves."""
    invoice = issued(organization, customer)
    token = token_of(organization, invoice)
    rows = PayLink.objects.filter(organization=organization, invoice=invoice)
    rows.update(expires_at=clock.now(None) + timedelta(days=30))
    assert invoice_by_token(token) == invoice
    organization.clock_offset = timedelta(days=31)
    organization.save()
    with pytest.raises(LinkExpired):
        invoice_by_token(token)


def test_a_revoked_link_is_gone_and_a_new_one_takes_its_place(
    organization: Organization, customer: Customer
) -> None:
    invoice = issued(organization, customer)
    token = token_of(organization, invoice)
    PayLink.objects.filter(organization=organization, invoice=invoice).update(revoked_at=clock.now(None))
    with pytest.raises(LinkExpired):
        invoice_by_token(token)
    with pytest.raises(LinkUnknown):
        pay_url(organization, invoice)
