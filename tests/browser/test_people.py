"""People and roles in a real browser: invited by a mail that really goes out, given another role, led to a second
factor, removed; sessions listed and ended; several organizations."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.totp.internal.auth import hotp_value
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.notifications.services.send import send
from tests.browser.desk import LOOKS, PHONE, WIDE, fits, fits_everywhere, refused
from tests.browser.door import PASSWORD, Door, code, comes_in, door, is_in, member, sign_out, type_password
from tests.factories import make_customer, make_organization, make_person
from tests.notifications.makers import read_all
from tests.smtp import Smtp, smtp

__all__ = ["door", "smtp"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NADIA = "nadia@example.com"


def link_in_the_mail(smtp: Smtp) -> str:
    """What the worker does, and what Nadia finds in her mail."""
    organization = Organization.objects.get()
    for mail in read_all(organization):
        if mail.recipient == NADIA:
            send(organization=organization, mail_id=mail.id)
    [caught] = [each for each in smtp.mails if NADIA in str(each.message["To"])]
    text = caught.message.get_body(("plain",))
    assert text is not None
    found = re.search(r"https?://\S+/invitations/\S+/", text.get_content())
    assert found
    return found[0]


def joins(theirs: Page, link: str) -> None:
    """As Nadia, who has been nobody here before."""
    theirs.goto(link)
    expect(theirs.get_by_text(f"The invitation is for {NADIA}, in the role Billing clerk.")).to_be_visible()
    fits(theirs)
    theirs.get_by_label("Your name").fill("Nadia")
    theirs.get_by_label("Password").fill("short")
    theirs.get_by_role("button", name="Join").click()
    refused(theirs, "id_password", "at least 10 characters")
    expect(theirs.get_by_label("Your name")).to_have_value("Nadia")
    theirs.get_by_label("Password").fill(PASSWORD)
    theirs.get_by_role("button", name="Join").click()
    expect(theirs.get_by_text("Welcome to Harbour & Pine.")).to_be_visible()


def may_not(page: Page, name: str) -> None:
    page.goto(reverse(name))
    expect(page.get_by_role("heading", name="You may not do this")).to_be_visible()


def entry(page: Page, name: str) -> int:
    """How often the navigation leads there, folded away or not."""
    page.wait_for_load_state()
    return page.locator(f"#sidenav a[href='{reverse(name)}']").count()


@LOOKS
def test_somebody_is_invited_by_mail_joins_gets_another_role_and_is_removed(
    door: Door, smtp: Smtp, settings: Settings, size: tuple[int, int], scheme: str
) -> None:
    settings.BASE_URL = door.base_url
    page = comes_in(door, member(), size, scheme=scheme)
    page.goto(reverse("console:settings_people"))
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_label("Role").select_option(label="Sales")
    page.get_by_role("button", name="Send the invitation").click()
    refused(page, "id_email", "valid email address")
    expect(page.get_by_label("E-mail address")).to_have_value("nobody")
    expect(page.get_by_label("Role")).to_have_value("sales")
    page.get_by_label("E-mail address").fill(NADIA)
    page.get_by_label("Role").select_option(label="Billing clerk")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text(f"An invitation is on its way to {NADIA}.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(f"{NADIA}.*Billing clerk"))).to_be_visible()
    fits(page)

    theirs = door.page(size, scheme=scheme)
    link = link_in_the_mail(smtp)
    joins(theirs, link)
    assert entry(theirs, "console:invoice_list") == 1
    assert entry(theirs, "console:books") == entry(theirs, "console:settings") == 0
    for hidden in ("console:trial_balance", "console:settings_people", "console:settings_security"):
        may_not(theirs, hidden)
    theirs.goto(reverse("console:invoice_new"))
    expect(theirs.get_by_role("button", name="Review and send")).to_be_visible()
    stranger = door.page()
    stranger.goto(link)
    expect(stranger.get_by_role("button", name="Join")).to_have_count(0)

    page.goto(reverse("console:settings_people"))
    expect(page.get_by_role("heading", name="Invited")).to_have_count(0)
    page.get_by_role("link", name="Nadia").click()
    page.get_by_label("Role").select_option(label="Viewer")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nadia has the role Viewer now.")).to_be_visible()
    may_not(theirs, "console:invoice_new")
    theirs.goto(reverse("console:invoice_list"))
    expect(theirs.get_by_role("heading", name="Invoices", exact=True)).to_be_visible()
    expect(theirs.get_by_role("link", name="New invoice")).to_have_count(0)

    page.get_by_role("link", name="Nadia").click()
    expect(page.get_by_text("What happened")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog", name="Remove Nadia?")
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Remove the member").click()
    expect(page.get_by_text("Nadia is no longer a member.")).to_be_visible()
    theirs.goto(reverse("console:invoice_list"))
    expect(theirs.get_by_text(f"signed in as {NADIA} and belong to no organization here.")).to_be_visible()
    fits(theirs)
    theirs.get_by_role("button", name="Sign out").click()
    expect(theirs.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


@LOOKS
def test_a_role_that_needs_a_second_factor_is_led_to_it_and_goes_on(
    door: Door, size: tuple[int, int], scheme: str
) -> None:
    page = comes_in(door, member(), size, scheme=scheme)
    organization = Organization.objects.get()
    nadia = make_person(email=NADIA, name="Nadia", password=PASSWORD)
    Membership.objects.create(
        organization=organization, person=nadia, role=Role.ACCOUNTANT, created_at=clock.now(None)
    )
    theirs = door.page(size, scheme=scheme)
    type_password(theirs, nadia)  # second factors are set up by who has just shown the password
    is_in(theirs)
    page.goto(reverse("console:settings_security"))
    expect(page.get_by_role("listitem").filter(has_text="Nadia, Accountant")).to_be_visible()
    page.get_by_label("Accountant").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The security settings are saved.")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Accountant")).to_be_checked()
    expect(page.get_by_label("Owner")).not_to_be_checked()
    fits(page)

    theirs.goto(reverse("console:trial_balance"))
    expect(theirs.get_by_text("Harbour & Pine asks everybody in your role")).to_be_visible()
    fits(theirs)
    theirs.get_by_role("link", name="Set up the app").click()
    secret = theirs.locator("[data-copy]").first.get_attribute("data-copy") or ""
    theirs.get_by_label("Code of the app").fill("12345")
    theirs.get_by_role("button", name="Switch it on").click()
    expect(theirs.locator("#id_code_error")).to_be_visible()
    fits(theirs)
    assert theirs.locator("[data-copy]").first.get_attribute("data-copy") == secret
    step = int(clock.now(None).timestamp()) // 30
    theirs.get_by_label("Code of the app").fill(f"{hotp_value(secret, step):06}")
    theirs.get_by_role("button", name="Switch it on").click()
    expect(theirs.locator(".recovery-codes code")).to_have_count(10)
    fits(theirs)
    theirs.get_by_role("link", name="Go on to the console").click()
    is_in(theirs)
    theirs.goto(reverse("console:trial_balance"))
    expect(theirs.get_by_role("heading", name="Trial balance")).to_be_visible()

    page.goto(reverse("console:settings_people"))
    expect(page.get_by_role("row", name=re.compile(r"Nadia.*set up"))).to_be_visible()
    sign_out(theirs)
    type_password(theirs, nadia)
    theirs.get_by_label("Code").fill(code(nadia, steps=1))
    theirs.get_by_role("button", name="Sign in").click()
    is_in(theirs)


def test_sessions_are_listed_and_one_is_ended(door: Door) -> None:
    person = member()
    here = door.page(WIDE)
    away = door.page(PHONE, user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Safari/604.1")
    for page in (here, away):
        type_password(page, person)
        is_in(page)
    here.goto(reverse("account_profile"))
    end = here.get_by_role("button", name=re.compile("^End the session of Safari · iPhone"))
    expect(end).to_have_count(1)
    expect(here.get_by_text("this session")).to_have_count(1)
    fits_everywhere(here)
    end.click()
    expect(here.get_by_text("1 session is ended.")).to_be_visible()
    expect(end).to_have_count(0)
    expect(here.get_by_role("button", name="End all other sessions")).to_have_count(0)
    away.goto(reverse("console:customer_list"))
    away.locator("#id_login").fill(person.email)
    away.locator("#id_password").fill(PASSWORD)
    away.get_by_role("button", name="Sign in", exact=True).click()
    expect(away).to_have_url(re.compile(re.escape(reverse("console:customer_list")) + "$"))


def test_one_person_works_in_several_organizations(door: Door) -> None:
    person = member()
    make_customer(Organization.objects.get(), name="Grace of the Harbour")
    second = make_organization(name="Second House")
    Membership.objects.create(
        organization=second, person=person, role=Role.VIEWER, created_at=clock.now(None)
    )
    make_customer(second, name="Sam of the Second")
    page, other = comes_in(door, person, PHONE, scheme="dark"), comes_in(door, person)
    customers_of(page, "Grace of the Harbour", but_not="Sam of the Second")

    page.locator("summary.person").click()
    page.get_by_role("button", name="Go to Second House").click()
    expect(page.get_by_text("You are in Second House now.")).to_be_visible()
    customers_of(page, "Sam of the Second", but_not="Grace of the Harbour")
    expect(page.get_by_role("link", name="New customer")).to_have_count(0)
    customers_of(other, "Grace of the Harbour", but_not="Sam of the Second")

    page.locator("summary.person").click()
    fits(page)
    page.get_by_role("link", name="Another organization").click()
    page.get_by_role("button", name="Make the organization").click()
    refused(page, "id_organization", "This field is required.")
    page.get_by_label("Country").select_option("AT")
    page.get_by_label("Name of the organization").fill("Third House")
    page.get_by_role("button", name="Make the organization").dblclick()
    expect(page.get_by_text("Third House is ready.")).to_be_visible()
    assert Organization.objects.get(name="Third House").country == "AT"
    assert sorted(roles_of(person).items()) == [
        ("Harbour & Pine", "owner"),
        ("Second House", "viewer"),
        ("Third House", "owner"),
    ]
    page.goto(reverse("console:customer_list"))
    expect(page.get_by_text("No customers yet")).to_be_visible()

    Membership.objects.filter(person=person, organization__name="Third House").delete()
    page.goto(reverse("console:customer_list"))
    expect(page.get_by_text("You do not belong to that organization any more.")).to_be_visible()
    fits_everywhere(page)


def customers_of(page: Page, name: str, *, but_not: str) -> None:
    page.goto(reverse("console:customer_list"))
    expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_text(but_not)).to_have_count(0)


def roles_of(person: Person) -> dict[str, str]:
    rows = Membership.objects.filter(person=person).values_list("organization__name", "role")
    return dict(rows)
