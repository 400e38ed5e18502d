"""What the customers' room refuses."""

from __future__ import annotations

from allsquare.core.errors import Conflict, NotFound


class CustomerUnknown(NotFound):
    """No such customer in this organization."""

    code = "customer_not_found"


class ContactUnknown(NotFound):
    """No such contact in this organization."""

    code = "contact_not_found"


class NoteUnknown(NotFound):
    """No such note in this organization."""

    code = "note_not_found"


class GroupUnknown(NotFound):
    """No such group of customers in this organization."""

    code = "customer_group_not_found"


class GroupInUse(Conflict):
    """Rules speak of the group."""

    code = "customer_group_in_use"
