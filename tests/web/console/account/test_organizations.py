"""Several organizations of one person."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.core.ids import new_id
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from tests.factories import make_organization, make_person

pytestmark = pytest.mark.django_db


def join(person: Person, name: str, role: Role) -> Organization:
    organization = make_organization(name=name)
    Membership.objects.create(organization=organization, person=person, role=role, created_at=clock.now(None))
    return organization


@pytest.fixture
def person() -> Person:
    return make_person()


@pytest.fixture
def client(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_person_goes_over_to_another_organization_with_another_role(person: Person, client: Client) -> None:
    join(person, "First House", Role.OWNER)
    second = join(person, "Second House", Role.VIEWER)
    home = client.get(reverse("console:home")).content.decode()
    assert "Go to Second House" in home
    assert client.get(reverse("console:invoice_new")).status_code == 200
    moved = client.post(reverse("account_switch_organization"), {"organization": str(second.id)}, follow=True)
    assert "You are in Second House now." in moved.content.decode()
    assert "Go to First House" in moved.content.decode()
    assert client.get(reverse("console:invoice_new")).status_code == 403


def test_another_browser_stays_where_it_is(person: Person, client: Client) -> None:
    join(person, "First House", Role.OWNER)
    second = join(person, "Second House", Role.OWNER)
    other = Client()
    other.force_login(person)
    client.post(reverse("account_switch_organization"), {"organization": str(second.id)})
    assert "Go to Second House" in other.get(reverse("console:home")).content.decode()


@pytest.mark.parametrize("chosen", ["", "nonsense", "00000000-0000-7000-8000-000000000000"])
def test_nobody_goes_where_they_do_not_belong(chosen: str, person: Person, client: Client) -> None:
    join(person, "First House", Role.OWNER)
    foreign = make_organization(name="Somebody Else")
    for organization in (chosen, str(foreign.id)):
        answer = client.post(reverse("account_switch_organization"), {"organization": organization})
        assert answer.status_code == 404
    assert "First House" in client.get(reverse("console:home")).content.decode()


def test_who_is_removed_is_out_at_once_and_told_so(person: Person, client: Client) -> None:
    join(person, "First House", Role.OWNER)
    second = join(person, "Second House", Role.OWNER)
    client.post(reverse("account_switch_organization"), {"organization": str(second.id)})
    Membership.objects.filter(organization=second, person=person).delete()
    page = client.get(reverse("console:home")).content.decode()
    assert "You do not belong to that organization any more." in page
    assert "First House" in page
    assert "Second House" not in page.replace("You are in Second House now.", "")


def test_a_member_makes_another_organization_once(person: Person, client: Client) -> None:
    join(person, "First House", Role.VIEWER)
    url = reverse("account_new_organization")
    form = client.get(url).context["form"]
    typed = {
        "organization": "My Own",
        "country": "AT",
        "base_currency": "EUR",
        "time_zone": "Europe/Vienna",
        "language": "de",
        "key": form["key"].value(),
    }
    for _press in range(2):
        made = client.post(url, typed)
        assert made["Location"] == reverse("console:home")
    own = Organization.objects.get(name="My Own")
    assert Membership.objects.get(organization=own).role == Role.OWNER
    home = client.get(reverse("console:home"))
    assert (home.headers["Content-Language"], "First House" in home.text) == ("de", True)


def test_strangers_sign_in_first(db: None) -> None:
    for name in ("account_new_organization", "account_switch_organization"):
        answer = Client().post(reverse(name), {"organization": str(new_id())})
        assert answer["Location"].startswith(reverse("account_login"))
