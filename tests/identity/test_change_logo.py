"""A logo is a picture of a bounded size, and only who manages the settings changes it."""

from __future__ import annotations

import pytest

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.identity.services.change_logo import MAX_LOGO, change_logo
from tests.factories import make_organization, member_actor

pytestmark = pytest.mark.django_db


def test_a_logo_is_kept_and_told() -> None:
    organization = make_organization()
    change_logo(organization=organization, data=b"<svg/>", media_type="image/svg+xml", actor=SYSTEM)
    stored = Organization.objects.get(id=organization.id)
    assert (bytes(stored.logo), stored.logo_type) == (b"<svg/>", "image/svg+xml")
    change_logo(organization=organization, data=b"", media_type="image/png", actor=SYSTEM)
    assert (bytes(organization.logo), organization.logo_type) == (b"", "")
    assert (
        Event.objects.filter(organization_id=organization.id, kind="organization.logo_changed").count() == 2
    )


@pytest.mark.parametrize(("data", "media_type"), [(b"x", "text/html"), (b"x" * (MAX_LOGO + 1), "image/png")])
def test_what_is_no_logo_is_refused(data: bytes, media_type: str) -> None:
    organization = make_organization()
    with pytest.raises(FieldErrors) as refused:
        change_logo(organization=organization, data=data, media_type=media_type, actor=SYSTEM)
    assert "logo" in refused.value.errors


def test_a_clerk_may_not_change_it() -> None:
    organization = make_organization()
    with pytest.raises(PermissionDenied):
        change_logo(
            organization=organization,
            data=b"x",
            media_type="image/png",
            actor=member_actor(organization, Role.BILLING_CLERK),
        )
