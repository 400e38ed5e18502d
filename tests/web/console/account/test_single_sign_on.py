"""Single sign-on against a real provider on this machine."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Membership, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.invite_member import invite_member
from tests.factories import make_person
from tests.oidc_provider import Provider, provider
from tests.web.console.world import World

__all__ = ["provider"]  # the fixture

PASSWORD = "correct horse battery"


def come(client: Client) -> Any:
    """There, and back again."""
    gone = client.post(reverse("openid_connect_login", args=["sso"]))
    back = httpx.get(gone["Location"], follow_redirects=False, trust_env=False).headers["Location"]
    parts = urlsplit(back)
    return client.get(f"{parts.path}?{parts.query}")


def is_in(client: Client) -> bool:
    return client.get(reverse("console:home")).status_code == 200


def invited(world: World, role: Role = Role.SALES) -> None:
    invite_member(organization=world.organization, email="nadia@example.com", role=role, actor=SYSTEM)


def test_the_button_is_there_when_a_provider_is_and_the_policy_lets_it_work(provider: Provider) -> None:
    page = Client().get(reverse("account_login"))
    assert "Sign in with Harbour ID" in page.content.decode()
    form_action = page["Content-Security-Policy"].split("form-action")[1].split(";")[0]
    assert provider.url in form_action


def test_without_a_provider_there_is_no_button(db: None) -> None:
    assert "openid" not in Client().get(reverse("account_login")).content.decode()
    assert Client().post(reverse("openid_connect_login", args=["sso"])).status_code == 404


def test_a_stranger_is_refused_and_nobody_is_made(provider: Provider, world: World) -> None:
    client = Client()
    refused = come(client)
    assert refused.status_code == 403
    assert "no organization here has invited that address" in refused.content.decode()
    assert not is_in(client)
    assert not Person.objects.filter(email="nadia@example.com").exists()


def test_who_was_invited_joins_without_a_password(provider: Provider, world: World) -> None:
    invited(world)
    client = Client()
    come(client)
    assert is_in(client)
    row = Membership.objects.select_related("person").get(person__email="nadia@example.com")
    assert (row.role, row.person.name, row.person.has_usable_password()) == (Role.SALES, "Nadia", False)
    again = Client()
    come(again)
    assert is_in(again)
    assert Person.objects.filter(email="nadia@example.com").count() == 1


def test_an_installation_may_want_people_to_accept_by_mail_first(
    provider: Provider, world: World, settings: Settings
) -> None:
    settings.ALLSQUARE_OIDC_CREATE = False
    invited(world)
    assert come(Client()).status_code == 403
    assert not Person.objects.filter(email="nadia@example.com").exists()


def test_a_member_is_found_by_the_proven_address(provider: Provider, world: World) -> None:
    nadia = make_person(email="nadia@example.com", password=PASSWORD)
    Membership.objects.create(
        organization=world.organization, person=nadia, role=Role.VIEWER, created_at=nadia.created_at
    )
    client = Client()
    come(client)
    assert is_in(client)
    nadia.refresh_from_db()
    assert not nadia.has_usable_password(), "it was set before anybody had proven the address"


def test_an_address_that_the_provider_does_not_vouch_for_is_none(provider: Provider, world: World) -> None:
    provider.claims["email_verified"] = False
    invited(world)
    nadia = make_person(email="nadia@example.com", password=PASSWORD)
    client = Client()
    assert come(client).status_code == 403
    assert not is_in(client)
    assert not Membership.objects.filter(person=nadia).exists()


def test_who_was_removed_does_not_come_back(provider: Provider, world: World) -> None:
    invited(world)
    come(Client())
    Membership.objects.filter(organization=world.organization, role=Role.SALES).delete()
    client = Client()
    assert come(client).status_code == 403
    assert not is_in(client)


def test_a_token_for_somebody_elses_client_is_refused(provider: Provider, world: World) -> None:
    invited(world)
    provider.audience = "another client"
    client = Client()
    answer = come(client)
    assert "The sign-in did not work" in answer.content.decode()
    assert not is_in(client)


def test_an_answer_that_nobody_asked_for_is_refused(provider: Provider, world: World) -> None:
    invited(world)
    gone = Client().post(reverse("openid_connect_login", args=["sso"]))
    back = urlsplit(httpx.get(gone["Location"], follow_redirects=False, trust_env=False).headers["Location"])
    victim = Client()
    victim.get(f"{back.path}?{back.query}")
    assert not is_in(victim)
