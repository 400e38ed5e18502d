"""Bad input, asked of every adapter: refused by name, with a sentence, and nothing is charged."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.utils import translation

from allsquare.core import clock
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.core.words import shown
from allsquare.payments.gateway import (
    KEYS_REFUSED,
    Capability,
    Checkup,
    Outcome,
    RefundRequest,
    Status,
    Subject,
)
from allsquare.payments.gateway_abilities import HintingGateway
from allsquare.payments.health import is_trouble
from tests.contracts.benches import Bench, charge_request, money
from tests.contracts.conftest import make_bench


def is_a_sentence(text: str) -> bool:
    """For a person, and in German too: what is ours of it has a translation, what is the provider's may follow."""
    first = text.partition("\n")[0]
    with translation.override("de"):
        return bool(first) and first[0].isupper() and first[-1] in ".:" and shown(first) != first


def refused(outcome: Outcome) -> bool:
    return outcome.status is Status.NOT_SENT and bool(outcome.code) and is_a_sentence(outcome.message)


@pytest.mark.parametrize(
    ("minor", "code"),
    [
        (0, "EUR"),
        (-1000, "EUR"),
        (10**15, "EUR"),  # above any limit
        (12_345, "CLF"),  # four decimals, which none of them counts
    ],
)
def test_an_amount_that_cannot_be_is_not_sent(remote: Bench, minor: int, code: str) -> None:
    amount = Money(minor, currency(code))
    if minor > 0 and remote.gateway.offers(amount=amount, country=""):
        pytest.skip("it takes that")
    outcome = remote.gateway.start(charge_request(remote, amount))

    assert refused(outcome), outcome
    assert remote.charges_made() == 0


@pytest.mark.parametrize("minor", [0, -1000])
@pytest.mark.parametrize("adapter", ["offline", "bank_transfer"])
def test_an_amount_that_cannot_be_is_not_written_down(
    adapter: str, minor: int, request: pytest.FixtureRequest
) -> None:
    """Where nobody is asked, too."""
    bench = make_bench(adapter, request)
    outcome = bench.gateway.start(charge_request(bench, money(minor)))

    assert refused(outcome), outcome
    assert (outcome.code, outcome.reference) == ("amount_unsupported", "")


def test_a_currency_that_the_account_may_not_use_is_said_so(remote: Bench) -> None:
    remote.forbid("USD")
    outcome = remote.gateway.start(charge_request(remote, money(1000, "USD")))

    assert refused(outcome), outcome
    assert not is_trouble(outcome.status, outcome.code), "the provider did answer: others can pay through it"
    assert remote.charges_made() == 0


def test_a_mail_address_with_a_host_in_another_script_keeps_nobody_from_paying(remote: Bench) -> None:
    usual = remote.gateway.start(charge_request(remote, money(1000)))
    asked = replace(charge_request(remote, money(1000)), customer_email="ada@münchen.example")

    assert remote.gateway.start(asked).status is usual.status


@pytest.mark.parametrize("trouble", ["wrong", "revoked"])
def test_a_key_that_is_not_good_charges_nothing_and_the_check_says_so(remote: Bench, trouble: str) -> None:
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(charge)
    gateway = remote.with_wrong_key() if trouble == "wrong" else remote.gateway
    if trouble == "revoked":
        remote.revoke_key()
    asked = charge_request(remote, money(500))
    back = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(100))

    outcome = gateway.start(asked)
    assert refused(outcome)
    assert outcome.code == KEYS_REFUSED, "so that somebody is told to enter them anew"
    assert gateway.refund(back).status is Status.NOT_SENT
    assert gateway.look_up(key=asked.key, reference="", subject=Subject.CHARGE).status is Status.UNKNOWN
    found = gateway.check()
    assert (found.works, is_a_sentence(found.message)) == (False, True), found
    fields = {field.name: field for field in gateway.settings_schema}
    assert fields[found.field].secret, "it names the key"
    assert remote.refunds_made() == 0


def test_the_check_names_the_setting_to_look_at(remote: Bench) -> None:
    found = remote.unreachable().check()
    assert (found.works, found.field, is_a_sentence(found.message)) == (False, "base_url", True)
    without: Checkup = remote.with_secret("").check()
    assert not without.works
    assert is_a_sentence(without.message)
    assert without.field in {field.name for field in remote.gateway.settings_schema}


@pytest.mark.parametrize("minor", [0, -100, 10**15])
def test_a_refund_that_cannot_be_is_refused(remote: Bench, minor: int) -> None:
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(charge)
    outcome = remote.gateway.refund(
        RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(minor))
    )

    assert outcome.status in (Status.NOT_SENT, Status.DECLINED)
    assert outcome.message
    assert remote.refunds_made() == 0


def test_news_of_a_kind_that_nobody_knows_is_kept_and_means_nothing(remote: Bench) -> None:
    body = remote.strange_news()
    now = clock.now(None)
    (event,) = remote.gateway.parse_webhook(
        headers=remote.signed(remote.secret(), now, body), body=body, received_at=now
    )

    assert event.external_id
    assert event.kind
    assert list(remote.gateway.outcomes(event)) == []
    if Capability.HINTS in remote.gateway.capabilities:
        hinting: HintingGateway = remote.gateway  # type: ignore[assignment]  # what the capability says
        assert list(hinting.follow(event)) == []
