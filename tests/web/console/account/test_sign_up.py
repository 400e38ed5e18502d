"""Signing up by the form."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.identity.models import Organization, Person
from tests.factories import make_organization

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Ines",
    "email": "ines@harbour.example",
    "password": "correct horse battery",
    "organization": "Harbour & Pine",
    "country": "DE",
    "base_currency": "EUR",
    "time_zone": "Europe/Berlin",
    "language": "de",
}


def test_a_first_visitor_finds_the_way_from_the_sign_in_and_ends_in_their_console() -> None:
    client = Client()
    url = reverse("account_signup")
    assert url in client.get(reverse("account_login")).content.decode()
    assert client.get(url).status_code == 200
    entered = client.post(url, TYPED, follow=True)
    assert entered.redirect_chain == [(reverse("console:home"), 302)]
    assert "Harbour &amp; Pine" in entered.content.decode()
    organization = Organization.objects.get()
    assert (organization.country, organization.language) == ("DE", "de")


def test_afterwards_strangers_are_told_that_they_need_an_invitation() -> None:
    make_organization()
    client = Client()
    assert reverse("account_signup") not in client.get(reverse("account_login")).content.decode()
    assert "By invitation only" in client.get(reverse("account_signup")).content.decode()
    refused = client.post(reverse("account_signup"), TYPED)
    assert refused.status_code == 403
    assert not Person.objects.exists()


def test_the_form_is_filled_with_what_the_browser_lets_guess() -> None:
    page = Client().get(reverse("account_signup"), headers={"Accept-Language": "en;q=0.5, de-AT, *;q=x"})
    text = page.content.decode()
    assert '<option value="AT" selected>' in text
    assert '<option value="Europe/Vienna" selected>' in text
    assert '<option value="de" selected>' in text


def test_what_is_wrong_is_said_at_its_field_and_the_password_is_not_sent_back() -> None:
    page = Client().post(reverse("account_signup"), {**TYPED, "email": "nothing", "password": "password12"})
    text = page.content.decode()
    assert page.status_code == 422
    assert 'id="id_email_error"' in text
    assert "password12" not in text
    weak = Client().post(reverse("account_signup"), {**TYPED, "password": "password12"})
    assert 'id="id_password_error"' in weak.content.decode()


def test_a_second_press_ends_in_the_same_console() -> None:
    first, second = Client(), Client()
    first.post(reverse("account_signup"), TYPED)
    again = second.post(reverse("account_signup"), TYPED)
    assert again["Location"] == reverse("console:home")
    assert Organization.objects.count() == 1


def test_tries_are_counted(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "1/m/ip"}
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.post(reverse("account_signup"), {})
    assert client.post(reverse("account_signup"), TYPED).status_code == 429
