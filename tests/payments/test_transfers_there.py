"""Transfers that a provider takes: waited for, in parts, beside other ways to pay, called off, given back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, customer_actor
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications.compose import preview
from allsquare.notifications.errors import NothingToSay
from allsquare.notifications.models import Mail
from allsquare.payments.attention import MONEY_LEFT
from allsquare.payments.errors import PaymentUnderWay
from allsquare.payments.gateway import GatewayEvent, MethodKind
from allsquare.payments.models import GatewayAccount, Payment, Payout, Refund, TransferSlip
from allsquare.payments.registry import hinting
from allsquare.payments.services import charge_autopay
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.refund import refund
from allsquare.payments.services.resolve_attention import resolve_attention
from allsquare.payments.services.stop_waiting import stop_waiting
from allsquare.payments.services.sweep import sweep
from allsquare.payments.services.void_unpaid import void_unpaid
from allsquare.payments.slips import slip_for
from allsquare.payments.states import PaymentState as S
from tests.fakes import stripe_server
from tests.fakes.stripe_server import FakeStripe
from tests.notifications.makers import read_all
from tests.payments.crediting import credit, off
from tests.payments.flows import balances, lines_of, pay, take
from tests.payments.makers import a_key, eur, issued_invoice, offline_account, open_tasks
from tests.payments.several import begin, together
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db
PAYER = customer_actor("ada", "Ada")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeStripe]:
    yield from stripe_server.running()


@pytest.fixture
def fake(server: FakeStripe) -> FakeStripe:
    server.objects.clear()
    server.answers.clear()
    server.transfers.asks_payer = False
    return server


@pytest.fixture
def account(organization: Organization, fake: FakeStripe) -> GatewayAccount:
    settings = {
        "api_key": stripe_server.KEY,
        "webhook_secret": stripe_server.SECRET,
        "base_url": fake.url,
        "transfer_currencies": "EUR",
        "transfer_country": "DE",
    }
    return add_gateway_account(
        organization=organization, gateway="stripe", label="Stripe", settings=settings, actor=SYSTEM
    )


@pytest.fixture
def invoice(organization: Organization, customer: Customer) -> Invoice:
    return issued_invoice(organization, customer, total="100.00")


@pytest.fixture
def waiting(invoice: Invoice, account: GatewayAccount) -> Payment:
    return announced(invoice, account)


def announced(invoice: Invoice, account: GatewayAccount) -> Payment:
    return pay(invoice, account, method=MethodKind.BANK_TRANSFER)


def send(fake: FakeStripe, payment: Payment, minor: int) -> Payment:
    """The payer's bank sends, and Stripe tells of all that it does then."""
    known = len(fake.objects)
    fake.transfers.send(payment.reference or "", minor)
    return hear(fake, payment, known)


def hear(fake: FakeStripe, payment: Payment, known: int) -> Payment:
    speaker = hinting(payment.gateway_account)
    assert speaker is not None
    for each in list(fake.objects.values())[known:]:
        if each["object"] == "event":
            event = GatewayEvent(each["id"], each["type"], each["data"]["object"]["id"], each)
            take(payment.gateway_account, *speaker.follow(event))
    payment.refresh_from_db()
    return payment


def swept(payment: Payment) -> Payment:
    due = clock.now(None) - timedelta(seconds=1)
    rows = Payment.objects.filter(organization=payment.organization, next_check_at__isnull=False)
    rows.update(next_check_at=due)
    sweep(organization=payment.organization)
    payment.refresh_from_db()
    return payment


def missing(payment: Payment) -> int:
    slip = slip_for(payment.organization, payment)
    assert slip is not None
    return slip.remaining_minor


def intents(fake: FakeStripe) -> list[str]:
    found = [each for each in fake.objects.values() if each["object"] == "payment_intent"]
    return [each["status"] for each in found]


def kinds(payment: Payment) -> list[str]:
    found = Event.objects.filter(organization_id=payment.organization_id, subject_id=payment.id)
    return list(found.order_by("id").values_list("kind", flat=True))


