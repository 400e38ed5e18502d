"""What the catalog refuses."""

from __future__ import annotations

from allsquare.core.errors import Conflict, NotFound


class ItemUnknown(NotFound):
    """No such item in this organization."""

    code = "item_not_found"


class ItemCodeTaken(Conflict):
    """Another item has this code."""

    code = "item_code_taken"
