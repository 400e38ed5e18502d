"""What can go wrong with a sale, in words for whoever buys or for a clerk."""

from __future__ import annotations

from allsquare.core.errors import Conflict, InvalidInput, NotFound


class LinkUnknown(NotFound):
    """No such payment link."""

    code = "payment_link_not_found"


class LinkChanged(Conflict):
    """Somebody else changed the link after it was read."""

    code = "payment_link_changed"


class LinkClosed(Conflict):
    """Nothing is sold by it any more, or not yet again."""

    code = "payment_link_closed"


class SoldOut(Conflict):
    """Less is left than was to be bought."""

    code = "sold_out"


class InvalidSale(InvalidInput):
    """A quantity, price, tip or address that cannot be."""

    code = "invalid_sale"


class SaleUnknown(NotFound):
    """No such sale in this organization."""

    code = "sale_not_found"
