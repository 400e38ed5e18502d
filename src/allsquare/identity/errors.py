"""What the organizations' room refuses."""

from __future__ import annotations

from allsquare.core.errors import Conflict, NotFound


class NotInRehearsal(Conflict):
    """Only a rehearsal can do this: in real books time and money are as they are."""

    code = "not_in_rehearsal"


class AlreadyMember(Conflict):
    """The person is a member already, in another role."""

    code = "already_member"


class InvitationUnknown(NotFound):
    """There is no such invitation, or none any more: accepted, withdrawn and expired ones look the same."""

    code = "invitation_unknown"


class WrongPerson(Conflict):
    """The invitation is for another address than that of whoever is signed in."""

    code = "invitation_for_another"


class LastOwner(Conflict):
    """An organization without an owner would be nobody's."""

    code = "last_owner"


class MemberUnknown(NotFound):
    """There is no such member in this organization."""

    code = "member_unknown"


class ViewUnknown(NotFound):
    """The person has no such saved view here."""

    code = "view_unknown"


class TooManyViews(Conflict):
    """The person keeps as many views of the list as fit."""

    code = "too_many_views"
