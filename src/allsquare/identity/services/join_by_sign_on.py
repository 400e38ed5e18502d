"""Somebody whose address a sign-on provider has proven joins every organization that invited that address."""

from __future__ import annotations

from django.utils.translation import gettext as _

from allsquare.core.transactions import retrying
from allsquare.identity.errors import InvitationUnknown
from allsquare.identity.joining import join, usable
from allsquare.identity.models import Person
from allsquare.identity.selectors import invitations_of, person_of


@retrying
def join_by_sign_on(*, email: str, name: str, create: bool, address: str = "", request: str = "") -> Person:
    """The invitation is the permission. A new person has no password and may set one later; ``create`` says whether
    there may be new ones. Raises :class:`InvitationUnknown` when nobody invited the address."""
    person, invitations = person_of(email), invitations_of(email)
    if not invitations or (person is None and not create):
        raise InvitationUnknown(_("Nobody has invited this address."))
    if person is None:
        person = Person.objects.create_user(email, None, name=name[:200])
    for invitation in invitations:
        join(usable(invitation.token), person, address, request)
    return person
