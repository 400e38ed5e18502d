from __future__ import annotations

import pytest

from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.identity.services.change_organization import change_organization
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db


def test_the_event_names_what_changed() -> None:
    organization = make_organization(name="Old name")
    owner = member_actor(organization)
    changed = change_organization(
        organization=organization, actor=owner, name=" New name ", city="Kiel", phone=""
    )
    assert changed == ("name", "city")
    assert Organization.objects.get(id=organization.id).name == organization.name == "New name"
    event = Event.objects.get(organization_id=organization.id, kind="organization.changed")
    assert event.data["fields"] == ["name", "city"]
    assert event.data["before"] == {"name": "Old name", "city": ""}
    assert event.actor_id == owner.id


def test_the_same_again_changes_nothing() -> None:
    organization = make_organization()
    owner = member_actor(organization)
    change_organization(organization=organization, actor=owner, city="Kiel")
    assert change_organization(organization=organization, actor=owner, city="Kiel") == ()
    assert Event.objects.filter(kind="organization.changed").count() == 1


def test_every_wrong_field_is_named_and_nothing_is_kept() -> None:
    organization = make_organization()
    with pytest.raises(FieldErrors) as caught:
        change_organization(
            organization=organization,
            actor=member_actor(organization),
            name="",
            country="QQ",
            iban="DE00",
            time_zone="Mars/North",
            payment_days=4000,
            brand_color="blue",
        )
    assert {"name", "country", "iban", "time_zone", "brand_color"} <= caught.value.errors.keys()
    assert Organization.objects.get(id=organization.id).country == "DE"


def test_a_term_beyond_a_year_is_a_slip() -> None:
    organization = make_organization()
    with pytest.raises(FieldErrors, match="366"):
        change_organization(organization=organization, actor=member_actor(organization), payment_days=367)


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.VIEWER])
def test_others_may_not(role: Role) -> None:
    organization = make_organization()
    with pytest.raises(PermissionDenied):
        change_organization(organization=organization, actor=member_actor(organization, role), name="Mine")
