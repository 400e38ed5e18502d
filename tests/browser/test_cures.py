"""What needs a person is one press from its cure: pressed on the first page of a real browser, until it is gone."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.cli.smtp_catcher import Mood
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.ids import new_id
from allsquare.core.models import JobTrouble
from allsquare.core.money import Money
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import MethodKind, Outcome, Status, Subject
from allsquare.payments.models import Attention, CreditMovement, GatewayAccount, InboxEvent, Payment
from allsquare.payments.selectors import customer_credit
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.settle import settle
from allsquare.payments.services.start import start_payment
from tests.browser.clerk import BOTH_LOOKS, carry_mails
from tests.browser.desk import PHONE, WIDE, Desk, fits
from tests.sandbox_process import SandboxAccount
from tests.smtp import Smtp, smtp
from tests.square import assert_all_square

__all__ = ["smtp"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def home(desk: Desk, size: tuple[int, int], scheme: str) -> Page:
    page = desk.page(size, scheme=scheme)
    page.goto(reverse("console:home"))
    fits(page)
    return page


def need(page: Page, title: str) -> Locator:
    """The group with this title on the first page, which is gone to where one is on another."""
    if urlsplit(page.url).path != reverse("console:home"):
        page.goto(reverse("console:home"))
    return page.locator("#home-needs .needs-group", has=page.get_by_role("heading", name=title))


def provider(desk: Desk, sandbox: SandboxAccount) -> GatewayAccount:
    """A real one, that takes cards."""
    return add_gateway_account(
        organization=desk.world.organization,
        gateway="sandbox",
        label="Sandbox",
        settings=sandbox.settings,
        actor=SYSTEM,
    )


def by_card(account: GatewayAccount, invoice: Invoice) -> Payment:
    """Begun at the provider."""
    return start_payment(
        organization=account.organization,
        invoice_id=invoice.id,
        amount=Money(invoice.total_minor, currency("EUR")),
        method=MethodKind.CARD,
        gateway_account_id=account.id,
        key=str(new_id()),
        actor=SYSTEM,
        return_url="http://shop.example/back",
    )


@BOTH_LOOKS
def test_a_mail_that_failed_is_sent_again_and_a_draft_is_issued(
    desk: Desk, smtp: Smtp, size: tuple[int, int], scheme: str
) -> None:
    organization = desk.world.organization
    draft = desk.world.draft()
    page = home(desk, size, scheme)
    waiting = need(page, "Drafts")
    expect(waiting).to_contain_text("A draft for Grace Buyer over €119.00 is not issued.")
    waiting.get_by_role("button", name="Issue and send").dblclick()
    expect(page.get_by_text("Invoice INV-00001 is issued and on its way to")).to_be_visible()
    expect(need(page, "Drafts")).to_have_count(0)

    smtp.behave(Mood.REFUSE)
    carry_mails(organization)
    assert smtp.mails == []
    page.reload()
    failed = need(page, "Mails not delivered")
    expect(failed).to_contain_text(f"the mail to {desk.world.customer.email} was not delivered.")
    smtp.behave(Mood.ACCEPT)
    failed.get_by_role("button", name="Send again").click()
    expect(page.get_by_text(f"The mail is on its way to {desk.world.customer.email}.")).to_be_visible()
    carry_mails(organization)
    (mail,) = smtp.mails
    assert "INV-00001" in mail.subject
    expect(need(page, "Mails not delivered")).to_have_count(0)
    expect(page.get_by_text("Nothing needs you")).to_be_visible()
    fits(page)
    assert Invoice.objects.get(organization=organization, id=draft.id).state == "sent"


def test_a_payment_without_an_answer_is_asked_about(desk: Desk, sandbox: SandboxAccount) -> None:
    invoice = desk.world.issued()
    sandbox.misbehave("reply_lost", scope="charges", count=0)
    payment = by_card(provider(desk, sandbox), invoice)
    assert payment.state == "unknown"
    page = home(desk, WIDE, "dark")
    unknown = need(page, "Payments without an answer")
    expect(unknown).to_contain_text(f"€119.00 from Grace Buyer for {invoice.number}")
    unknown.get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("The provider has no final answer yet.")).to_be_visible()
    (charge,) = sandbox.get("/charges")["data"]
    sandbox.control(f"/charges/{charge['id']}/pay", number="4242424242424242")
    payment.refresh_from_db()
    Payment.objects.filter(organization=desk.world.organization, id=payment.id).update(
        state="unknown", next_check_at=clock.now(None)
    )
    need(page, "Payments without an answer").get_by_role("button", name="Ask again").click()
    expect(page.get_by_text("The provider has answered: succeeded.")).to_be_visible()
    fits(page)
    expect(need(page, "Payments without an answer")).to_have_count(0)
    expect(page.locator("#home-last")).to_contain_text("€119.00")
    assert_all_square()


def test_money_for_a_void_invoice_is_given_back_or_kept(desk: Desk, sandbox: SandboxAccount) -> None:
    organization = desk.world.organization
    account = provider(desk, sandbox)
    for _number in range(2):
        invoice = desk.world.issued()
        payment = by_card(account, invoice)
        void(organization=organization, invoice_id=invoice.id, reason="Ordered twice", actor=SYSTEM)
        sandbox.control(f"/charges/{payment.reference}/pay", number="4242424242424242")
        came = Outcome(
            Subject.CHARGE,
            Status.SUCCEEDED,
            "sandbox",
            reference=payment.reference or "",
            amount=Money(payment.amount_minor, currency("EUR")),
        )
        settle(organization=organization, gateway_account=account, outcomes=[came], actor=SYSTEM)
    page = home(desk, PHONE, "light")
    tasks = need(page, "To be decided")
    expect(tasks.get_by_role("listitem")).to_have_count(2)
    expect(tasks).to_contain_text("void")
    tasks.get_by_role("link", name="Give it back").first.click()
    fits(page)
    page.get_by_role("button", name="Refund").click()
    expect(page.locator("#messages")).to_contain_text("€119.00 is")
    tasks = need(page, "To be decided")
    expect(tasks.get_by_role("listitem")).to_have_count(1)
    tasks.get_by_role("button", name="Keep as credit").click()
    expect(page.get_by_text("The task is done.")).to_be_visible()
    expect(need(page, "To be decided")).to_have_count(0)
    assert not Attention.objects.filter(organization=organization, resolved_at=None).exists()
    assert customer_credit(organization, desk.world.customer.id) == [("EUR", 11900)]
    assert CreditMovement.objects.filter(organization=organization).count() == 3
    assert_all_square()


def test_an_overdue_invoice_is_paid_by_hand(desk: Desk) -> None:
    today = clock.today(desk.world.organization)
    invoice = desk.world.issued(on=today - timedelta(days=60))
    page = home(desk, PHONE, "dark")
    late = need(page, "Overdue invoices")
    expect(late).to_contain_text(f"Grace Buyer owes €119.00 of {invoice.number}.")
    late.get_by_role("link", name="Record a payment").click()
    page.get_by_role("button", name="Record payment").click()
    expect(page.get_by_text("€119.00 is recorded.")).to_be_visible()
    expect(need(page, "Overdue invoices")).to_have_count(0)
    expect(page.get_by_text("Nothing needs you")).to_be_visible()


def test_what_was_put_aside_is_taken_up_again_or_left(desk: Desk) -> None:
    """A webhook that could not be read, jobs that were tried to the end, mails that a restore held."""
    world, organization = desk.world, desk.world.organization
    invoices = [world.issued(), world.issued()]
    delivery = world.delivery()
    again, left = (world.trouble(invoice) for invoice in invoices)
    for invoice in invoices:
        world.mail(invoice, state=Mail.State.HELD)
    page = home(desk, WIDE, "light")

    expect(need(page, "Webhooks put aside")).to_contain_text("By hand told us “charge.succeeded”")
    need(page, "Webhooks put aside").get_by_role("button", name="Read again").click()
    expect(page.get_by_text("The webhook will be read again in a moment.")).to_be_visible()
    expect(need(page, "Webhooks put aside")).to_have_count(0)
    assert InboxEvent.objects.get(organization=organization, id=delivery.id).state != "parked"

    page.locator(f"#act-{again.id}").click()
    expect(page.get_by_text("The job will be tried again in a moment.")).to_be_visible()
    need(page, "Jobs not done").get_by_role("button", name="Leave it").click()
    expect(page.get_by_text("The job is left undone.")).to_be_visible()
    expect(need(page, "Jobs not done")).to_have_count(0)
    states = JobTrouble.objects.filter(organization_id=organization.id).order_by("id")
    assert dict(states.values_list("id", "state")).keys() == {again.id, left.id}
    assert "failed" not in states.values_list("state", flat=True)

    held = need(page, "Mails held since a restore")
    expect(held.get_by_role("listitem")).to_have_count(2)
    held.get_by_role("button", name="Send", exact=True).first.click()
    expect(page.get_by_text("The mail is on its way to")).to_be_visible()
    need(page, "Mails held since a restore").get_by_role("button", name="Leave unsent").first.click()
    expect(page.get_by_text("The mail is left unsent.")).to_be_visible()
    expect(need(page, "Mails held since a restore")).to_have_count(0)
    expect(page.get_by_text("Nothing needs you")).to_be_visible()
    fits(page)
