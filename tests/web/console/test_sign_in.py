"""Signing in and out and a forgotten password, in our looks and words."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.identity.models import Person
from tests.web.console.world import World

PASSWORD = "correct horse battery"


@pytest.fixture
def person(world: World) -> Person:
    cache.clear()  # allauth counts failed tries there
    found = world.member()
    found.set_password(PASSWORD)
    found.save()
    return found


def test_a_member_signs_in_by_e_mail_in_any_case_and_out_again(person: Person) -> None:
    client = Client()
    page = client.get(reverse("account_login")).content.decode()
    assert "plain-title" in page
    entered = client.post(reverse("account_login"), {"login": person.email.upper(), "password": PASSWORD})
    assert entered["Location"] == reverse("console:home")
    assert client.get(reverse("console:home")).status_code == 200
    assert "Stay signed in" in client.get(reverse("account_logout")).content.decode()
    client.post(reverse("account_logout"))
    assert client.get(reverse("console:home")).status_code == 302


def test_a_wrong_password_keeps_the_address_and_tells_nothing_else(person: Person) -> None:
    answers = []
    for address in (person.email, "nobody@example.com"):
        response = Client().post(reverse("account_login"), {"login": address, "password": "wrong"})
        text = response.content.decode()
        assert f'value="{address}"' in text
        assert "Something needs another look" in text
        answers.append(re.findall(r"<li>(.*?)</li>", text))
    assert answers[0] == answers[1] != []


def test_the_session_is_another_one_after_the_sign_in(person: Person) -> None:
    client = Client()
    client.get(reverse("account_login"))
    session = client.session
    session["before"] = "1"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before or ""
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert client.session.session_key != before


def test_a_forgotten_password_is_chosen_anew_by_the_link_in_a_mail(person: Person) -> None:
    client = Client()
    asked = client.post(reverse("account_reset_password"), {"email": person.email}, follow=True)
    assert "Look into your mail" in asked.content.decode()
    (message,) = mail.outbox
    assert message.subject == "Choose a new password for Allsquare"
    link = re.search(r"http://testserver(/\S+)", str(message.body))
    assert link
    form = client.get(link[1], follow=True)
    assert "Choose a new password" in form.content.decode()
    target = form.redirect_chain[-1][0]
    short = client.post(target, {"password1": "short", "password2": "short"})
    assert 'id="id_password1_error"' in short.content.decode() or "another look" in short.content.decode()
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    assert "The password is changed" in client.post(target, new, follow=True).content.decode()
    person.refresh_from_db()
    assert person.check_password("another horse battery")
    assert "This link has ended" in Client().get(link[1], follow=True).content.decode()


def test_an_unknown_address_gets_the_same_page_and_a_mail_that_says_so(person: Person) -> None:
    known = Client().post(reverse("account_reset_password"), {"email": person.email}, follow=True)
    unknown = Client().post(reverse("account_reset_password"), {"email": "nobody@example.com"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert [message.to for message in mail.outbox] == [[person.email], ["nobody@example.com"]]
    assert "nobody signs in with this address" in str(mail.outbox[1].body)


def test_a_mail_server_that_is_down_is_said_in_words(person: Person, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    response = Client().post(reverse("account_reset_password"), {"email": person.email})
    assert response.status_code == 503
    assert "no link was sent" in response.content.decode()


def test_a_password_is_changed_by_who_knows_the_old_one(person: Person) -> None:
    client = Client()
    client.force_login(person)
    url = reverse("account_change_password")
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    wrong = client.post(url, {"oldpassword": "wrong", **new})
    assert "another look" in wrong.content.decode()
    client.post(url, {"oldpassword": PASSWORD, **new})
    person.refresh_from_db()
    assert person.check_password("another horse battery")


def test_every_page_of_the_sign_in_wears_our_looks(person: Person) -> None:
    client = Client()
    client.force_login(person)
    for name in ("account_logout", "account_inactive", "account_change_password"):
        response = client.get(reverse(name))
        assert response.status_code == 200, name
        assert "ui/app.css" in response.content.decode(), name


def test_guessing_is_slowed_down_with_a_page_of_ours(person: Person) -> None:
    url = reverse("account_login")
    statuses = {
        Client().post(url, {"login": person.email, "password": f"guess {n}"}).status_code for n in range(12)
    }
    after = Client().post(url, {"login": person.email, "password": PASSWORD})
    assert after.status_code != 302
    assert statuses <= {200, 429}