def test_it_waits_with_its_account(waiting: Payment, fake: FakeStripe) -> None:
    assert waiting.state == S.NEEDS_ACTION
    slip = slip_for(waiting.organization, waiting)
    assert slip is not None
    assert (slip.iban, slip.remaining_minor) == ("DE89370400440532013000", 10_000)
    assert slip.url == waiting.redirect
    assert slip.rows[0] == ["Recipient", "Harbour & Pine"]
    for _ in range(3):
        swept(waiting)
    assert waiting.state == S.NEEDS_ACTION
    assert balances(waiting.organization) == {"receivable": 10_000, "sales": -10_000}


def test_who_chooses_it_again_goes_back_to_it(
    waiting: Payment, invoice: Invoice, account: GatewayAccount, fake: FakeStripe
) -> None:
    """After days, too: the money may be under way to just that account."""
    assert announced(invoice, account).id == waiting.id
    Payment.objects.filter(id=waiting.id).update(created_at=clock.now(None) - timedelta(days=3))
    assert announced(invoice, account).id == waiting.id
    assert intents(fake) == ["requires_action"]


def test_nothing_is_charged_by_agreement_while_it_may_be_on_its_way(
    waiting: Payment, invoice: Invoice
) -> None:
    def hindrance(age: timedelta) -> str:
        Payment.objects.filter(id=waiting.id).update(created_at=clock.now(None) - age)
        return charge_autopay._hindrance(invoice.organization, invoice)

    assert hindrance(charge_autopay.TRANSFER - timedelta(hours=1)) == "transfer_announced"
    assert hindrance(charge_autopay.TRANSFER + timedelta(hours=1)) == ""


def test_all_that_is_told_of_a_part_in_one_moment_is_told_once(waiting: Payment, fake: FakeStripe) -> None:
    known = len(fake.objects)
    fake.transfers.send(waiting.reference or "", 4_000)
    speaker = hinting(waiting.gateway_account)
    assert speaker is not None
    told = [each for each in list(fake.objects.values())[known:] if each["object"] == "event"]
    heard = [
        outcome
        for each in told
        for outcome in speaker.follow(
            GatewayEvent(each["id"], each["type"], each["data"]["object"]["id"], each)
        )
    ]
    assert len(heard) > 1
    take(waiting.gateway_account, *heard)
    waiting.refresh_from_db()
    assert (waiting.state, missing(waiting)) == (S.PENDING, 6_000)
    assert kinds(waiting).count("payment.part_arrived") == 1


def test_one_that_had_no_answer_is_found_and_not_made_twice(
    invoice: Invoice, account: GatewayAccount, fake: FakeStripe
) -> None:
    fake.lose_later = (1, "reply")
    payment = announced(invoice, account)
    assert payment.state == S.UNKNOWN
    swept(payment)
    assert (payment.state, missing(payment)) == (S.NEEDS_ACTION, 10_000)
    assert intents(fake) == ["requires_action"]


def test_a_part_is_under_way_until_the_rest_came(
    waiting: Payment, invoice: Invoice, account: GatewayAccount, fake: FakeStripe
) -> None:
    send(fake, waiting, 4_000)
    assert (waiting.state, missing(waiting)) == (S.PENDING, 6_000)
    with pytest.raises(PaymentUnderWay):
        pay(invoice, account)
    with pytest.raises(PaymentUnderWay):
        void_unpaid(organization=invoice.organization, invoice_id=invoice.id, reason="x", actor=SYSTEM)
    send(fake, waiting, 1_000)
    assert missing(waiting) == 5_000
    send(fake, waiting, 5_000)
    assert waiting.state == S.SUCCEEDED
    assert kinds(waiting).count("payment.part_arrived") == 2
    invoice.refresh_from_db()
    assert invoice.state == "paid"


def test_late_news_of_a_part_changes_nothing(waiting: Payment, fake: FakeStripe) -> None:
    fake.transfers.send(waiting.reference or "", 4_000)
    fake.transfers.send(waiting.reference or "", 2_000)
    known = next(i for i, each in enumerate(fake.objects.values()) if each["object"] == "event")
    hear(fake, waiting, known)
    assert missing(waiting) == 4_000
    assert kinds(waiting).count("payment.part_arrived") == 1


