from __future__ import annotations

import pytest

from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications import selectors
from allsquare.notifications.errors import MailUnknown
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from tests import factories
from tests.notifications.makers import read_all
from tests.payments.makers import issued_invoice


@pytest.fixture
def mails(organization: Organization, customer: Customer) -> list[Mail]:
    """Oldest first; the first is sent."""
    for _ in range(3):
        issued_invoice(organization, customer)
    found = read_all(organization)
    send(organization=organization, mail_id=found[0].id)
    return found


def test_mails_are_listed_newest_first_in_pages(organization: Organization, mails: list[Mail]) -> None:
    first, second, third = mails
    assert selectors.list_mails(organization, limit=2) == [third, second]
    assert selectors.list_mails(organization, before=second.id) == [first]
    assert selectors.list_mails(organization, state="sent") == [first]


def test_mails_are_found_by_document_and_by_customer(
    organization: Organization, customer: Customer, mails: list[Mail]
) -> None:
    assert selectors.mails_of(organization, [mails[0].subject_id, mails[2].subject_id]) == [
        mails[0],
        mails[2],
    ]
    assert selectors.mails_of_customer(organization, customer.id) == mails[::-1]


def test_mails_of_another_organization_are_not_there(customer: Customer, mails: list[Mail]) -> None:
    other = factories.make_organization(name="Another")
    assert selectors.list_mails(other) == []
    assert selectors.mails_of(other, [mails[0].subject_id]) == []
    assert selectors.mails_of_customer(other, customer.id) == []
    with pytest.raises(MailUnknown):
        selectors.get_mail(other, mails[0].id)
