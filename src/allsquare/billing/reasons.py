"""Reasons that a person gives, checked: they stay in the record."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _

from allsquare.core import checks
from allsquare.core.errors import FieldErrors, InvalidInput

LONGEST_REASON: Final = 200


def checked_reason(reason: str, *, missing: str) -> str:
    """Without spaces around it. Raises :class:`FieldErrors` for what cannot be kept, and with ``missing`` for none."""
    try:
        tidied = checks.storable(reason.strip())
    except InvalidInput as error:
        raise FieldErrors({"reason": error.message}) from error
    if not tidied:
        raise FieldErrors({"reason": missing})
    if len(tidied) > LONGEST_REASON:
        raise FieldErrors({"reason": _("Say it in %(most)s characters.") % {"most": LONGEST_REASON}})
    return tidied
