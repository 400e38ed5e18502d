"""What people fill in of a payment link, and a mark of it."""

from __future__ import annotations

from typing import Final, TypedDict

from allsquare.catalog.models import Item
from allsquare.core.idempotency import input_hash
from allsquare.selling.models import PaymentLink


class LinkDetails(TypedDict, total=False):
    """See the model."""

    name: str
    description: str
    item: Item | None
    currency: str
    tax_category: str
    price_minor: int | None
    least_minor: int
    suggested: list[int]
    tips: list[int]
    most: int
    limit: int | None
    ends_on: object


#: The item is marked by its id.
_MARKED: Final = (*sorted(LinkDetails.__annotations__.keys() - {"item"}), "item_id")


def mark_of_link(link: PaymentLink) -> str:
    """Another text whenever something is another that people fill in: tells who opened a form that it was changed
    meanwhile. Of a link as it was read, not as it was just written."""
    return input_hash({"details": [str(getattr(link, name)) for name in _MARKED]}).hex()
