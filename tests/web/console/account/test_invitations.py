"""Following the link of an invitation."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_token
from allsquare.identity.models import Invitation, Membership, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.invite_member import invite_member
from tests.factories import make_person
from tests.web.console.world import World

PASSWORD = "correct horse battery"


@pytest.fixture
def invitation(world: World) -> Invitation:
    return invite_member(
        organization=world.organization, email="nadia@example.com", role=Role.VIEWER, actor=SYSTEM
    )


def url(invitation: Invitation) -> str:
    return reverse("account_invitation", args=[invitation.token])


def test_somebody_new_chooses_a_name_and_a_password_and_is_in(invitation: Invitation) -> None:
    client = Client()
    page = client.get(url(invitation)).content.decode()
    assert "nadia@example.com" in page
    assert "Viewer" in page
    weak = client.post(url(invitation), {"name": "Nadia", "password": "password12"})
    assert weak.status_code == 422
    entered = client.post(url(invitation), {"name": "Nadia", "password": PASSWORD}, follow=True)
    assert "Welcome to" in entered.content.decode()
    assert Membership.objects.get(person__email="nadia@example.com").role == Role.VIEWER
    over = Client().get(url(invitation))
    assert over.status_code == 404
    assert "This invitation is over" in over.content.decode()


def test_somebody_known_signs_in_first_and_comes_back(invitation: Invitation) -> None:
    nadia = make_person(email="nadia@example.com", password=PASSWORD)
    client = Client()
    asked = client.post(url(invitation))
    assert asked["Location"].startswith(reverse("account_login"))
    typed = {"login": nadia.email, "password": PASSWORD, "next": url(invitation)}
    assert client.post(reverse("account_login"), typed)["Location"] == url(invitation)
    assert not Membership.objects.filter(person=nadia).exists()
    assert client.post(url(invitation))["Location"] == reverse("console:home")
    assert Membership.objects.get(person=nadia).role == Role.VIEWER


def test_somebody_else_is_told_so_and_signs_out_to_go_on(world: World, invitation: Invitation) -> None:
    client = world.client(Role.SALES)
    page = client.get(url(invitation)).content.decode()
    assert "You are signed in as somebody else" in page
    assert client.post(url(invitation)).status_code == 200
    assert not Membership.objects.filter(person__email="nadia@example.com").exists()
    out = client.post(reverse("account_logout"), {"next": url(invitation)})
    assert out["Location"] == url(invitation)


def test_made_up_links_are_all_alike_and_counted(db: None) -> None:
    client = Client(REMOTE_ADDR="192.0.2.55")
    answers = [client.post(reverse("account_invitation", args=[new_token()])).status_code for _ in range(25)]
    assert answers[:20] == [404] * 20
    assert answers[20:] == [429] * 5
    assert not Person.objects.exists()
