"""The way from signing up to the first money, clicked to its end in a rehearsal; and pages on which nothing is yet."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role
from allsquare.web.console.lists.looks import LOOKS as LISTS
from tests.browser.desk import LOOKS, fits, fits_everywhere
from tests.browser.door import PASSWORD, Door, comes_in, door, is_in, member
from tests.browser.shop import GOOD, pay_by_card
from tests.factories import make_person
from tests.sandbox_process import OWNER_KEY, SandboxProcess
from tests.web.console.settings.test_branding import PNG

__all__ = ["door"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STEPS = ["Your company", "Your logo", "The first customer", "The first invoice", "Pay it yourself"]


def steps(page: Page, done: int) -> None:
    """At home ``done`` steps are ticked, and the next one stands out."""
    page.goto(reverse("console:home"))
    card = page.get_by_role("region", name="First steps")
    expect(card.get_by_role("progressbar")).to_have_attribute("value", str(done))
    expect(card.get_by_role("listitem")).to_have_count(len(STEPS))
    expect(card.get_by_role("listitem").filter(has_text="(done)")).to_have_count(done)
    expect(card.locator(".steps-next")).to_contain_text(STEPS[done])
    fits(page)


def go(page: Page, step: str) -> None:
    page.get_by_role("region", name="First steps").get_by_role("link", name=step).click()


@LOOKS
def test_the_first_steps_are_gone_to_their_end(
    door: Door, sandbox_process: SandboxProcess, settings: Settings, size: tuple[int, int], scheme: str
) -> None:
    settings.BASE_URL = settings.ALLSQUARE_SANDBOX_HOOKS = door.base_url
    settings.ALLSQUARE_SANDBOX_URL, settings.ALLSQUARE_SANDBOX_KEY = sandbox_process.base_url, OWNER_KEY
    page = door.page(size, scheme=scheme, timezone_id="Europe/Berlin", locale="en-IE")
    page.goto(reverse("account_signup"))
    page.get_by_label("Your name").fill("Nora Newcomer")
    page.get_by_label("E-mail address").fill("nora@harbour.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name of the organization").fill("Harbour Joinery")
    page.get_by_role("button", name="Sign up").click()
    is_in(page)

    steps(page, 0)
    go(page, STEPS[0])
    page.get_by_label("Street and number").fill("Kai 1")
    page.get_by_label("City").fill("Kiel")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()

    steps(page, 1)
    go(page, STEPS[1])
    page.get_by_label("Logo").set_input_files(FilePayload(name="l.png", mimeType="image/png", buffer=PNG))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_alt_text("The logo as it is now")).to_be_visible()

    steps(page, 2)
    go(page, STEPS[2])
    page.get_by_label("Name", exact=True).fill("Grace Buyer")
    page.get_by_label("E-mail").first.fill("grace@example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Grace Buyer")).to_be_visible()

    steps(page, 3)
    go(page, STEPS[3])
    page.locator("#id_customer").fill("Grace")
    page.get_by_role("option", name="Grace Buyer").click()
    page.locator("#id_lines-0-description").fill("Oak table")
    page.locator("#id_lines-0-unit_price").fill("1000")
    page.get_by_role("button", name="Review and send").click()
    page.get_by_role("button", name=re.compile("Issue and send")).click()
    expect(page.get_by_text("on its way to")).to_be_visible()

    steps(page, 4)
    go(page, STEPS[4])
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    pay_by_card(page, GOOD)
    expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    assert Invoice.objects.get(organization__name="Harbour Joinery").state == "paid"

    page.goto(reverse("console:home"))
    expect(page.locator("#home-last").get_by_role("link", name="Grace Buyer")).to_be_visible()
    expect(page.get_by_role("region", name="First steps")).to_have_count(0)
    fits(page)


def test_the_first_steps_are_put_away_for_good_and_are_not_for_everybody(door: Door) -> None:
    owner = member()
    page = comes_in(door, owner)
    steps(page, 0)
    viewer = make_person(email="vera@harbour.example", name="Vera", password=PASSWORD)
    organization = Organization.objects.get()
    Membership.objects.create(
        organization=organization, person=viewer, role=Role.VIEWER, created_at=organization.created_at
    )
    theirs = comes_in(door, viewer)
    theirs.goto(reverse("console:home"))
    expect(theirs.get_by_role("heading", name="Last payments")).to_be_visible()
    expect(theirs.get_by_role("region", name="First steps")).to_have_count(0)
    page.get_by_role("button", name="Put away").click()
    expect(page.get_by_role("region", name="First steps")).to_have_count(0)
    expect(page.get_by_role("heading", name="Last payments")).to_be_visible()
    page.reload()
    expect(page.get_by_role("region", name="First steps")).to_have_count(0)


#: Pages beside the lists on which nothing is in the beginning.
ALSO = (
    "home", "automatic_payments", "payout_list", "export_list", "period_list", "exchange_rates",
    "trial_balance", "tax_rate_list", "gateway_list", "customer_group_list", "money",
)  # fmt: skip


def test_a_page_on_which_nothing_is_yet_says_what_to_do(door: Door) -> None:
    page = comes_in(door, member())
    full = {"members", "events"}  # whoever looks is a member, and something has happened
    lists = [look.url for name, look in LISTS.items() if name not in full]
    actions: dict[str, str] = {}
    for address in (*lists, *(reverse(f"console:{name}") for name in ALSO)):
        page.goto(address)
        empty = page.locator(".empty").first
        expect(empty.locator(".empty-title"), address).to_be_visible()
        expect(empty.locator(".empty-subtitle"), address).to_be_visible()
        fits_everywhere(page)
        link = empty.locator(".empty-action a")
        if link.count():
            actions.setdefault(str(link.get_attribute("href")), address)
    assert len(actions) >= 5
    for target, address in actions.items():
        page.goto(address)
        page.locator(".empty-action a").first.click()
        expect(page).to_have_url(re.compile(re.escape(target) + "$"))
        # Where something else must be there first, it leads to that.
        expect(page.locator("main form, main .empty-action a").first).to_be_visible()
