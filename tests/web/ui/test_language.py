"""A page speaks the person's language, else the organization's, else the one that was chosen, else the browser's."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.web.ui.language import speak, spoken
from tests.factories import make_organization, make_person, member_actor

pytestmark = pytest.mark.django_db

GERMAN = {"accept-language": "de-DE,de;q=0.9"}


def test_a_stranger_reads_the_browsers_language() -> None:
    answer = Client(headers=GERMAN).get("/accounts/login/")
    assert answer.headers["Content-Language"] == "de"
    assert '<html lang="de"' in answer.text
    assert "Anmelden" in answer.text
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_switch_is_remembered_by_the_browser_and_leads_back() -> None:
    client = Client(headers=GERMAN)
    switched = client.post(
        reverse("set_language"), {"language": "en", "next": "/accounts/login/?next=/invoices/"}
    )
    assert (switched.status_code, switched.headers["Location"]) == (302, "/accounts/login/?next=/invoices/")
    assert client.get("/accounts/login/").headers["Content-Language"] == "en"
    elsewhere = client.post(reverse("set_language"), {"language": "de", "next": "https://evil.example/"})
    assert elsewhere.headers["Location"] == "/"
    assert client.get("/accounts/login/").headers["Content-Language"] == "de"
    assert client.get(reverse("set_language")).status_code == 405


@pytest.mark.parametrize(
    ("person_language", "organization_language", "page"),
    [
        ("", "en", "en"),
        ("", "de", "de"),
        ("en", "de", "en"),
        ("de", "en", "de"),
        ("de", "fr", "de"),
        ("", "fr", "de"),
    ],
)
def test_the_console_speaks_the_persons_language_else_the_organizations(
    person_language: str, organization_language: str, page: str
) -> None:
    organization = make_organization(language=organization_language)
    client = member_client(organization, person_language)
    answer = client.get("/", headers=GERMAN)
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == page


def test_a_page_that_is_not_there_speaks_the_persons_language() -> None:
    client = member_client(make_organization(), "de")
    answer = client.get("/nowhere/")
    assert (answer.status_code, answer.headers["Content-Language"]) == (404, "de")
    assert "Hier ist nichts" in answer.text


def test_a_refusal_of_a_service_speaks_it_too() -> None:
    client = member_client(make_organization(language="de"), "", Role.VIEWER)
    answer = client.get(reverse("console:journal"))
    assert answer.status_code == 403
    assert "Ihre Rolle erlaubt das nicht (die Bücher sehen)." in answer.text


def member_client(organization: Organization, language: str, role: Role = Role.OWNER) -> Client:
    person = make_person(email=f"{role}@example.com")
    person.language = language
    person.save()
    member_actor(organization, role, person)
    client = Client()
    client.force_login(person)
    return client


def test_only_languages_that_we_speak() -> None:
    tags = ("de-AT", "en", "fr", "nonsense tag", "")
    assert [spoken(tag) for tag in tags] == ["de-at", "en", None, None, None]
    request = RequestFactory().get("/")
    with translation.override("en"):
        speak(request, "", "fr", "de-AT", "en")
        assert translation.get_language() == request.LANGUAGE_CODE == "de-at"
        speak(request, "fr")
        assert translation.get_language() == "de-at"


def test_who_is_signed_in_takes_the_switch_along_to_every_browser() -> None:
    client = member_client(make_organization(), "en")
    client.post(reverse("set_language"), {"language": "de", "next": "/"})
    assert client.get("/").headers["Content-Language"] == "de"
    client.cookies.pop("allsquare_language")
    assert client.get("/").headers["Content-Language"] == "de"
    client.post(reverse("set_language"), {"language": "klingon", "next": "/"})
    assert client.get("/").headers["Content-Language"] == "de"