def test_its_fee_its_clearing_and_its_payout(
    waiting: Payment, account: GatewayAccount, fake: FakeStripe
) -> None:
    send(fake, waiting, 10_000)
    assert lines_of(waiting) == {"clearing": 9_850, "gateway_fees": 150, "receivable": -10_000}
    known = len(fake.objects)
    fake.pay_out()
    hear(fake, waiting, known)
    payout = Payout.objects.get(organization=account.organization)
    assert payout.net_minor == 9_850
    assert [item.payment_id for item in payout.items.all()] == [waiting.id]
    assert "clearing" not in balances(account.organization)
    assert_all_square()


def test_what_is_over_is_a_task_once(waiting: Payment, fake: FakeStripe) -> None:
    send(fake, waiting, 12_000)
    swept(waiting)
    assert (waiting.state, waiting.captured_minor) == (S.SUCCEEDED, 10_000)
    (task,) = open_tasks(waiting.organization)
    assert (task.kind, task.data["amount_minor"]) == (MONEY_LEFT, 2_000)
    assert "€20.00" in task.text
    assert kinds(waiting).count("attention.raised") == 1


def test_more_that_comes_later_is_a_task_again(waiting: Payment, fake: FakeStripe) -> None:
    send(fake, waiting, 12_000)
    (task,) = open_tasks(waiting.organization)
    resolve_attention(organization=waiting.organization, task_id=task.id, actor=SYSTEM)
    send(fake, waiting, 500)
    (task,) = open_tasks(waiting.organization)
    assert task.data["amount_minor"] == 2_500


def test_who_pays_by_card_meanwhile_closes_it(
    waiting: Payment, invoice: Invoice, account: GatewayAccount, fake: FakeStripe
) -> None:
    card = pay(invoice, account)
    waiting.refresh_from_db()
    assert (waiting.state, card.state) == (S.CANCELED, S.NEEDS_ACTION)
    assert intents(fake) == ["canceled"]
    send(fake, waiting, 10_000)  # it was on its way all the same
    (task,) = open_tasks(waiting.organization)
    assert (waiting.state, task.data["amount_minor"]) == (S.CANCELED, 10_000)


def test_a_part_that_nobody_told_us_of_stops_the_card(
    waiting: Payment, invoice: Invoice, account: GatewayAccount, fake: FakeStripe
) -> None:
    fake.transfers.send(waiting.reference or "", 4_000)
    with pytest.raises(PaymentUnderWay):
        pay(invoice, account)
    waiting.refresh_from_db()
    assert (waiting.state, missing(waiting)) == (S.PENDING, 6_000)
    assert intents(fake) == ["requires_action"]


def test_nobody_waits_for_an_invoice_that_wants_nothing(
    waiting: Payment, invoice: Invoice, fake: FakeStripe
) -> None:
    void(organization=invoice.organization, invoice_id=invoice.id, reason="mistake", actor=SYSTEM)
    swept(waiting)
    assert (waiting.state, intents(fake)) == (S.CANCELED, ["canceled"])


def test_a_credit_note_leaves_one_alone_that_may_be_on_its_way(
    waiting: Payment, invoice: Invoice, fake: FakeStripe
) -> None:
    """Nobody can stop a bank: called off, the money would lie at Stripe, and the payer be asked for it once more."""
    credit(invoice, off(invoice, 500))
    waiting.refresh_from_db()
    assert waiting.state == S.NEEDS_ACTION
    send(fake, waiting, 10_000)
    assert waiting.state == S.SUCCEEDED
    invoice.refresh_from_db()
    assert (invoice.state, invoice.open_minor) == ("paid", 0)
    assert balances(waiting.organization)["customer_credit"] == -500
    assert_all_square()


def test_a_credit_note_about_all_of_it_calls_it_off(waiting: Payment, invoice: Invoice) -> None:
    credit(invoice)
    waiting.refresh_from_db()
    assert waiting.state == S.CANCELED


