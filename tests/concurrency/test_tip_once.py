"""Several read the news of one payment with a tip in the same moment: one invoice is written for it, and no number is
lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM
from allsquare.payments.gateway_abilities import Reader
from allsquare.payments.models import GatewayAccount, Payment, Tip
from allsquare.payments.services.settle import settle
from allsquare.selling.services import invoice_tip as module
from allsquare.selling.services.invoice_tip import invoice_tip
from tests import factories
from tests.concurrency.races import at_once, failures
from tests.payments.makers import ScriptedGateway, charge, empty_script, eur, issued_invoice, scripted_account
from tests.payments.test_take_card import WAITS, CounterGateway, take
from tests.selling.makers import vat
from tests.square import assert_all_square

pytestmark = pytest.mark.concurrency

ROUNDS = 3


@pytest.fixture
def account(transactional_db: None, settings: Settings) -> GatewayAccount:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_take_card.CounterGateway",
    }
    empty_script()
    CounterGateway.listed = (Reader("rd_1", "Front desk", True),)
    organization = factories.make_organization()
    vat(organization)
    return scripted_account(organization)


def tipped(account: GatewayAccount) -> Payment:
    invoice = issued_invoice(account.organization, factories.make_customer(account.organization))
    reference = f"ch-{invoice.id}"
    ScriptedGateway.answers.append(WAITS)
    payment = take(account, invoice.id, SYSTEM, tips=True)
    paid = charge(reference="ch_1", amount=eur(10500), fee=eur(100), tip=eur(500))
    settle(organization=account.organization, gateway_account=account, outcomes=[paid], actor=SYSTEM)
    Payment.objects.filter(organization=account.organization, id=payment.id).update(reference=reference)
    return payment


def invoiced_by_four(payment: Payment) -> list[Exception]:
    work = partial(invoice_tip, organization=payment.organization, payment_id=payment.id, actor=SYSTEM)
    works: list[Callable[[], object]] = [work] * 4
    return failures(at_once(works))


def test_one_invoice_is_written(account: GatewayAccount) -> None:
    for done in range(1, ROUNDS + 1):
        payment = tipped(account)
        assert invoiced_by_four(payment) == []
        assert Tip.objects.filter(organization=account.organization, payment=payment).count() == 1
        assert Invoice.objects.filter(organization=account.organization).count() == 2 * done
    assert_all_square()


def test_control_without_looking_the_database_refuses_the_second(
    account: GatewayAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "tip_of", lambda *_asked: None)
    refused = invoiced_by_four(tipped(account))
    assert refused
    assert all(isinstance(each, IntegrityError) for each in refused)
    assert Invoice.objects.filter(organization=account.organization).count() == 2
    assert_all_square()
