"""What the organizations' room refuses."""

from __future__ import annotations

from allsquare.core.errors import Conflict


class AlreadyMember(Conflict):
    """The person is a member already, in another role."""

    code = "already_member"
