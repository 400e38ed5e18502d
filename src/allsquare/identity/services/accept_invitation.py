"""Somebody who signs in already accepts an invitation."""

from __future__ import annotations

from allsquare.core.transactions import retrying
from allsquare.identity.joining import join, usable
from allsquare.identity.models import Membership, Person


@retrying
def accept_invitation(*, token: str, person: Person, address: str = "", request: str = "") -> Membership:
    """The token is the permission: it was mailed to one address, and only the person of that address may use it.

    Raises ``InvitationUnknown`` and ``WrongPerson``.
    """
    return join(usable(token), person, address, request)
