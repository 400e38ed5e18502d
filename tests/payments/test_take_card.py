"""A card is taken at a reader in the shop: woken once, waited for, given up, and never taken twice."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

import pytest
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.core.errors import PermissionDenied
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.payments.card_readers import counters, readers_of, terms_beside
from allsquare.payments.errors import GatewayUnavailable, InvalidPayment, PaymentUnderWay
from allsquare.payments.gateway import Capability, ChargeRequest, MethodKind, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import NewsUnavailable, Reader
from allsquare.payments.models import GatewayAccount, Payment, PaymentAttempt
from allsquare.payments.selectors import payments_under_way
from allsquare.payments.services.cancel_at_reader import cancel_at_reader
from allsquare.payments.services.check_payment import AT_READER, RESEND_FOR, WAKING, check_payment
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.sweep import sweep
from allsquare.payments.services.take_card import take_card
from allsquare.payments.services.void_unpaid import void_unpaid
from tests import factories
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice
from tests.square import assert_all_square

WAITS = charge(Status.ACTION_REQUIRED, reference="ch_1")
CANCELED = charge(Status.DECLINED, reference="ch_1", code="canceled")


class CounterGateway(ScriptedGateway):
    """Also has readers, one of which is unplugged."""

    capabilities = ScriptedGateway.capabilities | {
        Capability.IN_PERSON,
        Capability.TIPS,
        Capability.KEEPS_AT_READERS,
        Capability.SAVED_METHODS,
        Capability.CLOSES,
    }
    page_life = timedelta(days=1)
    listed: tuple[Reader, ...] | None = ()
    closing: ClassVar[list[str]] = []  # under which names charges were closed

    def readers(self) -> tuple[Reader, ...]:
        if self.listed is None:
            raise NewsUnavailable("No answer came back.")
        return self.listed

    def close(self, *, key: object, reference: str) -> Outcome:
        self.closing.append(reference)
        return self.look_up(key=key, reference=reference, subject=Subject.CHARGE)  # type: ignore[arg-type]  # scripted


@pytest.fixture(autouse=True)
def counter(settings: Settings, scripted: object) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.test_take_card.CounterGateway",
    }
    CounterGateway.closing.clear()
    CounterGateway.listed = (
        Reader("rd_1", "Front desk", True),
        Reader("rd_2", "Terrace", False),
        Reader("rd_3", "Bar", True, True),
    )


@pytest.fixture
def clerk(organization: Organization) -> Actor:
    return factories.member_actor(organization, Role.BILLING_CLERK)


def taken(
    account: GatewayAccount,
    customer: Customer,
    clerk: Actor,
    *answers: Outcome,
    reader: str = "rd_1",
    key: str = "",
) -> Payment:
    ScriptedGateway.answers.extend(answers)
    invoice = issued_invoice(account.organization, customer)
    return take(account, invoice.id, clerk, reader=reader, key=key)


def take(
    account: GatewayAccount,
    invoice_id: object,
    actor: Actor,
    *,
    reader: str = "rd_1",
    key: str = "",
    tips: bool = False,
    keep: bool = False,
) -> Payment:
    return take_card(
        organization=account.organization,
        invoice_id=invoice_id,  # type: ignore[arg-type]  # it is a UUID, or none
        amount=eur(10000),
        gateway_account_id=account.id,
        reader=reader,
        key=key or a_key(),
        actor=actor,
        tips=tips,
        keep=keep,
    )


def test_the_reader_wakes_up_once_and_the_invoice_is_paid(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = taken(account, customer, clerk, WAITS, key="one")
    assert (payment.state, payment.reader, payment.redirect) == ("needs_action", "Front desk", "")
    assert payment.invoice_id is not None
    CounterGateway.listed = (Reader("rd_1", "Front desk", True, True),)
    assert take(account, payment.invoice_id, clerk, key="one").id == payment.id, "it is busy with itself"
    (request,) = ScriptedGateway.asked
    assert isinstance(request, ChargeRequest)
    assert (request.reader, request.return_url, request.method) == ("rd_1", "", MethodKind.CARD)
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(10000), fee=eur(100)))
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert payment.invoice is not None
    assert (payment.state, payment.invoice.state) == ("succeeded", "paid")
    assert_all_square()


def test_nobody_pays_beside_the_reader(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = taken(account, customer, clerk, WAITS)
    with pytest.raises(PaymentUnderWay):
        start_payment(
            organization=organization,
            invoice_id=payment.invoice_id,  # type: ignore[arg-type]  # it has one
            amount=eur(10000),
            method=MethodKind.CARD,
            gateway_account_id=account.id,
            key=a_key(),
            actor=customer_actor(customer.id, customer.name),
            return_url="https://shop.example/back",
        )
    CounterGateway.listed = (Reader("rd_4", "Second till", True),)
    with pytest.raises(PaymentUnderWay):
        take(account, payment.invoice_id, clerk, reader="rd_4")
    assert len(ScriptedGateway.asked) == 1


@pytest.mark.parametrize(
    ("reader", "words"),
    [("rd_2", "not connected"), ("rd_3", "waits for another card"), ("rd_9", "no such reader")],
)
def test_a_reader_that_cannot_be_woken_up_is_named_before_anything_is_written(
    customer: Customer, account: GatewayAccount, clerk: Actor, reader: str, words: str
) -> None:
    with pytest.raises(InvalidPayment, match=words) as refused:
        taken(account, customer, clerk, reader=reader)
    assert refused.value.field == "reader"
    assert not Payment.objects.filter(organization=account.organization).exists()


def test_a_provider_that_does_not_list_its_readers(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    CounterGateway.listed = None
    with pytest.raises(GatewayUnavailable, match="No answer"):
        taken(account, customer, clerk)
    (found,) = counters(organization)
    assert (found.readers, found.trouble) == ((), "No answer came back.")


def test_who_may_not_and_where_there_is_no_reader(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    clerk: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for actor in (
        customer_actor(customer.id, customer.name),
        factories.member_actor(organization, Role.VIEWER),
    ):
        with pytest.raises(PermissionDenied):
            taken(account, customer, actor)
    invoice = issued_invoice(organization, customer)
    assert terms_beside(organization, invoice) == (False, True)
    stranger = factories.make_organization()
    assert counters(stranger) == []
    with pytest.raises(GatewayUnavailable):
        readers_of(stranger, account.id)
    monkeypatch.setattr(CounterGateway, "capabilities", ScriptedGateway.capabilities)
    assert terms_beside(organization, invoice) == (False, False)
    with pytest.raises(GatewayUnavailable):
        taken(account, customer, clerk)
    assert ScriptedGateway.asked == []


def test_a_request_that_was_lost_is_not_sent_again_when_nobody_stands_there_any_more(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = taken(account, customer, clerk, charge(Status.UNKNOWN))
    assert payment.state == "unknown"
    organization.clock_offset += WAKING + timedelta(seconds=1)
    organization.save()
    Payment.objects.filter(organization=organization).update(next_check_at=clock.now(None))
    ScriptedGateway.lookups.append(charge(Status.NOT_SENT))
    assert sweep(organization=organization) == 1
    payment.refresh_from_db()
    assert payment.state == "failed"
    assert len(ScriptedGateway.asked) == 1


def test_a_card_that_nobody_holds_to_it_is_waited_for_no_longer(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = taken(account, customer, clerk, WAITS)
    ScriptedGateway.lookups.append(WAITS)
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert payment.state == "needs_action"
    organization.clock_offset += AT_READER + timedelta(seconds=1)
    organization.save()
    ScriptedGateway.lookups.extend([WAITS, CANCELED])
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert payment.state == "canceled"


def test_a_clerk_takes_it_back_unless_the_card_was_faster(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    slow, fast = (
        taken(account, customer, clerk, charge(Status.ACTION_REQUIRED, reference=a_key())) for _ in "12"
    )
    assert slow.reference is not None
    assert fast.reference is not None
    ScriptedGateway.lookups.append(charge(Status.DECLINED, reference=slow.reference, code="canceled"))
    for _time in range(2):
        ended = cancel_at_reader(organization=organization, payment_id=slow.id, actor=clerk)
        assert ended.state == "canceled"
    ScriptedGateway.lookups.append(charge(reference=fast.reference, amount=eur(10000), fee=eur(100)))
    assert cancel_at_reader(organization=organization, payment_id=fast.id, actor=clerk).state == "succeeded"
    with pytest.raises(PermissionDenied):
        cancel_at_reader(
            organization=organization,
            payment_id=fast.id,
            actor=factories.member_actor(organization, Role.VIEWER),
        )


def test_a_provider_that_does_not_answer_leaves_it_waiting(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = taken(account, customer, clerk, WAITS)
    ScriptedGateway.lookups.append(charge(Status.UNKNOWN))
    assert (
        cancel_at_reader(organization=organization, payment_id=payment.id, actor=clerk).state
        == "needs_action"
    )


def test_a_request_that_may_be_on_its_way_is_not_given_up(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    """The page of a second press asks every other second, while the first press is still talking to the provider."""
    payment = taken(account, customer, clerk, charge(Status.UNKNOWN))
    ScriptedGateway.lookups.append(charge(Status.NOT_SENT))
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert payment.state == "unknown"


def test_a_reader_that_wakes_up_after_it_was_given_up_is_let_go(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    clerk: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    really = ScriptedGateway.start

    def slow(self: ScriptedGateway, request: ChargeRequest) -> Outcome:
        payment = Payment.objects.get(organization=organization)
        PaymentAttempt.objects.filter(organization=organization).update(
            started_at=clock.now(organization) - RESEND_FOR
        )
        ScriptedGateway.lookups.append(charge(Status.NOT_SENT))
        check_payment(organization=organization, payment=payment)
        ScriptedGateway.lookups.extend([WAITS, CANCELED])
        return really(self, request)

    monkeypatch.setattr(ScriptedGateway, "start", slow)
    payment = taken(account, customer, clerk, WAITS)
    assert (payment.state, CounterGateway.closing) == ("failed", ["ch_1"])
    assert_all_square()


def test_one_whose_name_was_never_learned_is_given_up_by_the_name_that_it_has(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = taken(account, customer, clerk, charge(Status.UNKNOWN))
    organization.clock_offset += AT_READER + timedelta(seconds=1)
    organization.save()
    ScriptedGateway.lookups.extend([WAITS, WAITS, CANCELED])
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert (payment.state, CounterGateway.closing) == ("canceled", ["ch_1"])


def test_who_stands_at_a_reader_is_about_to_pay(
    organization: Organization, customer: Customer, account: GatewayAccount, clerk: Actor
) -> None:
    payment = taken(account, customer, clerk, WAITS)
    assert payment.invoice_id is not None
    assert [each.id for each in payments_under_way(organization, [payment.invoice_id])] == [payment.id]
    with pytest.raises(PaymentUnderWay):
        void_unpaid(organization=organization, invoice_id=payment.invoice_id, reason="Twice", actor=SYSTEM)