def test_cash_for_a_part_leaves_it_alone_and_for_all_calls_it_off(waiting: Payment, invoice: Invoice) -> None:
    by_hand = offline_account(invoice.organization)
    for minor, state in ((4_000, S.NEEDS_ACTION), (6_000, S.CANCELED)):
        record_money(
            organization=invoice.organization,
            invoice_id=invoice.id,
            amount=eur(minor),
            method=MethodKind.CASH,
            gateway_account_id=by_hand.id,
            key=a_key(),
            actor=SYSTEM,
        )
        waiting.refresh_from_db()
        assert waiting.state == state


def test_money_for_a_void_invoice_is_credit(waiting: Payment, invoice: Invoice, fake: FakeStripe) -> None:
    void(organization=invoice.organization, invoice_id=invoice.id, reason="mistake", actor=SYSTEM)
    send(fake, waiting, 10_000)
    assert waiting.state == S.SUCCEEDED
    assert [task.kind for task in open_tasks(invoice.organization)] == ["money_for_void_invoice"]


def test_the_payer_stops_it_before_anything_came(waiting: Payment, fake: FakeStripe) -> None:
    stop_waiting(organization=waiting.organization, payment_id=waiting.id, actor=PAYER)
    stop_waiting(organization=waiting.organization, payment_id=waiting.id, actor=PAYER)
    waiting.refresh_from_db()
    assert (waiting.state, intents(fake)) == (S.CANCELED, ["canceled"])


def test_only_a_colleague_stops_it_after_a_part(waiting: Payment, fake: FakeStripe) -> None:
    send(fake, waiting, 4_000)
    assert (
        stop_waiting(organization=waiting.organization, payment_id=waiting.id, actor=PAYER).state == S.PENDING
    )
    stopped = stop_waiting(organization=waiting.organization, payment_id=waiting.id, actor=SYSTEM)
    assert stopped.state == S.CANCELED
    (task,) = open_tasks(waiting.organization)
    assert (task.kind, task.data["amount_minor"]) == (MONEY_LEFT, 4_000)


def test_what_came_before_the_payer_stopped_it_stays(waiting: Payment, fake: FakeStripe) -> None:
    fake.transfers.send(waiting.reference or "", 10_000)
    stopped = stop_waiting(organization=waiting.organization, payment_id=waiting.id, actor=PAYER)
    assert stopped.state == S.SUCCEEDED


def test_our_own_bank_line_is_another_payment(
    waiting: Payment, invoice: Invoice, organization: Organization
) -> None:
    recorded = record_money(
        organization=organization,
        invoice_id=invoice.id,
        amount=eur(10_000),
        method=MethodKind.BANK_TRANSFER,
        gateway_account_id=offline_account(organization).id,
        key=a_key(),
        actor=SYSTEM,
    )
    assert recorded.id != waiting.id
    swept(waiting)
    assert waiting.state == S.CANCELED


def asked_back(payment: Payment, fake: FakeStripe) -> Refund:
    """Stripe asks the payer for their account."""
    send(fake, payment, 10_000)
    fake.transfers.asks_payer = True
    made = refund(
        organization=payment.organization,
        payment_id=payment.id,
        amount=eur(10_000),
        reason="returned",
        key=a_key(),
        actor=SYSTEM,
    )
    made.refresh_from_db()
    assert made.state == "pending"
    return made


def refunds_swept(made: Refund) -> Refund:
    due = clock.now(None) - timedelta(seconds=1)
    Refund.objects.filter(organization=made.organization, next_check_at__isnull=False).update(
        next_check_at=due
    )
    sweep(organization=made.organization)
    made.refresh_from_db()
    return made


def assert_clearing_is_right(fake: FakeStripe, organization: Organization) -> None:
    """As Stripe has it."""
    moved = [each["net"] for each in fake.objects.values() if each["object"] == "balance_transaction"]
    assert balances(organization).get("clearing", 0) == sum(moved)


