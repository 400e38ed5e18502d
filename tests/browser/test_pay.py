"""A payer, a real browser, a real provider: from the link to every end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from allsquare.billing.models import Invoice
from allsquare.billing.services.void import void
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_token
from allsquare.payments.models import Payment, PaymentMethod
from tests.browser.shop import DEBIT, GOOD, POOR, SECURE, Shop, pay_by_card, shop, until

__all__ = ["shop"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def paid(shop: Shop, invoice: Invoice) -> Payment:
    """The one payment, which came and paid the invoice."""
    (payment,) = shop.payments(invoice)
    assert payment.state == "succeeded"
    assert Invoice.objects.get(organization=shop.organization, id=invoice.id).state == "paid"
    return payment


def test_a_card_pays_and_the_webhook_after_it_changes_nothing(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    page.goto(shop.link(invoice))
    expect(page.get_by_role("heading", name="Invoice INV-00001")).to_be_visible()
    page.get_by_text("What is it for?").click()
    expect(page.get_by_text("1 pcs × €1,234.00")).to_be_visible()
    page.get_by_role("button", name="Pay €1,234.00").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    expect(page.get_by_text("Visa ending 4242")).to_be_visible()
    payment = paid(shop, invoice)
    receipt = page.context.request.get(
        shop.base_url + str(page.get_by_role("link", name="Receipt").get_attribute("href"))
    )
    assert receipt.body().startswith(b"%PDF")
    shop.news("charge.succeeded")
    assert paid(shop, invoice).id == payment.id
    page.goto(shop.link(invoice))
    expect(page.get_by_role("button", name="Pay €1,234.00")).to_have_count(0)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()


def test_all_of_it_without_scripts(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page(scripts=False)
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €1,234.00").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    paid(shop, invoice)


@pytest.mark.parametrize("approved", [True, False])
def test_3d_secure(shop: Shop, approved: bool) -> None:
    invoice, page = shop.invoice(), shop.page()
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").click()
    pay_by_card(page, SECURE)
    page.get_by_role("button", name="Approve the payment" if approved else "Deny it").click()
    if approved:
        expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
        paid(shop, invoice)
    else:
        expect(
            page.get_by_role("heading", name="Your bank could not confirm that it was you")
        ).to_be_visible()
        expect(page.get_by_text("Nothing was charged.")).to_be_visible()


def test_declined_and_then_another_card(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").click()
    pay_by_card(page, POOR)
    expect(page.get_by_role("heading", name="There was not enough money for it")).to_be_visible()
    expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Pay €").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    assert [payment.state for payment in shop.payments(invoice)] == ["declined", "succeeded"]


def test_given_up_at_the_provider_and_begun_again_by_the_browsers_own_way_back(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").click()
    page.get_by_role("button", name="Cancel and go back").click()
    expect(page.get_by_role("heading", name="You did not finish paying")).to_be_visible()
    page.get_by_role("link", name="Try again").click()
    page.get_by_role("button", name="Pay €").click()
    expect(page.get_by_label("Card number")).to_be_visible()
    page.go_back()
    page.get_by_role("radio", name="Bank debit").check()
    page.get_by_role("button", name="Pay €").click()
    expect(page.get_by_label("IBAN")).to_be_visible()
    assert [p.method for p in shop.payments(invoice)] == ["card", "card", "bank_debit"]


def test_pressing_twice_looks_harmless_and_is(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    shop.provider.misbehave("slow", seconds=1)
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").dblclick()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    paid(shop, invoice)
    assert len(shop.provider.get("/charges")["data"]) == 1


def test_pressing_twice_without_scripts_ends_at_the_provider_too(shop: Shop) -> None:
    """Nothing holds the second press back: the server sees both, the first still being at the provider."""
    invoice, page = shop.invoice(), shop.page(scripts=False)
    shop.provider.misbehave("slow", seconds=2)
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").dblclick()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    paid(shop, invoice)
    assert len(shop.provider.get("/charges")["data"]) == 1


def test_a_bank_debit_is_under_way_until_the_bank_says_so(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    page.goto(shop.link(invoice))
    page.get_by_role("radio", name="Bank debit").check()
    page.get_by_role("button", name="Pay €").click()
    page.get_by_label("Account holder").fill("Grace Buyer")
    page.get_by_label("IBAN").fill(DEBIT)
    page.get_by_role("button", name="Pay €").click()
    expect(page.get_by_role("heading", name="Your payment is under way")).to_be_visible()
    expect(page.get_by_text(re.compile(r"The money should arrive by \w+ \d+, \d{4}"))).to_be_visible()
    page.goto(shop.link(invoice))
    expect(page.get_by_role("heading", name="Your payment is under way")).to_be_visible()
    shop.provider.control("/clock", days=10)
    shop.news("charge.succeeded")
    page.goto(shop.link(invoice))
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    paid(shop, invoice)


def test_a_kept_card_pays_the_next_invoice_with_one_press(shop: Shop) -> None:
    first, page = shop.invoice(), shop.page()
    page.goto(shop.link(first))
    page.get_by_label("Keep this card").check()
    page.get_by_role("button", name="Pay €").click()
    expect(page.get_by_text("will keep this card")).to_be_visible()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    assert PaymentMethod.objects.get(organization=shop.organization).last_four == "4242"
    second = shop.invoice("99.00")
    page.goto(shop.link(second))
    expect(page.get_by_role("radio", name="Visa ending 4242")).to_be_checked()
    page.get_by_role("button", name="Pay €99.00").click()
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    paid(shop, second)


def test_consent_is_only_asked_for_where_a_card_is_entered(shop: Shop) -> None:
    page = shop.page()
    page.goto(shop.link(shop.invoice()))
    expect(page.get_by_label("Keep this card")).to_be_visible()
    page.get_by_role("radio", name="Bank debit").check()
    expect(page.get_by_label("Keep this card")).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
def test_when_the_providers_reply_is_lost_the_page_finds_out_by_itself(shop: Shop, scripts: bool) -> None:
    invoice, page = shop.invoice(), shop.page(scripts=scripts)
    shop.provider.misbehave("reply_lost")
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").click()
    # It asks again and learns that a page waits at the provider; nothing was charged there so far.
    page.get_by_role("link", name="Go on paying").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    paid(shop, invoice)
    assert len(shop.provider.get("/charges")["data"]) == 1


def test_the_provider_is_down(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    shop.provider.misbehave("error_before", scope="all", count=0)
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").click()
    expect(page.get_by_role("heading", name="We are asking the payment provider")).to_be_visible()
    expect(page.get_by_text("nothing is charged twice")).to_be_visible()
    shop.provider.http.delete("/control/mischief").raise_for_status()
    page.get_by_role("link", name="Go on paying").click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    paid(shop, invoice)


def test_a_void_invoice_and_a_wrong_link(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    void(organization=shop.organization, invoice_id=invoice.id, reason="Ordered twice", actor=SYSTEM)
    page.goto(shop.link(invoice))
    expect(page.get_by_role("heading", name="Nothing to pay")).to_be_visible()
    expect(page.get_by_role("link", name="billing@harbour.example")).to_be_visible()
    page.goto(f"{shop.base_url}/pay/{new_token()}/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_who_closed_the_tab_after_paying_is_not_asked_again(shop: Shop) -> None:
    invoice, page = shop.invoice(), shop.page()
    shop.provider.misbehave("webhook_dropped", count=0)
    page.goto(shop.link(invoice))
    page.get_by_role("button", name="Pay €").click()
    (payment,) = until(lambda: shop.payments(invoice))
    page.wait_for_url("**/pay/ch_*")
    shop.provider.control(f"/charges/{page.url.rpartition('/')[2]}/pay", number=GOOD)
    page.goto(shop.link(invoice))
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    assert paid(shop, invoice).id == payment.id
