from __future__ import annotations

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import PermissionDenied
from allsquare.identity.roles import Role
from allsquare.ledger.chart import DEFAULT_CHART, AccountRole
from allsquare.ledger.models import Account
from allsquare.ledger.selectors import chart
from allsquare.ledger.services.open_books import open_books
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db


def test_every_use_but_clearing_has_an_account_and_opening_again_changes_nothing() -> None:
    organization = make_organization()  # opens the books
    before = chart(organization)
    assert {role for role, _ in before.accounts} == set(AccountRole) - {AccountRole.CLEARING}
    Account.objects.filter(organization=organization, role=AccountRole.BANK).update(
        name="House bank", code="1001"
    )
    open_books(organization=organization, actor=SYSTEM)
    assert chart(organization) == before
    assert Account.objects.filter(organization=organization).count() == len(DEFAULT_CHART)
    assert Account.objects.get(organization=organization, role=AccountRole.BANK).name == "House bank"


def test_not_everybody_opens_books() -> None:
    organization = make_organization()
    with pytest.raises(PermissionDenied):
        open_books(organization=organization, actor=member_actor(organization, Role.ACCOUNTANT))
