"""More ways to pay, walked like the first: 3-D Secure, declined, a bouncing debit, a transfer, in parts, several
invoices in one payment, by a payment link; and what comes after: a refund, disputes, a payout. Each over real HTTP,
against the sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from allsquare.billing.selectors import list_invoices
from allsquare.cli.counter_walk import AT_THE_COUNTER
from allsquare.cli.paying import choose, enter_card, see_paid, take_link
from allsquare.cli.saved_walk import SAVED_CARD
from allsquare.cli.smtp_catcher import caught
from allsquare.cli.stack import Stack
from allsquare.cli.steps import Saw, Step, insist, take, wait_until
from allsquare.cli.walk import CARD, Walker, approved, draft, enter_customer, issue, prove, sign_in
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.insights.whereabouts import where_is_my_money
from allsquare.payments import selectors as payments
from allsquare.payments.services.add_gateway_account import add_gateway_account

SECURE: Final = "4000003000000006"
DECLINED: Final = "4000000100000001"
ACCOUNT: Final = "DE89370400440532013000"

Action = Callable[[Stack, Walker], Saw]


@dataclass(frozen=True, slots=True)
class Walk:
    """``steps`` go on where the one before ended."""

    name: str
    steps: tuple[tuple[str, Action], ...]


def go(running: Stack, walker: Walker, walk: Walk, *, tell: Callable[[Step], None] | None) -> list[Step]:
    """All steps in order; ends at the first that fails."""
    steps: list[Step] = []
    for name, action in walk.steps:
        steps.append(take(f"{walk.name}: {name}", lambda action=action: action(running, walker), tell))  # type: ignore[misc]  # bound now
        if not steps[-1].ok:
            break
    return steps


# -- at the pay page -------------------------------------------------------------------------------------------


def pay_by_card(running: Stack, walker: Walker) -> Saw:
    see_paid(walker, enter_card(walker, CARD))
    insist(walker.issued.state == "paid", f"The invoice is {walker.issued.state}.")
    return Saw("paid by card")


def _pay_securely(running: Stack, walker: Walker) -> Saw:
    asked = enter_card(walker, SECURE)
    insist("is it you" in asked.text, f"The bank does not ask. The page says: {asked.text[:300]}")
    see_paid(walker, asked)
    return Saw("the bank asked, the payer approved, and it is paid")


def _be_declined(running: Stack, walker: Walker) -> Saw:
    page = enter_card(walker, DECLINED)
    for words in ("Your bank declined the card", "Nothing was charged", "Try again"):
        insist(words in page.text, f"The page does not say “{words}”. It says: {page.text[:300]}")
    insist(walker.issued.paid_minor == 0, "Something was paid.")
    return Saw("the page says why, that nothing was charged, and what to try")


def _give_debit(running: Stack, walker: Walker) -> Saw:
    hosted = choose(walker, walker.payer.open(walker.link), "bank_debit")
    page = walker.payer.submit(hosted, having="iban", iban=ACCOUNT, holder="Ada Example")
    insist("under way" in page.text, f"The page does not say under way. It says: {page.text[:300]}")
    (walker.payment,) = payments.payments_of_invoice(walker.organization, walker.issued)
    again = walker.payer.open(walker.link)
    insist(again.find_form(having="method") is None, "The link asks for the money again.")
    return Saw("the debit is under way, and nobody is asked twice")


def _bounce(running: Stack, walker: Walker) -> Saw:
    running.sandbox(
        "POST", f"/control/charges/{walker.paid.reference}/bounce", api_key=walker.gateway.api_key
    )
    wait_until(lambda: walker.paid.state == "failed", "The news of the bounce did not come.")
    insist(walker.issued.open_minor == walker.issued.total_minor, "The invoice is not open again.")

    def told() -> bool:
        return any(
            walker.payer_email in mail.recipients and "not" in mail.subject.lower()
            for mail in caught(running.mail_directory)
        )

    wait_until(told, "The payer was not told.")
    insist("Pay " in walker.payer.open(walker.link).text, "The link does not ask again.")
    return Saw("it bounced: the invoice is open, the payer was told, the link asks again")


def _announce(running: Stack, walker: Walker) -> Saw:
    page = choose(walker, walker.payer.open(walker.link), "bank_transfer")
    insist("Send the money from your bank" in page.text, f"No slip is shown: {page.text[:300]}")
    (walker.payment,) = payments.payments_of_invoice(walker.organization, walker.issued)
    return Saw("the page says where to send how much, with a code to scan")


def _record_transfer(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/invoices/{walker.issued.id}/record-payment/")
    walker.clerk.submit(page, having="received_on", method="bank_transfer")
    insist(walker.issued.state == "paid", f"The invoice is {walker.issued.state}.")
    (only,) = payments.payments_of_invoice(walker.organization, walker.issued)
    insist(only.state == "succeeded", f"The transfer is {only.state}.")
    return Saw("the transfer that was waited for is the one that came")


def _pay_a_part(running: Stack, walker: Walker) -> Saw:
    rule = walker.clerk.open(f"{running.base_url}/settings/paying/")
    walker.clerk.submit(rule, having="least_part_percent", part_payments="on", least_part_percent="10")
    page = walker.payer.submit(walker.payer.open(walker.link), having="sum", sum="100")
    insist("Pay €100.00" in page.text, f"The button does not say the part: {page.text[:300]}")
    hosted = choose(walker, page, "card")
    see_paid(walker, walker.payer.submit(hosted, having="number", number=CARD, expiry="12/39", cvc="123"))
    insist(walker.issued.state == "partly_paid", f"The invoice is {walker.issued.state}.")
    return Saw("100 € are paid, the rest is open")


def _write_another(running: Stack, walker: Walker) -> Saw:
    """A second invoice of the same customer; the link stays that of the first."""
    first = walker.issued
    page = walker.clerk.open(f"{running.base_url}/invoices/new/")
    values = {
        "customer": str(first.customer_id),
        "lines-0-description": "Another hour",
        "lines-0-quantity": "1",
        "lines-0-unit_price": "84.03",
        "lines-0-tax_category": "S",
    }
    walker.clerk.submit(page, having="lines-0-description", **values)
    found = list_invoices(walker.organization, customer_id=first.customer_id)
    (walker.invoice,) = [invoice for invoice in found if invoice.id != first.id]
    issue(running, walker)
    another, walker.invoice = walker.issued, first
    return Saw(f"invoice {another.number} beside {first.number}")


def _ask_for_all(running: Stack, walker: Walker) -> Saw:
    asked = walker.payer.open(f"{walker.link}open/")
    page = walker.payer.submit(asked, to="/open/")
    insist("Look into your mail" in page.text, f"No link is on its way: {page.text[:300]}")
    pattern = re.escape(running.base_url) + r"/pay/open/[\w-]+/"

    def mailed() -> str:
        mails = [mail for mail in caught(running.mail_directory) if walker.payer_email in mail.recipients]
        return next((found.group() for mail in mails if (found := re.search(pattern, mail.text))), "")

    walker.link = wait_until(mailed, "The mail with the link to all that is open did not come.")
    return Saw("the link to all that is open came by mail")


def _pay_together(running: Stack, walker: Walker) -> Saw:
    chosen = walker.payer.submit(walker.payer.open(walker.link), having="invoice")
    hosted = choose(walker, chosen, "card")
    page = walker.payer.submit(hosted, having="number", number=CARD, expiry="12/39", cvc="123")
    page = approved(walker, page)
    found = list_invoices(walker.organization, customer_id=walker.issued.customer_id)
    for invoice in found:
        insist(
            str(invoice.number) in page.text, f"The page does not name {invoice.number}: {page.text[:300]}"
        )
        insist(invoice.state == "paid", f"Invoice {invoice.number} is {invoice.state}.")
    ids = {payments.payments_of_invoice(walker.organization, invoice)[0].id for invoice in found}
    insist(len(ids) == 1, "They are not paid by one payment.")

    def told() -> bool:
        mails = [mail for mail in caught(running.mail_directory) if walker.payer_email in mail.recipients]
        return any(
            "Receipt" in mail.subject and all(str(each.number) in mail.text for each in found)
            for mail in mails
        )

    wait_until(told, "The receipt that names all invoices did not come.")
    return Saw(f"{len(found)} invoices are paid by one payment, and the receipt names them")


# -- by a payment link -----------------------------------------------------------------------------------------


def _make_payment_link(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/payment-links/new/")
    made = walker.clerk.submit(
        page, having="suggested", name="A bag of coffee", price="11.90", tips="10", most="3", limit="7"
    )
    found = re.search(re.escape(running.base_url) + r"/buy/[\w-]+/", made.text)
    insist(found is not None, f"The page shows no address: {made.text[:300]}")
    walker.link = found.group() if found else ""
    return Saw(f"{walker.link} sells coffee")


def _buy(running: Stack, walker: Walker) -> Saw:
    walker.payer_email = f"buyer-{new_id().hex[-8:]}@customer.example"
    chosen = walker.payer.submit(walker.payer.open(walker.link), having="quantity", quantity="2", tip="10")
    insist("Pay €26.18" in chosen.text, f"The button does not say the sum: {chosen.text[:300]}")
    form = chosen.form(having="nonce")
    way = next(each for each in form.choices["method"] if each.startswith("card:"))
    hosted = walker.payer.submit(chosen, having="nonce", method=way, email=walker.payer_email, name="Bea")
    page = approved(
        walker, walker.payer.submit(hosted, having="number", number=CARD, expiry="12/39", cvc="123")
    )
    insist("Paid" in page.text and "€26.18" in page.text, f"The page says: {page.text[:300]}")
    return Saw("two bags and a tip are paid")


def _look_at_sale(running: Stack, walker: Walker) -> Saw:
    walker.payment = payments.list_payments(walker.organization, limit=1)[0]
    walker.invoice = walker.paid.invoice
    insist(walker.issued.state == "paid", f"The invoice is {walker.issued.state}.")
    insist(walker.issued.buyer.get("email") == walker.payer_email, "The invoice is somebody else's.")

    def mailed() -> int:
        mine = [mail for mail in caught(running.mail_directory) if walker.payer_email in mail.recipients]
        return len(mine) >= 2

    wait_until(mailed, "Invoice and receipt were not mailed.")
    return Saw(f"customer, invoice {walker.issued.number}, payment and mails are there")


# -- afterwards ------------------------------------------------------------------------------------------------


def _refund_a_part(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/payments/{walker.paid.id}/refund/")
    walker.clerk.submit(page, having="amount", amount="10.00", reason="Goodwill")
    wait_until(lambda: walker.paid.refunded_minor == 1000, "The refund did not come through.")
    invoice = walker.issued
    insist(invoice.open_minor == 1000, f"{invoice.open_minor} of the invoice is open.")
    return Saw("10 € went back, and as much of the invoice is open")


def _credit_a_part(running: Stack, walker: Walker) -> Saw:
    page = walker.clerk.open(f"{running.base_url}/invoices/{walker.issued.id}/credit-note/")
    typed = {"amount-1": "10.00", "reason": "A cup was broken", "surplus": "give_back"}
    shown = walker.clerk.submit(page, having="amount-1", **typed)
    credited = walker.issued.credited_minor
    insist(credited > 0, f"Nothing was credited. The page says: {shown.text[:300]}")
    wait_until(lambda: walker.paid.refunded_minor == credited, "What was credited did not go back.")
    invoice = walker.issued
    insist(
        (invoice.state, invoice.open_minor, invoice.paid_minor)
        == ("paid", 0, invoice.total_minor - credited),
        f"The invoice is {invoice.state}, {invoice.paid_minor} paid and {invoice.open_minor} open.",
    )

    def mailed() -> bool:
        mine = [mail for mail in caught(running.mail_directory) if walker.payer_email in mail.recipients]
        return any(mail.subject.startswith("Credit note") for mail in mine)

    wait_until(mailed, "The credit note was not mailed.")
    insist("Credit note" in walker.payer.open(walker.link).text, "The payer does not see the credit note.")
    return Saw("a credit note took it off the invoice, and it went back", {"credited_minor": credited})


def _dispute(running: Stack, walker: Walker) -> Saw:
    path = f"/control/charges/{walker.paid.reference}/dispute"
    case = running.sandbox("POST", path, api_key=walker.gateway.api_key)
    walker.case = str(case["id"])
    wait_until(
        lambda: walker.paid.disputed_minor == walker.paid.captured_minor,
        "The news of the dispute did not come.",
    )
    return Saw("the payer disputes it: the sum is set aside, a person has a task")


def _win(running: Stack, walker: Walker) -> Saw:
    running.sandbox("POST", f"/control/disputes/{walker.case}/win", api_key=walker.gateway.api_key)
    wait_until(lambda: walker.paid.disputed_minor == 0, "The news that it was won did not come.")
    insist(walker.issued.state == "paid", f"The invoice is {walker.issued.state}.")
    return Saw("won: the money is back, the invoice is paid")


def _lose(running: Stack, walker: Walker) -> Saw:
    running.sandbox("POST", f"/control/disputes/{walker.case}/lose", api_key=walker.gateway.api_key)
    wait_until(
        lambda: walker.issued.open_minor == walker.issued.total_minor, "The invoice was not opened again."
    )
    return Saw("lost: the money is the payer's, the invoice is open again")


def _pay_out(running: Stack, walker: Walker) -> Saw:
    running.sandbox("POST", "/control/payouts", api_key=walker.gateway.api_key)

    def contained() -> int:
        items = payments.trace(walker.organization, walker.paid.id).payouts
        return sum(item.net_minor for item in items)

    net = wait_until(contained, "The payout did not come, or does not know the payment.")
    expected = walker.paid.captured_minor - walker.paid.fee_minor
    insist(net == expected, f"The payout brings {net}, not {expected}.")
    return Saw("the payout names the payment, and brings it less the fee", {"net_minor": net})


def _find_at_bank(running: Stack, walker: Walker) -> Saw:
    """By a clerk with the bank statement."""
    payout = next(item.payout for item in payments.trace(walker.organization, walker.paid.id).payouts)
    page = walker.clerk.open(f"{running.base_url}/payments/payouts/{payout.id}/arrived/")
    walker.clerk.submit(page, having="received")
    payout.refresh_from_db()
    insist(payout.arrived_on is not None, "The payout is not at the bank.")
    insist(where_is_my_money(walker.organization).adds_up, "Payments and books differ in where the money is.")
    return Saw("it is on the bank account, and payments and books agree", {"net_minor": payout.net_minor})


_INVOICED: Final = (
    ("enter a customer", enter_customer),
    ("draft an invoice", draft),
    ("issue it", issue),
    ("take the link", take_link),
)
_CARD: Final = (*_INVOICED, ("pay by card", pay_by_card))
_PROOF: Final = (("prove the books", prove),)

WALKS: Final = (
    Walk("3-D Secure", (("sign in", sign_in), *_INVOICED, ("pay", _pay_securely), *_PROOF)),
    Walk("Declined, then paid", (*_INVOICED, ("be declined", _be_declined), ("pay", pay_by_card), *_PROOF)),
    Walk("Saved card one-click", (*_INVOICED, *SAVED_CARD, *_PROOF)),
    Walk("Card at the counter", (*_INVOICED, *AT_THE_COUNTER, *_PROOF)),
    Walk("In parts", (*_INVOICED, ("pay a part", _pay_a_part), ("pay the rest", pay_by_card), *_PROOF)),
    Walk("Bank debit that bounces", (*_INVOICED, ("give it", _give_debit), ("bounce", _bounce), *_PROOF)),
    Walk("Transfer", (*_INVOICED, ("announce", _announce), ("record", _record_transfer), *_PROOF)),
    Walk(
        "Several invoices in one payment",
        (
            *_INVOICED,
            ("write another", _write_another),
            ("ask for all that is open", _ask_for_all),
            ("pay them together", _pay_together),
            *_PROOF,
        ),
    ),
    Walk(
        "Payment link",
        (("make it", _make_payment_link), ("buy", _buy), ("look", _look_at_sale), *_PROOF),
    ),
    Walk("Partial refund", (*_CARD, ("give a part back", _refund_a_part), *_PROOF)),
    Walk(
        "Partial refund by credit note",
        (*_CARD, ("credit a part, and give it back", _credit_a_part), *_PROOF),
    ),
    Walk("Dispute won", (*_CARD, ("dispute", _dispute), ("win", _win), *_PROOF)),
    Walk("Dispute lost", (*_CARD, ("dispute", _dispute), ("lose", _lose), *_PROOF)),
    Walk("Payout", (*_CARD, ("pay out", _pay_out), ("find it at the bank", _find_at_bank), *_PROOF)),
)


def prepare(walker: Walker) -> None:
    """A way for transfers beside the sandbox."""
    add_gateway_account(
        organization=walker.organization,
        gateway="bank_transfer",
        label="Our bank",
        settings={"holder": walker.organization.name, "iban": "DE02120300000000202051"},
        actor=SYSTEM,
    )


def walk_all(
    running: Stack, walker: Walker, walks: Sequence[Walk], *, tell: Callable[[Step], None] | None
) -> list[Step]:
    """Every walk, also after one that failed; all of one company."""
    prepare(walker)
    steps = [step for walk in walks for step in go(running, walker, walk, tell=tell)]
    walker.clerk.close()
    walker.payer.close()
    return steps
