"""Organizations, people and their memberships; the bases of every row that belongs to an organization."""

from allsquare.identity.models.invitation import Invitation
from allsquare.identity.models.organization import Organization, TenantFact, TenantModel
from allsquare.identity.models.person import Membership, Person
from allsquare.identity.models.saved_view import SavedView
from allsquare.identity.models.session import PersonSession

__all__ = [
    "Invitation",
    "Membership",
    "Organization",
    "Person",
    "PersonSession",
    "SavedView",
    "TenantFact",
    "TenantModel",
]
