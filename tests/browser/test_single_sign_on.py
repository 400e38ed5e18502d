"""Single sign-on in a real browser, at a real OpenID Connect provider on this machine."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.invite_member import invite_member
from tests.browser.desk import PHONE, fits_everywhere
from tests.browser.door import Door, door, is_in, member, sign_out
from tests.oidc_provider import Provider, provider

__all__ = ["door", "provider"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(page: Page) -> None:
    page.get_by_role("button", name="Sign in with Harbour ID").click()


def ends(page: Page, heading: str) -> None:
    """There is a way on from each refusal."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    fits_everywhere(page)
    page.get_by_role("link", name="Back to sign-in").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()


def test_a_stranger_is_refused_and_who_was_invited_comes_in(door: Door, provider: Provider) -> None:
    member()
    page = door.page(PHONE, scheme="dark")
    page.goto(reverse("account_login"))
    fits_everywhere(page)
    press(page)
    ends(page, "Nobody has invited you")
    provider.claims["email_verified"] = False
    press(page)
    ends(page, "Nobody has invited you")
    provider.claims["email_verified"] = True
    provider.declines = True
    press(page)
    ends(page, "You did not sign in")
    provider.declines = False
    provider.audience = "another client"
    press(page)
    ends(page, "The sign-in did not work")
    assert not Person.objects.filter(email="nadia@example.com").exists()

    provider.audience = "allsquare"
    invite_member(
        organization=Organization.objects.get(), email="nadia@example.com", role=Role.SALES, actor=SYSTEM
    )
    page.goto(reverse("console:customer_list"))
    press(page)
    expect(page).to_have_url(re.compile(re.escape(reverse("console:customer_list")) + "$"))
    expect(page.get_by_role("link", name="New customer").first).to_be_visible()
    row = Membership.objects.select_related("person").get(person__email="nadia@example.com")
    assert (row.role, row.person.name, row.person.has_usable_password()) == (Role.SALES, "Nadia", False)
    page.goto(reverse("account_profile"))
    expect(page.get_by_text("You have none: you sign in another way.")).to_be_visible()
    fits_everywhere(page)

    sign_out(page)
    press(page)
    is_in(page)
    sign_out(page)
    row.delete()
    press(page)
    ends(page, "Nobody has invited you")
