"""Strangers in front of the server: browsers in which nobody is signed in yet, and how people come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from allsquare.core import clock, encryption
from allsquare.core.models import RateCounter
from allsquare.identity.models import Membership, Person
from allsquare.identity.roles import Role
from tests.browser.desk import PHONE, WIDE, watched
from tests.factories import make_organization, make_person

PASSWORD = "correct horse battery"


@dataclass
class Door:
    """Browsers of strangers in front of the server."""

    browser: Browser
    base_url: str
    complaints: list[str] = field(default_factory=list)

    def page(self, size: tuple[int, int] = WIDE, *, scheme: str = "light", **more: Any) -> Page:
        """A new browser. What it complains of fails the test."""
        context = self.browser.new_context(
            base_url=self.base_url,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if scheme == "dark" else "light",
            **{"has_touch": size == PHONE, **more},
        )
        return watched(context.new_page(), self.complaints, scripts=more.get("java_script_enabled", True))


@pytest.fixture
def door(server: str, chromium: Browser, db: None) -> Iterator[Door]:
    """All browsers of this machine are one network to the limits, so nothing is counted yet."""
    cache.clear()
    RateCounter.objects.all().delete()
    door = Door(chromium, server)
    yield door
    assert door.complaints == []


def member(name: str = "Harbour & Pine", role: Role = Role.OWNER, person: Person | None = None) -> Person:
    person = person or make_person(email="ines@harbour.example", name="Ines", password=PASSWORD)
    organization = make_organization(name=name)
    Membership.objects.create(organization=organization, person=person, role=role, created_at=clock.now(None))
    return person


def type_password(page: Page, person: Person) -> None:
    page.goto(reverse("account_login"))
    page.locator("#id_login").fill(person.email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def is_in(page: Page) -> None:
    expect(page.locator(".sidenav, .topbar-menu").first).to_be_attached()


def sign_out(page: Page) -> None:
    page.goto(reverse("account_logout"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def code(person: Person, *, steps: int = 0) -> str:
    """What the app on the phone shows, or will show."""
    secret = encryption.decrypt(Authenticator.objects.get(user=person, type="totp").data["secret"])
    return f"{hotp_value(secret, int(clock.now(None).timestamp()) // 30 + steps):06}"


def comes_in(door: Door, person: Person, size: tuple[int, int] = WIDE, *, scheme: str = "light") -> Page:
    """A browser in which this member is signed in already, for what is not about signing in."""
    client = Client()
    client.force_login(person)
    page = door.page(size, scheme=scheme)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": door.base_url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]  # a cookie by its address
    return page
