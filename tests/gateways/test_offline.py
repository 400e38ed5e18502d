from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.gateways.offline import OfflineGateway
from allsquare.payments.gateway import ChargeRequest, MethodKind, SignatureInvalid, Status, Subject

REQUEST = ChargeRequest(
    key=uuid4(),
    amount=Money.parse("12.34", "EUR"),
    method=MethodKind.CASH,
    description="",
    return_url="",
    received_on=date(2026, 2, 28),
)


@pytest.mark.parametrize("method", [MethodKind.CASH, MethodKind.CHEQUE, MethodKind.BANK_TRANSFER])
def test_recorded_money_is_there_at_once_without_fee(method: MethodKind) -> None:
    outcome = OfflineGateway({}).start(replace(REQUEST, method=method))

    assert outcome.status is Status.SUCCEEDED
    assert outcome.reference == f"offline-{REQUEST.key}"
    assert outcome.amount == REQUEST.amount
    assert outcome.fee == Money.zero("EUR")
    assert outcome.received_on == date(2026, 2, 28)


def test_an_attempt_that_a_crash_cut_off_was_not_recorded() -> None:
    outcome = OfflineGateway({}).look_up(key=REQUEST.key, reference="", subject=Subject.CHARGE)

    assert outcome.status is Status.NOT_SENT
    assert outcome.key == REQUEST.key


def test_nobody_sends_news() -> None:
    with pytest.raises(SignatureInvalid):
        OfflineGateway({}).parse_webhook(headers={}, body=b"{}", received_at=clock.now(None))
