"""What the organizations' room refuses."""

from __future__ import annotations

from allsquare.core.errors import Conflict, NotFound


class NotInRehearsal(Conflict):
    """Only a rehearsal can do this: in real books time and money are as they are."""

    code = "not_in_rehearsal"


class AlreadyMember(Conflict):
    """The person is a member already, in another role."""

    code = "already_member"


class ViewUnknown(NotFound):
    """The person has no such saved view here."""

    code = "view_unknown"


class TooManyViews(Conflict):
    """The person keeps as many views of the list as fit."""

    code = "too_many_views"
