"""Reading organizations and memberships."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.errors import NotFound
from allsquare.identity.models import Membership, Organization, Person, SavedView


def get_organization(organization_id: UUID) -> Organization:
    """Raises :class:`NotFound`."""
    found = Organization.objects.filter(id=organization_id).first()
    if found is None:
        raise NotFound(_("There is no such organization."))
    return found


def memberships_of(person: Person) -> list[Membership]:
    """The person's memberships with their organizations (without the pictures), the oldest first."""
    mine = Membership.objects.filter(person=person).select_related("organization")
    return list(mine.defer("organization__logo").order_by("created_at", "id"))


def membership_of(person: Person, organization_id: UUID | None) -> Membership | None:
    """The person's membership in the organization asked for, else in the one they joined first."""
    mine = memberships_of(person)
    chosen = (row for row in mine if row.organization_id == organization_id)
    return next(chosen, None) or (mine[0] if mine else None)


def members_of(organization: Organization) -> list[Membership]:
    """With their people, in the order in which they joined."""
    found = Membership.objects.filter(organization=organization).select_related("person")
    return list(found.order_by("created_at", "id"))


def people_told_of_payments(organization: Organization) -> list[Person]:
    """Active owners and administrators, who get the notice that money came in."""
    memberships = Membership.objects.filter(
        organization=organization, role__in=["owner", "administrator"], person__is_active=True
    ).select_related("person")
    return [membership.person for membership in memberships.order_by("created_at", "id")]


def views_of(organization: Organization, person_id: UUID, list_name: str) -> list[SavedView]:
    """How the person likes to see a list: by name, first the nameless one that holds its columns."""
    mine = SavedView.objects.filter(organization=organization, person_id=person_id, list_name=list_name)
    return list(mine.order_by("name", "id"))


def has_organizations() -> bool:
    """Has anybody signed up in this installation?"""
    return Organization.objects.exists()


def organizations() -> list[Organization]:
    """All of them, oldest first: for the proofs of ``allsquare verify``."""
    return list(Organization.objects.order_by("created_at", "id"))
