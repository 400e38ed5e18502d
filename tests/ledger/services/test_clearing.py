from __future__ import annotations

from uuid import UUID

import pytest

from allsquare.core.ids import new_id
from allsquare.ledger.chart import AccountRole
from allsquare.ledger.errors import AccountMissing
from allsquare.ledger.models import Account
from allsquare.ledger.selectors import chart, get_account
from allsquare.ledger.services.clearing import open_clearing_account
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


def test_each_gateway_account_has_one_with_a_number_of_its_own() -> None:
    organization, other = make_organization(), make_organization()
    Account.objects.create(organization=organization, code="1101", name="By hand", kind="asset")
    one, two = new_id(), new_id()

    def opened(gateway_account_id: UUID) -> Account:
        made = open_clearing_account(
            organization=organization, gateway_account_id=gateway_account_id, label="Cards"
        )
        return get_account(organization, made)

    first, again, second = opened(one), opened(one), opened(two)
    assert first.id == again.id
    assert [(a.code, a.name, a.kind) for a in (first, second)] == [
        ("1100", "Clearing Cards", "asset"),
        ("1102", "Clearing Cards", "asset"),
    ]
    assert chart(organization).account(AccountRole.CLEARING, str(two)) == second.id
    with pytest.raises(AccountMissing, match="Held by a payment provider"):
        chart(other).account(AccountRole.CLEARING, str(one))