@pytest.mark.parametrize("hears", ["news", "sweep"])
@pytest.mark.parametrize(
    ("left", "ends", "refunded"),
    [("", "succeeded", 10_000), ("payer", "succeeded", 10_000), ("business", "failed", 0)],
)
def test_a_refund_waits_for_the_payers_account(
    waiting: Payment, fake: FakeStripe, left: str, ends: str, refunded: int, hears: str
) -> None:
    """Nobody names one for 45 days: then it lies on the payer's cash balance, and the clearing account has it no more
    (0031)."""
    made = asked_back(waiting, fake)
    known = len(fake.objects)
    fake.transfers.end_refund(made.reference or "", left=left)
    if hears == "news":
        hear(fake, waiting, known)
        made.refresh_from_db()
    else:
        refunds_swept(made)
    waiting.refresh_from_db()
    assert (made.state, waiting.refunded_minor) == (ends, refunded)
    assert bool(made.failure_message) == (left == "payer")
    tasks = [task for task in open_tasks(waiting.organization) if task.kind == MONEY_LEFT]
    assert [task.data["amount_minor"] for task in tasks] == ([10_000] if left == "payer" else [])
    read_all(waiting.organization)
    told = Mail.objects.filter(organization=waiting.organization, kind="refund")
    assert told.exists() == (left == ""), "who has nothing of it yet is not told that it was given back"
    assert_clearing_is_right(fake, waiting.organization)
    assert_all_square()


def test_as_long_as_nobody_shows_where_a_refund_is_it_is_asked_for(
    waiting: Payment, fake: FakeStripe
) -> None:
    made = asked_back(waiting, fake)
    fake.transfers.end_refund(made.reference or "", left="somewhere")
    assert refunds_swept(made).state == "pending"
    fake.transfers.show_with_payer(made.reference or "")
    assert refunds_swept(made).state == "succeeded"
    assert_clearing_is_right(fake, waiting.organization)


def test_a_refund_that_a_bank_sends_back_to_the_payers_balance_is_not_booked_again(
    waiting: Payment, fake: FakeStripe
) -> None:
    made = asked_back(waiting, fake)
    for left in ("", "payer"):
        known = len(fake.objects)
        fake.transfers.end_refund(made.reference or "", left=left)
        hear(fake, waiting, known)
        assert_clearing_is_right(fake, waiting.organization)
    made.refresh_from_db()
    assert made.state == "succeeded"
    assert made.failure_message
    assert MONEY_LEFT in [task.kind for task in open_tasks(waiting.organization)]
    assert_all_square()


def test_one_transfer_for_several_and_on_account(
    organization: Organization, customer: Customer, account: GatewayAccount, fake: FakeStripe
) -> None:
    """Whose account it comes to says which money it is, so no invoice need name it."""
    invoices = [issued_invoice(organization, customer, total=total) for total in ("30.00", "20.00")]
    method = MethodKind.BANK_TRANSFER
    both = begin(together(customer, account, invoices, method=method), customer)
    more = begin(together(customer, account, {}, on_account=700, method=method), customer)
    assert both.reference != more.reference
    send(fake, both, 5_000)
    swept(more)
    assert (both.state, more.state) == (S.SUCCEEDED, S.NEEDS_ACTION)
    send(fake, more, 700)
    assert more.state == S.SUCCEEDED
    for invoice in invoices:
        invoice.refresh_from_db()
        assert invoice.state == "paid"
    assert balances(organization)["customer_credit"] == -700


def test_the_payer_has_it_by_mail(waiting: Payment, fake: FakeStripe) -> None:
    read_all(waiting.organization)
    send(fake, waiting, 4_000)
    read_all(waiting.organization)
    mails = Mail.objects.filter(organization=waiting.organization, payment_id=waiting.id).order_by("id")
    assert [mail.kind for mail in mails] == ["transfer", "transfer"]
    letter, html = preview(waiting.organization, mails[0])  # what waited tells what is true now
    assert letter.subject.startswith("Where to send €60.00")
    for words in ("€40.00 of your transfer arrived", "DE89 3704 0044 0532 0130 00", "ALSQ"):
        assert words in html
    send(fake, waiting, 6_000)
    with pytest.raises(NothingToSay):
        preview(waiting.organization, mails[0])


def test_a_slip_is_nobodys_after_the_end(waiting: Payment, fake: FakeStripe) -> None:
    send(fake, waiting, 10_000)
    assert slip_for(waiting.organization, waiting) is None
    assert TransferSlip.objects.filter(organization=waiting.organization).count() == 1
