"""What the contract in ``payments.gateway`` promises, asked of every adapter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

import pytest
from uuid_utils.compat import uuid7

from allsquare.core import clock
from allsquare.payments.gateway import Capability, Gateway, MethodKind, RefundRequest, Status, Subject
from allsquare.payments.gateway_abilities import EmbeddingGateway, ForgettingGateway, NewsUnavailable
from tests.contracts.benches import Bench, charge_request, money


def test_it_says_what_it_is(bench: Bench) -> None:
    gateway = bench.gateway
    names = [field.name for field in gateway.settings_schema]

    assert gateway.name
    assert gateway.label
    assert bench.method in gateway.methods
    assert len(names) == len(set(names))
    by_method = {
        MethodKind.CARD: Capability.CARD,
        MethodKind.BANK_DEBIT: Capability.BANK_DEBIT,
        MethodKind.PAYPAL: Capability.PAYPAL,
    }
    for method, capability in by_method.items():
        assert (method in gateway.methods) == (capability in gateway.capabilities)


def test_it_offers_its_methods_for_what_it_can_take(bench: Bench) -> None:
    offered = bench.gateway.offers(amount=money(1000), country="DE")

    assert bench.method in offered
    assert set(offered) <= set(bench.gateway.methods)


@pytest.mark.parametrize(
    ("minor", "code"),
    [(1234, "EUR"), (500, "JPY"), (12345, "KWD"), (12340, "KWD"), (98765, "CLF"), (1, "USD")],
)
def test_a_charge_is_captured_exactly_or_not_taken(bench: Bench, minor: int, code: str) -> None:
    asked = charge_request(bench, money(minor, code))
    first = bench.gateway.start(asked)
    if bench.method not in bench.gateway.offers(amount=asked.amount, country=""):
        assert (first.status, first.key, bool(first.code)) == (Status.NOT_SENT, asked.key, True)
        return  # what is not offered is not sent
    bench.payer_pays(first)
    done = first
    if Capability.AWAITED in bench.gateway.capabilities:
        assert (first.status, first.key, first.amount) == (Status.PENDING, asked.key, None)
        assert first.reference
        return  # it comes by the bank: ``record_money``
    if first.status is not Status.SUCCEEDED:
        done = bench.gateway.look_up(key=asked.key, reference=first.reference, subject=Subject.CHARGE)

    assert done.status is Status.SUCCEEDED
    assert done.subject is Subject.CHARGE
    assert done.key == asked.key
    assert done.gateway == bench.gateway.name
    assert done.reference
    assert done.amount == asked.amount
    assert done.fee is not None
    assert done.fee.currency == asked.amount.currency
    assert 0 <= done.fee.minor <= minor


@pytest.mark.parametrize("invoice", ["several", ""])
def test_a_charge_for_several_invoices_or_for_none_is_known_as_ours(bench: Bench, invoice: str) -> None:
    """Where an id stands mostly, providers are told a word, or nothing."""
    labels = {"invoice": invoice, "customer": str(uuid4())}
    asked = replace(charge_request(bench, money(1000)), metadata=labels)
    first = bench.gateway.start(asked)
    assert first.key == asked.key
    if Capability.AWAITED in bench.gateway.capabilities:
        return  # it comes by the bank
    bench.payer_pays(first)
    done = bench.gateway.look_up(key=asked.key, reference=first.reference, subject=Subject.CHARGE)
    recorded = Capability.RECORDED in bench.gateway.capabilities
    assert (recorded or done.status is Status.SUCCEEDED, done.key) == (True, asked.key)


def test_asking_again_with_the_same_key_charges_once(bench: Bench) -> None:
    asked = charge_request(bench, money(1000))

    first = bench.gateway.start(asked)
    again = bench.gateway.start(asked)

    assert bool(again.redirect) == bool(first.redirect)  # it may be another page to the same
    assert replace(again, redirect=first.redirect) == first


def test_a_method_that_it_was_told_to_forget_is_charged_no_more(bench: Bench) -> None:
    speaker = forgetting(bench.gateway)
    if speaker is None or not bench.traits.keeps:
        pytest.skip("it keeps no methods, or cannot be told to forget them")
    first = bench.gateway.start(replace(charge_request(bench, money(1000)), save_method=True))
    bench.payer_pays(first)
    paid = bench.gateway.look_up(key=first.key or uuid4(), reference=first.reference, subject=Subject.CHARGE)
    assert paid.method is not None
    token = paid.method.token
    assert token, "it was asked to keep the method"

    told = [speaker.forget(token) for _ in range(2)]

    assert [(each.subject, each.status) for each in told] == [(Subject.METHOD, Status.SUCCEEDED)] * 2
    refused = bench.gateway.start(replace(charge_request(bench, money(1000)), saved_method=token))
    assert refused.status in (Status.DECLINED, Status.NOT_SENT)
    assert speaker.forget("pm_nobody").status is Status.SUCCEEDED


def test_a_provider_that_cannot_be_reached_is_told_again_to_forget(remote: Bench) -> None:
    speaker = forgetting(remote.unreachable())
    if speaker is not None:
        assert speaker.forget("pm_1").status in (Status.NOT_SENT, Status.UNKNOWN)


def forgetting(gateway: Gateway) -> ForgettingGateway | None:
    return cast(ForgettingGateway, gateway) if Capability.FORGETS in gateway.capabilities else None


def test_a_request_that_was_never_made_was_not_sent(bench: Bench) -> None:
    outcome = bench.gateway.look_up(key=uuid4(), reference="", subject=Subject.CHARGE)

    assert outcome.status is Status.NOT_SENT


def test_a_method_that_it_does_not_have_is_not_sent(bench: Bench) -> None:
    asked = charge_request(bench, money(1000))
    foreign = next(method for method in MethodKind if method not in bench.gateway.methods)
    outcome = bench.gateway.start(replace(asked, method=foreign))

    assert outcome.status is Status.NOT_SENT
    assert outcome.code


def test_refunds_in_parts(bench: Bench) -> None:
    asked = charge_request(bench, money(1000))
    charge = bench.gateway.start(asked)
    bench.payer_pays(charge)
    request = RefundRequest(
        key=uuid4(), charge_reference=charge.reference, amount=money(400), reason="one returned"
    )

    first = bench.gateway.refund(request)
    again = bench.gateway.refund(request)

    assert first.subject is Subject.REFUND
    assert (first.key, first.amount) == (request.key, money(400))
    assert first.charge_reference == charge.reference
    assert again == first
    if first.status is Status.PENDING:
        bench.banks_answer(first)
        first = bench.gateway.look_up(key=request.key, reference=first.reference, subject=Subject.REFUND)
    assert (first.status, first.amount) == (Status.SUCCEEDED, money(400))


def test_a_provider_never_refunds_more_than_it_captured(remote: Bench) -> None:
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(charge)

    def refund(minor: int) -> bool:
        request = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(minor))
        status = remote.gateway.refund(request).status
        assert status in (Status.SUCCEEDED, Status.PENDING, Status.DECLINED)
        return status is not Status.DECLINED

    assert [refund(600), refund(600), refund(400), refund(1)] == [True, False, True, False]


def test_the_payer_is_sent_to_the_provider_and_nothing_is_captured_yet(remote: Bench) -> None:
    outcome = remote.gateway.start(charge_request(remote, money(1000)))

    assert outcome.status is Status.ACTION_REQUIRED
    assert outcome.redirect.startswith("http") or not remote.traits.leads_away
    assert outcome.amount is None


def test_fields_in_our_page_open_one_charge_until_it_has_ended(remote: Bench) -> None:
    if remote.traits.leads_away:
        pytest.skip("the payer is sent to a page of its own")
    speaker = cast(EmbeddingGateway, remote.gateway)
    first, other = (remote.gateway.start(charge_request(remote, money(1000))) for _ in range(2))

    fields = speaker.fields(first.reference)
    others = speaker.fields(other.reference)

    assert fields
    assert others
    assert first.redirect == ""
    assert fields.secret
    assert fields.secret != others.secret
    assert fields.secret not in repr(fields)
    assert fields.secret not in repr(first)
    remote.payer_pays(first)
    assert speaker.fields(first.reference) is None
    speaker.close(key=other.key or uuid4(), reference=other.reference)
    assert speaker.fields(other.reference) is None
    with pytest.raises(NewsUnavailable):
        cast(EmbeddingGateway, remote.unreachable()).fields(first.reference)


def test_a_charge_is_found_by_its_key_alone(remote: Bench) -> None:
    asked = charge_request(remote, money(1000))
    started = remote.gateway.start(asked)

    found = remote.gateway.look_up(key=asked.key, reference="", subject=Subject.CHARGE)

    if remote.traits.pages_by_key:
        assert found == started
    else:  # nothing can be charged by it but where the payer was led: its reference is known then
        assert (found.status, found.key) == (Status.NOT_SENT, asked.key)
        again = remote.gateway.start(asked)
        assert (again.status, again.reference) == (started.status, started.reference)


@pytest.mark.faults
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_charge_is_found_by_a_key_whose_clock_was_an_hour_off(remote: Bench, hours: int) -> None:
    """Whoever finds by the time in it and does not find says *never sent*, and it is asked for once more."""
    asked = charge_request(remote, money(1000), key=key_of(timedelta(hours=hours)))
    first = remote.gateway.start(asked)
    remote.payer_pays(first)

    found = remote.gateway.look_up(key=asked.key, reference="", subject=Subject.CHARGE)

    if remote.traits.refunds_by_key:
        assert found.status in (Status.SUCCEEDED, Status.PENDING)
    else:  # nobody was led anywhere while its reference is not known
        assert found.status is Status.NOT_SENT


@pytest.mark.faults
@pytest.mark.parametrize("hours", [-30, 1])
def test_a_refund_is_found_by_its_key_however_late_it_was_asked_for(remote: Bench, hours: int) -> None:
    """The provider was away for more than a day, or a clock is an hour ahead. Its reply was lost."""
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(charge)
    key = key_of(timedelta(hours=hours))
    remote.lose_reply()
    remote.gateway.refund(RefundRequest(key=key, charge_reference=charge.reference, amount=money(400)))

    found = remote.gateway.look_up(key=key, reference="", subject=Subject.REFUND)

    if remote.traits.refunds_by_key:
        assert found.status in (Status.SUCCEEDED, Status.PENDING)
        assert found.key == key


def key_of(off: timedelta) -> UUID:
    """As an id is made, by a clock that is off."""
    moment = clock.now(None) + off
    return uuid7(nanoseconds=int(moment.timestamp() * 1000) * 10**6)


def test_a_reference_that_the_provider_forgot_says_nothing_about_the_money(remote: Bench) -> None:
    outcome = remote.gateway.look_up(key=uuid4(), reference="gone", subject=Subject.CHARGE)

    assert outcome.status is Status.UNKNOWN


def test_with_nobody_there_a_charge_is_not_sent_and_a_look_up_is_unknown(remote: Bench) -> None:
    gateway = remote.unreachable()
    asked = charge_request(remote, money(1000))
    refund = RefundRequest(key=uuid4(), charge_reference="x", amount=money(1))

    assert gateway.start(asked).status is Status.NOT_SENT
    assert gateway.refund(refund).status is Status.NOT_SENT
    assert gateway.look_up(key=asked.key, reference="", subject=Subject.CHARGE).status is Status.UNKNOWN


@pytest.mark.faults
def test_a_lost_reply_is_unknown_until_asked_and_charged_once(remote: Bench) -> None:
    asked = charge_request(remote, money(1000))
    remote.lose_reply()

    lost = remote.gateway.start(asked)
    found = remote.gateway.look_up(key=asked.key, reference="", subject=Subject.CHARGE)
    again = remote.gateway.start(asked)

    assert lost.status is Status.UNKNOWN
    assert lost.key == asked.key
    assert again.status is Status.ACTION_REQUIRED
    if remote.traits.pages_by_key:
        assert (found.status, found.reference) == (again.status, again.reference)
    else:
        assert found.status is Status.NOT_SENT
    assert remote.charges_made() == 1


@pytest.mark.faults
def test_a_lost_request_is_unknown_then_not_sent_and_may_be_made_again(remote: Bench) -> None:
    asked = charge_request(remote, money(1000))
    remote.lose_request()

    lost = remote.gateway.start(asked)
    found = remote.gateway.look_up(key=asked.key, reference="", subject=Subject.CHARGE)
    again = remote.gateway.start(asked)

    assert lost.status is Status.UNKNOWN
    assert found.status is Status.NOT_SENT
    assert again.status is Status.ACTION_REQUIRED
    assert remote.charges_made() == 1


@pytest.mark.faults
def test_a_lost_refund_reply_is_found_by_its_key(remote: Bench) -> None:
    charge = remote.gateway.start(charge_request(remote, money(1000)))
    remote.payer_pays(charge)
    request = RefundRequest(key=uuid4(), charge_reference=charge.reference, amount=money(400))
    remote.lose_reply()

    lost = remote.gateway.refund(request)
    found = remote.gateway.look_up(key=request.key, reference="", subject=Subject.REFUND)

    assert lost.status is Status.UNKNOWN
    again = remote.gateway.refund(request)
    assert (again.amount, again.key) == (money(400), request.key)
    assert again.status in (Status.SUCCEEDED, Status.PENDING)
    if remote.traits.refunds_by_key:
        assert (found.status, found.reference, found.key) == (again.status, again.reference, again.key)
    else:
        assert found.status is Status.NOT_SENT
    assert remote.refunds_made() == 1


def test_a_method_that_was_kept_pays_without_the_payer(remote: Bench) -> None:
    if Capability.SAVED_METHODS not in remote.gateway.capabilities or not remote.traits.keeps:
        pytest.skip("it keeps none")
    asked = charge_request(remote, money(1000), save_method=True)
    first = remote.gateway.start(asked)
    remote.payer_pays(first)
    paid = remote.gateway.look_up(key=asked.key, reference=first.reference, subject=Subject.CHARGE)
    assert paid.method is not None
    assert paid.method.token
    assert paid.method.last_four == remote.traits.last_four

    next_one = charge_request(remote, money(700))
    outcome = remote.gateway.start(replace(next_one, saved_method=paid.method.token))
    if outcome.status is Status.PENDING:
        remote.banks_answer(outcome)
        outcome = remote.gateway.look_up(
            key=next_one.key, reference=outcome.reference, subject=Subject.CHARGE
        )

    assert outcome.status is Status.SUCCEEDED
    assert outcome.amount == money(700)
