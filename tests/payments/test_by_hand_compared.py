"""What stands by a person's word alone is a difference from the provider, until the provider says it too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import SAID_BY_PERSON
from allsquare.payments.gateway_abilities import Sighting
from allsquare.payments.models import Difference, GatewayAccount, Inquiry, Payment
from allsquare.payments.services.run_inquiry import run_inquiry
from tests.payments.by_hand import came_with, end_payment, news_of
from tests.payments.flows import pay
from tests.payments.makers import SILENT, eur, issued_invoice
from tests.payments.test_inquiries import Listing, begun, listing

__all__ = ["listing"]

pytestmark = pytest.mark.django_db(transaction=True)


def compared(account: GatewayAccount, *, mend: bool) -> list[tuple[str, bool]]:
    inquiry = begun(account, Inquiry.Kind.COMPARE, mend=mend)
    run_inquiry(organization=account.organization, inquiry_id=inquiry.id, goes_on=lambda: True)
    found = Difference.objects.filter(organization=account.organization, inquiry=inquiry)
    return sorted(found.values_list("kind", "mended"))


def test_comparing_finds_it_and_mends_it(
    organization: Organization,
    customer: Customer,
    listing: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    payment = pay(issued_invoice(organization, customer), listing, answer=SILENT)
    Payment.objects.filter(id=payment.id).update(created_at=payment.created_at - timedelta(days=10))
    monkeypatch.setattr(
        "allsquare.payments.services.end_payment_by_hand.check_payment", lambda **_given: None
    )
    end_payment(payment, came_with(10000, 175), answer=None)
    Listing.listed.append(Sighting(news_of(payment, reference="ch_1", amount=eur(10000), fee=eur(175))))
    assert compared(listing, mend=False) == [("state", False)]
    payment.refresh_from_db()
    assert payment.failure_code == SAID_BY_PERSON
    assert compared(listing, mend=True) == [("state", True)]
    payment.refresh_from_db()
    assert (payment.reference, payment.failure_code) == ("ch_1", "")
    assert compared(listing, mend=True) == []
