"""Somebody new accepts an invitation, and signs in with the address it was mailed to from then on."""

from __future__ import annotations

from allsquare.core.transactions import retrying
from allsquare.identity.joining import join, usable
from allsquare.identity.models import Membership
from allsquare.identity.services.create_person import create_person


@retrying
def join_as_new_person(
    *, token: str, name: str, password: str, address: str = "", request: str = ""
) -> Membership:
    """The token is the permission. Raises ``InvitationUnknown`` and ``FieldErrors``."""
    invitation = usable(token)
    person = create_person(email=invitation.email, name=name, password=password)
    return join(invitation, person, address, request)
