"""Signing up and in with a real browser: codes, passkeys, recovery codes, invitations, organizations, sessions."""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import hotp_value
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Membership, Organization
from allsquare.identity.roles import Role
from allsquare.identity.services.invite_member import invite_member
from tests.browser.desk import PHONE, WIDE
from tests.browser.door import PASSWORD, Door, code, door, is_in, member, sign_out, type_password
from tests.browser.reader import complaints
from tests.factories import make_organization, make_person

__all__ = ["door"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def with_authenticator(context: BrowserContext, page: Page) -> None:
    """A phone with a fingerprint reader, as Chromium plays one (WebAuthn, section 11)."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_first_visitor_signs_up_on_a_phone_and_the_browser_fills_in_the_rest(door: Door) -> None:
    page = door.page(PHONE, timezone_id="Europe/Vienna", locale="en-US")
    page.goto(reverse("account_login"))
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Your name").fill("Ines")
    page.get_by_label("E-mail address").fill("ines@harbour.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name of the organization").fill("Harbour & Pine")
    expect(page.get_by_label("Country")).to_have_value("AT")
    assert page.locator("body").evaluate("() => document.documentElement.scrollWidth") == PHONE[0]
    page.get_by_role("button", name="Sign up").click()
    is_in(page)
    made = Organization.objects.get()
    assert (made.country, made.base_currency, made.time_zone) == ("AT", "EUR", "Europe/Vienna")


def test_what_a_visitor_chose_stays_chosen(door: Door) -> None:
    page = door.page(timezone_id="Europe/Vienna", locale="en-US")
    page.goto(reverse("account_signup"))
    page.get_by_label("Currency of the books").select_option("CHF")
    page.get_by_label("Country").select_option("NO")
    expect(page.get_by_label("Currency of the books")).to_have_value("CHF")
    page.get_by_text("Time zone and language").click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Oslo")


def test_an_app_is_set_up_and_then_asked_for_and_a_recovery_code_helps(door: Door) -> None:
    person = member()
    page = door.page()
    type_password(page, person)
    page.goto(reverse("mfa_index"))
    page.get_by_role("link", name="Set up the app").click()
    picture = page.get_by_alt_text("QR code with the key below")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100
    secret = page.locator("[data-copy]").first.get_attribute("data-copy") or ""
    step = int(clock.now(None).timestamp()) // 30
    page.get_by_label("Code of the app").fill(f"{hotp_value(secret, step):06}")
    page.get_by_role("button", name="Switch it on").click()
    shown = page.locator(".recovery-codes code")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()

    sign_out(page)
    type_password(page, person)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_label("Code").fill(code(person, steps=-3))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("used already").first).to_be_visible()
    page.get_by_label("Code").fill(code(person, steps=1))
    page.get_by_role("button", name="Sign in").click()
    is_in(page)

    sign_out(page)
    type_password(page, person)
    page.get_by_label("Code").fill(codes[3])
    page.get_by_role("button", name="Sign in").click()
    is_in(page)


def test_a_passkey_is_added_and_signs_in_without_a_password(door: Door) -> None:
    person = member()
    page = door.page()
    with_authenticator(page.context, page)
    type_password(page, person)
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(reverse("mfa_list_webauthn"))
    expect(page.get_by_text("Passkey 1", exact=True)).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    is_in(page)

    sign_out(page)
    type_password(page, person)
    page.get_by_role("button", name="Use a passkey").click()
    is_in(page)


def test_a_browser_without_the_passkey_says_so_in_words(door: Door) -> None:
    member()
    page = door.page()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")  # Chromium's own dialog stays away; there is no authenticator at all
    page.goto(reverse("account_login"))
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("The passkey was not used.")).to_be_visible()


def test_an_invitation_is_accepted_and_another_organization_is_one_click_away(door: Door) -> None:
    nadia = member("First House", person=make_person(email="nadia@example.com", password=PASSWORD))
    second = make_organization(name="Second House")
    invitation = invite_member(organization=second, email="nadia@example.com", role=Role.VIEWER, actor=SYSTEM)
    page = door.page()
    page.goto(reverse("account_invitation", args=[invitation.token]))
    page.get_by_role("button", name="Sign in to join").click()
    page.locator("#id_login").fill(nadia.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("Welcome to Second House.")).to_be_visible()
    page.locator("summary.person").click()
    page.get_by_role("button", name="Go to First House").click()
    expect(page.get_by_text("You are in First House now.")).to_be_visible()


def test_somebody_new_joins_by_a_link(door: Door) -> None:
    organization = make_organization(name="Second House")
    invitation = invite_member(
        organization=organization, email="new@example.com", role=Role.SALES, actor=SYSTEM
    )
    page = door.page(PHONE)
    page.goto(reverse("account_invitation", args=[invitation.token]))
    page.get_by_label("Your name").fill("Noor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_text("Welcome to Second House.")).to_be_visible()


def test_a_session_is_ended_from_another_browser(door: Door) -> None:
    person = member()
    here, there = door.page(), door.page(PHONE)
    for page in (here, there):
        type_password(page, person)
        is_in(page)
    here.goto(reverse("account_profile"))
    here.get_by_role("button", name="End all other sessions").click()
    expect(here.get_by_text("1 session is ended.")).to_be_visible()
    there.goto(reverse("console:home"))
    expect(there.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_scripts_people_sign_up_and_in(door: Door) -> None:
    page = door.page(java_script_enabled=False, locale="de-DE")
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": door.base_url}])
    page.goto(reverse("account_signup"))
    page.locator("#id_name").fill("Ines")
    page.locator("#id_email").fill("ines@harbour.example")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_organization").fill("Harbour & Pine")
    expect(page.locator("#id_country")).to_have_value("DE")
    page.locator("form[action*=signup] button[type=submit]").click()
    is_in(page)


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_axe_finds_nothing_on_the_pages_of_people(door: Door, size: tuple[int, int], scheme: str) -> None:
    page = door.page(size, scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    broken = look(page, size, [reverse("account_login"), reverse("account_signup")])
    person = member()
    second = make_organization(name="Second House")
    Membership.objects.create(organization=second, person=person, role=Role.OWNER, created_at=clock.now(None))
    waiting = invite_member(organization=second, email="invited@example.com", role=Role.VIEWER, actor=SYSTEM)
    broken += look(page, size, [reverse("account_invitation", args=[waiting.token])])
    type_password(page, person)
    page.goto(reverse("account_profile"))
    page.get_by_role("button", name="Open Second House").click()
    broken += look(
        page,
        size,
        [
            reverse("account_profile"),
            reverse("account_new_organization"),
            reverse("mfa_index"),
            reverse("mfa_activate_totp"),
            reverse("mfa_add_webauthn"),
        ],
    )
    assert broken == []


def look(page: Page, size: tuple[int, int], addresses: list[str]) -> list[tuple[str, str, str]]:
    broken = []
    for address in addresses:
        page.goto(address)
        if page.locator("body").evaluate("() => document.documentElement.scrollWidth") != size[0]:
            broken.append((address, "wider than the window", ""))
        broken += [(address, *each) for each in complaints(page)]
    return broken
