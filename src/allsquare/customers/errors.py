"""What the customers' room refuses."""

from __future__ import annotations

from allsquare.core.errors import NotFound


class CustomerUnknown(NotFound):
    """No such customer in this organization."""

    code = "customer_not_found"
