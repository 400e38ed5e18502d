from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.notifications.errors import NotDelivered
from tests.web.console.world import World

URL, TEST = reverse("console:settings_mail"), reverse("console:mail_test")


def test_the_sender_is_chosen(world: World, owner: Client) -> None:
    assert owner.post(URL, {"mail_name": "Billing", "reply_to": "a@b.example"}).status_code == 302
    saved = Organization.objects.get(id=world.organization.id)
    assert (saved.mail_name, saved.reply_to) == ("Billing", "a@b.example")
    assert 'id="id_reply_to_error"' in owner.post(URL, {"reply_to": "nobody"}).text


def test_a_test_goes_to_oneself_and_says_what_went_wrong(world: World, owner: Client) -> None:
    assert "took a mail" in owner.post(TEST, {"recipient": "else@where.example"}, follow=True).text
    assert len(outbox.outbox) == 1
    assert outbox.outbox[0].to[0].startswith("person")
    assert Event.objects.filter(kind="mail.tested").count() == 1
    trouble = NotDelivered("The mail server cannot be reached: refused")
    with patch("allsquare.notifications.services.send_test_mail.deliver", side_effect=trouble):
        said = owner.post(TEST, follow=True).text
    assert "did not go out" in said
    assert "cannot be reached: refused" in said


def test_tests_are_limited(world: World, owner: Client) -> None:
    for _ in range(11):
        last = owner.post(TEST, follow=True).text
    assert len(outbox.outbox) == 10
    assert "Wait a little" in last


@pytest.mark.parametrize("password", ["hunter-2-secret", ""])
def test_the_server_is_shown_without_its_password(
    world: World, owner: Client, settings: Settings, password: str
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_HOST_PASSWORD = "smtp.harbour.example", password
    page = owner.get(URL).text
    assert "smtp.harbour.example" in page
    assert "hunter-2" not in page


def test_the_language_of_the_organization(world: World, owner: Client) -> None:
    address = reverse("console:settings_languages")
    assert owner.post(address, {"language": "de"}).status_code == 302
    assert Organization.objects.get(id=world.organization.id).language == "de"
    assert owner.post(address, {"language": "xx"}).status_code == 422
