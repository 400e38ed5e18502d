"""Fault 33: somebody tries a hundred stolen cards from one place, at the real sandbox. Others pay meanwhile."""

from __future__ import annotations

import pytest

from allsquare.billing.models import Invoice
from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.identity.models import Organization
from allsquare.payments import risk_reader
from allsquare.payments.errors import AttemptRefused
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Attention, GatewayAccount, Payment
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.check_payment import check_payment
from allsquare.payments.services.start import start_payment
from allsquare.risk.rules import USUAL, Effect, Rules, Setting
from allsquare.risk.services.change_rules import change_rules
from allsquare_sandbox.cards import SCENARIOS
from tests import factories
from tests.payments.makers import a_key, eur, issued_invoice
from tests.payments.payers import found, payer_of, told
from tests.sandbox_process import SandboxAccount
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db(transaction=True)

THIEF = "203.0.113.7"
CARDS = 100


@pytest.fixture
def organization(transactional_db: None) -> Organization:
    return factories.make_organization()


@pytest.fixture
def account(organization: Organization, sandbox: SandboxAccount) -> GatewayAccount:
    return add_gateway_account(
        organization=organization,
        gateway="sandbox",
        label="Cards",
        settings=sandbox.settings,
        actor=SYSTEM,
    )


def begun(invoice: Invoice, account: GatewayAccount, *, address: str) -> Payment:
    return start_payment(
        organization=invoice.organization,
        invoice_id=invoice.id,
        amount=eur(invoice.open_minor),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=a_key(),
        actor=customer_actor(invoice.customer_id, "Payer", address=address),
        return_url="http://shop.example/back",
    )


def tried(
    invoice: Invoice, account: GatewayAccount, sandbox: SandboxAccount, card: str, *, address: str
) -> Payment:
    """Begun here, the card entered on the provider's page, and its answer taken in."""
    payment = begun(invoice, account, address=address)
    sandbox.control(f"/charges/{payment.reference}/pay", number=SCENARIOS[card].number)
    check_payment(organization=invoice.organization, payment=payment)
    payment.refresh_from_db()
    return payment


def thief_at_work(organization: Organization, account: GatewayAccount, sandbox: SandboxAccount) -> int:
    """At ever other invoices; returns how many cards the provider was asked about."""
    asked = 0
    for number in range(CARDS):
        invoice = issued_invoice(organization, payer_of(organization, number))
        try:
            assert tried(invoice, account, sandbox, "stolen", address=THIEF).state == "declined"
        except AttemptRefused:
            continue
        asked += 1
    return asked


def test_a_hundred_stolen_cards_from_one_address_end_after_thirty_and_others_pay(
    organization: Organization, account: GatewayAccount, sandbox: SandboxAccount
) -> None:
    assert thief_at_work(organization, account, sandbox) == 30
    assert len(sandbox.get("/charges", limit="100")["data"]) == 30
    assert len(told(organization, "risk.blocked")) == CARDS - 30
    assert Attention.objects.filter(organization=organization, kind="payment_blocked").count() == 1
    for number in range(10):
        invoice = issued_invoice(organization, payer_of(organization, 1000 + number))
        paid = tried(invoice, account, sandbox, "visa", address=f"198.51.100.{number}")
        assert paid.state == "succeeded"
    assert_all_square()


def test_control_without_the_rule_every_card_is_tried(
    organization: Organization, account: GatewayAccount, sandbox: SandboxAccount
) -> None:
    off = {rule: Setting(setting.limit, Effect.OFF) for rule, setting in USUAL.items()}
    change_rules(organization=organization, rules=Rules(off), keep_days=90, actor=SYSTEM)
    assert thief_at_work(organization, account, sandbox) == CARDS


def test_a_new_payer_with_a_big_sum_is_asked_by_the_bank_whatever_the_card(
    organization: Organization, account: GatewayAccount, sandbox: SandboxAccount
) -> None:
    invoice = issued_invoice(organization, payer_of(organization), total="5000.00")
    payment = begun(invoice, account, address=THIEF)
    card = {"number": SCENARIOS["visa"].number, "expiry": "12/34", "cvc": "123"}
    sandbox.http.post(f"/pay/{payment.reference}", data=card)
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert payment.state == "needs_action"
    sandbox.http.post(f"/pay/{payment.reference}/challenge", data={"answer": "approve"})
    check_payment(organization=organization, payment=payment)
    payment.refresh_from_db()
    assert payment.state == "succeeded"
    assert_all_square()


def test_what_the_provider_noticed_of_a_card_is_judged_when_the_money_came(
    organization: Organization, account: GatewayAccount, sandbox: SandboxAccount
) -> None:
    invoice = issued_invoice(organization, payer_of(organization))
    payment = tried(invoice, account, sandbox, "risky", address=THIEF)
    (row,) = found(organization)
    assert (payment.state, row.provider_score, row.action) == ("succeeded", 85, "allow")
    assert row.card_mark is not None
    risk_reader.read(told(organization, "payment.succeeded"))
    (row,) = found(organization)
    assert (row.score, row.action) == (40, "review")
    (task,) = Attention.objects.filter(organization=organization)
    assert (task.kind, task.subject_id) == ("payment_review", payment.id)
