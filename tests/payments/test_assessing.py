"""Attempts to pay are judged before the provider is asked: by rules, by lists, and for payers alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.assessing import Trial, judge
from allsquare.payments.attention import PAYMENT_BLOCKED
from allsquare.payments.errors import AttemptRefused
from allsquare.payments.gateway import ChargeRequest, MethodKind, Status
from allsquare.payments.models import Attention, GatewayAccount, Payment, PaymentAttempt
from allsquare.risk.rules import USUAL, Effect, Rule, Rules, Setting
from allsquare.risk.services.add_entry import add_entry
from allsquare.risk.services.change_rules import change_rules
from tests import factories
from tests.payments.flows import pay
from tests.payments.makers import ScriptedGateway, charge, eur, issued_invoice, scripted_account
from tests.payments.payers import come, declines, found, make_older, paid, payer_of, told
from tests.square import assert_all_square

HERE, THERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def invoice(organization: Organization) -> Invoice:
    return issued_invoice(organization, payer_of(organization))


def only(organization: Organization, rule: Rule, limit: int, effect: Effect = Effect.BLOCK) -> None:
    """One rule alone, so that nothing else explains what happens."""
    off = {each: Setting(setting.limit, Effect.OFF) for each, setting in USUAL.items()}
    rules = Rules({**off, rule: Setting(limit, effect)}, 101, 101, 101)
    change_rules(organization=organization, rules=rules, keep_days=90, actor=SYSTEM)


def strict(organization: Organization) -> None:
    """As usual, but after four declines from one address already."""
    rules = Rules({**USUAL, Rule.DECLINED_ADDRESS: Setting(4, Effect.BLOCK)})
    change_rules(organization=organization, rules=rules, keep_days=90, actor=SYSTEM)


def test_an_ordinary_attempt_has_a_score_and_no_event_of_its_own(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    payment = come(invoice, account, answer=paid(invoice))
    (row,) = found(organization)
    assert (row.payment_id, row.score, row.action, row.reasons) == (payment.id, 0, "allow", [])
    (started,) = told(organization, "payment.started")
    assert (started.data["risk_score"], started.data["risk_action"]) == (0, "allow")
    assert not told(organization, "risk.")
    assert_all_square()


def test_who_tries_cards_from_one_address_is_stopped_and_nobody_else(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    strict(organization)
    declines(organization, account, 4, address=HERE)
    ScriptedGateway.asked.clear()
    with pytest.raises(AttemptRefused) as refused:
        come(invoice, account, address=HERE)
    assert not ScriptedGateway.asked
    assert "address" not in refused.value.message
    ScriptedGateway.answers.clear()
    assert come(invoice, account, address=THERE, answer=paid(invoice)).state == "succeeded"
    assert_all_square()


def test_a_blocked_attempt_leaves_a_row_an_event_and_one_alert(
    organization: Organization, account: GatewayAccount
) -> None:
    strict(organization)
    declines(organization, account, 4, address=HERE)
    payments = Payment.objects.filter(organization=organization).count()
    for number in range(5):
        with pytest.raises(AttemptRefused):
            come(issued_invoice(organization, payer_of(organization, number)), account, address=HERE)
    assert Payment.objects.filter(organization=organization).count() == payments
    blocked = [row for row in found(organization) if row.action == "block"]
    assert [(row.payment_id, row.score) for row in blocked] == [(None, 60)] * 5
    events = told(organization, "risk.blocked")
    assert len(events) == 5
    assert [each["rule"] for each in events[0].data["reasons"]] == ["declined_address"]
    assert not any(event.address for event in events)
    (task,) = Attention.objects.filter(organization=organization)
    assert task.kind == PAYMENT_BLOCKED
    assert "4 payments from this network address were declined within an hour." in task.text


def test_a_decline_is_forgiven_after_an_hour(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    strict(organization)
    declines(organization, account, 4, address=HERE)
    make_older(organization, timedelta(minutes=61))
    assert come(invoice, account, address=HERE, answer=paid(invoice)).state == "succeeded"


def test_an_address_from_which_more_is_paid_than_declined_is_not_stopped(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    """Behind one address of a mobile network there are thousands."""
    only(organization, Rule.DECLINED_ADDRESS, 2)
    for number in range(3):
        other = issued_invoice(organization, payer_of(organization, 20 + number))
        come(other, account, address=HERE, answer=paid(other))
    declines(organization, account, 3, address=HERE)
    come(invoice, account, address=HERE)
    with pytest.raises(AttemptRefused):
        come(invoice, account, address=HERE)


def test_an_outage_is_no_decline(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    only(organization, Rule.DECLINED_ADDRESS, 2)
    for number in range(3):
        other = issued_invoice(organization, payer_of(organization, 20 + number))
        sent = come(other, account, address=HERE, answer=charge(Status.NOT_SENT, code="down", message="down"))
        assert sent.state == "failed"
    assert come(invoice, account, address=HERE, answer=paid(invoice)).state == "succeeded"


def test_tries_that_were_stopped_do_not_count_for_the_mail_address(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    add_entry(organization=organization, verdict="blocked", kind="address", value=HERE, actor=SYSTEM)
    rules = Rules({**USUAL, Rule.TRIES_MAIL: Setting(2, Effect.BLOCK)})
    change_rules(organization=organization, rules=rules, keep_days=90, actor=SYSTEM)
    for _ in range(3):
        with pytest.raises(AttemptRefused):
            come(invoice, account, address=HERE)
    ScriptedGateway.answers.clear()
    assert come(invoice, account, address=THERE, answer=paid(invoice)).state == "succeeded"


@pytest.mark.parametrize(
    ("kind", "value", "as_typed"),
    [("mail", "ada@example.com", True), ("domain", "example.com", True), ("address", HERE, False)],
)
def test_what_is_only_typed_does_not_switch_the_rules_off(
    organization: Organization, account: GatewayAccount, kind: str, value: str, as_typed: bool
) -> None:
    strict(organization)
    declines(organization, account, 4, address=HERE)
    add_entry(organization=organization, verdict="allowed", kind=kind, value=value, actor=SYSTEM)
    customer = payer_of(organization)
    judged = judge(
        organization=organization,
        trial=Trial(
            customer_id=customer.id,
            link_id=customer.id,
            amount=eur(100),
            base_minor=100,
            method=MethodKind.CARD,
            mail="ada@example.com",
            country="DE",
            is_typed=True,
        ),
        actor=customer_actor(customer.id, "Payer", address=HERE),
    )
    assert judged.is_blocked is as_typed
    assert judged.row.is_allowed is not as_typed


def test_a_household_has_one_address_of_the_new_kind(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    only(organization, Rule.DECLINED_ADDRESS, 2)
    declines(organization, account, 2, address="2001:db8:1:2::3")
    with pytest.raises(AttemptRefused):
        come(invoice, account, address="2001:db8:1:2:ffff::1")
    ScriptedGateway.answers.clear()
    come(invoice, account, address="2001:db8:1:3::1", answer=paid(invoice))


@pytest.mark.parametrize("rule", [Rule.DECLINED_PAYER, Rule.UNPAID_LINK, Rule.TRIES_MAIL])
def test_counts_by_payer_and_link_are_their_own(
    organization: Organization, invoice: Invoice, account: GatewayAccount, rule: Rule
) -> None:
    """From ever other addresses; somebody else is not touched."""
    only(organization, rule, 3)
    for number in range(3):
        come(invoice, account, address=f"203.0.113.{number}")
    with pytest.raises(AttemptRefused):
        come(invoice, account, address=THERE)
    ScriptedGateway.answers.clear()
    other = issued_invoice(organization, payer_of(organization, 9))
    assert come(other, account, address=THERE, answer=paid(other)).state == "succeeded"


def test_many_payers_at_one_address_are_counted_with_who_comes_now(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    only(organization, Rule.PAYERS_ADDRESS, 3, Effect.CHALLENGE)
    declines(organization, account, 1, address=HERE)
    come(invoice, account, address=HERE)
    come(invoice, account, address=HERE)
    assert [row.action for row in found(organization)] == ["allow"] * 3
    declines(organization, account, 1, address=HERE, first=200)
    assert found(organization)[-1].action == "challenge"


def test_the_payers_bank_is_asked_of_a_new_payer_with_a_big_sum(
    organization: Organization, account: GatewayAccount
) -> None:
    customer = payer_of(organization)
    big = issued_invoice(organization, customer, total="5000.00")
    come(big, account)
    (asked,) = ScriptedGateway.asked
    assert isinstance(asked, ChargeRequest)
    assert asked.challenge
    small = issued_invoice(organization, customer, total="4999.99")
    come(small, account, answer=paid(small))
    come(big, account, answer=paid(big))
    assert [each.challenge for each in ScriptedGateway.asked[1:] if isinstance(each, ChargeRequest)] == [
        False,
        False,
    ]
    (event,) = told(organization)
    assert event.kind == "risk.challenged"


def test_a_debit_cannot_be_asked_to_a_bank(organization: Organization, account: GatewayAccount) -> None:
    big = issued_invoice(organization, payer_of(organization), total="5000.00")
    come(big, account, method=MethodKind.BANK_DEBIT)
    (asked,) = ScriptedGateway.asked
    assert isinstance(asked, ChargeRequest)
    assert not asked.challenge


def test_far_more_than_ever_counts_towards_the_score(
    organization: Organization, account: GatewayAccount
) -> None:
    customer = payer_of(organization)
    for _ in range(3):
        usual = issued_invoice(organization, customer)
        come(usual, account, answer=paid(usual))
    come(issued_invoice(organization, customer, total="499.99"), account)
    come(issued_invoice(organization, customer, total="500.00"), account)
    assert [row.score for row in found(organization)] == [0, 0, 0, 0, 20]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("mail", "PAYER-0@example.com"),
        ("domain", "example.com"),
        ("address", HERE),
        ("country", "DE"),
    ],
)
def test_who_is_on_the_list_of_blocked_is_stopped(
    organization: Organization, invoice: Invoice, account: GatewayAccount, kind: str, value: str
) -> None:
    add_entry(organization=organization, verdict="blocked", kind=kind, value=value, actor=SYSTEM)
    with pytest.raises(AttemptRefused):
        come(invoice, account, address=HERE)
    (row,) = found(organization)
    assert row.reasons == [{"rule": "blocked", "seen": 1, "limit": 1, "points": 100, "what": kind}]
    assert not PaymentAttempt.objects.filter(organization=organization).exists()


def test_another_organizations_list_and_declines_say_nothing_here(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    other = factories.make_organization()
    add_entry(organization=other, verdict="blocked", kind="address", value=HERE, actor=SYSTEM)
    declines(other, scripted_account(other), 9, address=THERE)
    assert come(invoice, account, address=HERE, answer=paid(invoice)).state == "succeeded"


def test_who_is_on_the_list_of_allowed_is_let_through(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    strict(organization)
    declines(organization, account, 4, address=HERE)
    add_entry(organization=organization, verdict="allowed", kind="domain", value="example.com", actor=SYSTEM)
    assert come(invoice, account, address=HERE, answer=paid(invoice)).state == "succeeded"
    row = found(organization)[-1]
    assert (row.action, row.is_allowed, row.score) == ("allow", True, 60)


def test_the_same_press_again_is_not_judged_again(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    first = come(invoice, account, key="k", answer=paid(invoice))
    add_entry(organization=organization, verdict="blocked", kind="address", value=HERE, actor=SYSTEM)
    ScriptedGateway.answers.clear()
    assert pay(invoice, account, key="k", amount=eur(10000)).id == first.id


def test_who_was_stopped_may_press_the_same_button_when_allowed(
    organization: Organization, invoice: Invoice, account: GatewayAccount
) -> None:
    add_entry(organization=organization, verdict="blocked", kind="address", value=HERE, actor=SYSTEM)
    with pytest.raises(AttemptRefused):
        come(invoice, account, address=HERE, key="k")
    add_entry(organization=organization, verdict="allowed", kind="address", value=HERE, actor=SYSTEM)
    ScriptedGateway.answers.clear()
    assert come(invoice, account, address=HERE, key="k", answer=paid(invoice)).state == "succeeded"


def test_what_the_business_asks_for_itself_is_not_judged(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    pay(
        issued_invoice(organization, customer),
        account,
        answer=charge(reference="ch_1", amount=eur(10000), fee=eur(30)),
    )
    assert not found(organization)


@pytest.mark.parametrize("mail", ["", "<script>alert(1)</script>@example.com", "'; DROP TABLE payment; --"])
def test_hostile_and_missing_facts_are_only_facts(
    organization: Organization, account: GatewayAccount, mail: str
) -> None:
    """As an invoice may have them that was made before addresses were checked, or was imported."""
    customer = payer_of(organization)
    invoice = issued_invoice(organization, customer)
    invoice.buyer = {**invoice.buyer, "email": mail}
    answer = paid(invoice)
    judged = judge(
        organization=organization,
        trial=Trial(
            customer_id=customer.id,
            link_id=invoice.id,
            amount=eur(100),
            base_minor=100,
            method=MethodKind.CARD,
            mail=mail,
            country="\x00",
        ),
        actor=SYSTEM,
    )
    assert judged.decision.score == 0
    assert come(invoice, account, address="' OR 1=1", answer=answer).state == "succeeded"
