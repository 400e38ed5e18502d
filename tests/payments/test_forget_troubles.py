"""What went wrong with a provider is kept for as long as a page shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.due import organizations_with_old_troubles
from allsquare.payments.gateway import Status
from allsquare.payments.models import GatewayAccount, GatewayTrouble
from allsquare.payments.offers import SIGHT
from allsquare.payments.services import forget_troubles as forgetting
from allsquare.payments.services.forget_troubles import forget_troubles
from tests.payments.flows import pay
from tests.payments.makers import charge, issued_invoice


def trouble(
    organization: Organization, customer: Customer, account: GatewayAccount, *, age: timedelta
) -> GatewayTrouble:
    answer = charge(Status.ACTION_REQUIRED, reference=str(new_id()), redirect="https://pay.example/")
    payment = pay(issued_invoice(organization, customer), account, answer=answer)
    return GatewayTrouble.objects.create(
        organization=organization,
        gateway_account=account,
        payment=payment,
        attempt_id=new_id(),
        status="unknown",
        at=clock.now(None) - age,
    )


def test_those_that_no_page_shows_any_more_go_and_nothing_else(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    shown = trouble(organization, customer, account, age=SIGHT - timedelta(minutes=1))
    assert organization not in organizations_with_old_troubles()
    trouble(organization, customer, account, age=SIGHT + timedelta(minutes=1))
    assert organization in organizations_with_old_troubles()
    assert forget_troubles(organization=organization) == 1
    assert list(GatewayTrouble.objects.filter(organization=organization)) == [shown]
    assert forget_troubles(organization=organization) == 0
    assert organization not in organizations_with_old_troubles()


def test_the_oldest_go_first_and_so_many_at_once_at_most(
    organization: Organization, customer: Customer, account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "MOST", 2)
    ages = [timedelta(days=days) for days in (3, 5, 2, 4)]
    rows = [trouble(organization, customer, account, age=age) for age in ages]
    assert forget_troubles(organization=organization) == 2
    left = GatewayTrouble.objects.filter(organization=organization)
    assert set(left.values_list("id", flat=True)) == {rows[0].id, rows[2].id}
    assert [forget_troubles(organization=organization) for _ in range(2)] == [2, 0]
