"""What the conformance suite does not ask: the account's numbers, and what it takes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from allsquare.core.currencies import currency
from allsquare.core.errors import FieldErrors
from allsquare.core.money import Money
from allsquare.gateways.bank_transfer import BankTransferGateway
from allsquare.payments.gateway import ChargeRequest, MethodKind, Status, Subject

GOOD = {"holder": "Harbour & Pine", "iban": "DE02 1203 0000 0000 2020 51"}


def test_an_account_as_it_was_typed_is_tidied() -> None:
    gateway = BankTransferGateway({**GOOD, "bic": "byladem1001", "days": "7"})

    assert (gateway.account.iban, gateway.account.bic) == ("DE02120300000000202051", "BYLADEM1001")
    assert gateway.wait == timedelta(days=7)
    assert gateway.check().works


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"holder": ""}, "holder"),
        ({"holder": "x" * 71}, "holder"),
        ({"iban": ""}, "iban"),
        ({"iban": "DE03 1203 0000 0000 2020 51"}, "iban"),
        ({"bic": "BYLA"}, "bic"),
        ({"currencies": "EUR, XXZ"}, "currencies"),
        ({"days": "0"}, "days"),
        ({"days": "٣"}, "days"),
        ({"days": "1000"}, "days"),
    ],
)
def test_what_no_bank_could_use_is_refused_at_its_field(changed: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        BankTransferGateway({**GOOD, **changed})
    assert list(refused.value.errors) == [field]


def test_an_account_without_an_iban_is_told_in_words() -> None:
    gateway = BankTransferGateway({"holder": "Harbour", "account": "Routing 021000021, account 12345678"})
    assert (gateway.account.iban, gateway.account.other) == ("", "Routing 021000021, account 12345678")


@pytest.mark.parametrize(("code", "offered"), [("EUR", True), ("USD", False), ("CHF", True)])
def test_it_takes_its_own_currencies_only(code: str, offered: bool) -> None:
    gateway = BankTransferGateway({**GOOD, "currencies": "chf; eur"})
    asked = ChargeRequest(
        key=uuid4(),
        amount=Money(100, currency(code)),
        method=MethodKind.BANK_TRANSFER,
        description="",
        return_url="",
    )

    assert bool(gateway.offers(amount=asked.amount, country="CH")) is offered
    assert gateway.start(asked).status is (Status.PENDING if offered else Status.NOT_SENT)


def test_what_was_begun_is_still_waited_for() -> None:
    gateway, key = BankTransferGateway(GOOD), uuid4()
    outcome = gateway.look_up(key=key, reference="transfer-1", subject=Subject.CHARGE)
    assert (outcome.status, outcome.reference, outcome.key) == (Status.PENDING, "transfer-1", key)
