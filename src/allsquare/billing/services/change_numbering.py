"""How invoices, or credit notes, are numbered from now on."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from allsquare.billing.errors import NumbersInUse
from allsquare.billing.models import NumberSeries
from allsquare.billing.numbering import INVOICES, MAX_WIDTH, PREFIXES, ensure_series, is_taken
from allsquare.billing.selectors import is_anything_numbered
from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: A prefix ends in no digit, so that "INV-1" and number 00002 can never be "INV-" and number 100002.
_PREFIX = re.compile(r"(?:[\w./# -]{0,19}[^\W\d]|[\w./# -]{0,19}[./#-])?")
_LARGEST = 10**12


@retrying
def change_numbering(
    *,
    organization: Organization,
    begins_with: str,
    width: int,
    next_number: int,
    actor: Actor,
    kind: str = INVOICES,
) -> NumberSeries:
    """``kind`` is ``INVOICES`` or ``CREDIT_NOTES``, ``width`` how many digits the number has at least. Numbers that
    were given stay as they are, and the two kinds never begin alike, nor as the other once did.

    The counter can be chosen until the first document has its number; from then on it only counts, so that there is
    never a gap. Asking twice changes nothing. Raises ``FieldErrors`` and :class:`NumbersInUse`.
    """
    require(organization, actor, Permission.MANAGE_SETTINGS)
    text = begins_with.strip()
    # All of them, in one order: nobody begins, or renames, the other series meanwhile.
    locked = {each: ensure_series(organization, each) for each in sorted(PREFIXES)}
    series = locked.pop(kind)
    errors: dict[str, str] = {}
    if not _PREFIX.fullmatch(text):
        errors["begins_with"] = _(
            "Use at most 20 letters, digits and the signs - . / #, and no digit at the end: a dash keeps it apart."
        )
    elif any(other.prefix == text for other in locked.values()) or (
        text != series.prefix and is_taken(organization, text, kind=kind)
    ):
        errors["begins_with"] = _(
            "Invoices and credit notes must not begin alike: two documents could have one number."
        )
    if not 1 <= width <= MAX_WIDTH:
        errors["width"] = _("Choose between 1 and %(most)s digits.") % {"most": MAX_WIDTH}
    if not 1 <= next_number < _LARGEST:
        errors["next_number"] = _("Begin with 1 or more.")
    if errors:
        raise FieldErrors(errors)
    if next_number != series.next_number and is_anything_numbered(organization, kind):
        raise NumbersInUse(
            _(
                "The next number is %(number)s: documents have numbers already, and a gap could not be explained."
            )
            % {"number": series.next_number},
            field="next_number",
        )
    before = (series.prefix, series.width, series.next_number)
    if (text, width, next_number) == before:
        return series
    series.prefix, series.width, series.next_number = text, width, next_number
    series.save(update_fields=["prefix", "width", "next_number"])
    facts: dict[str, object] = {
        "kind": kind,
        "prefix": text,
        "width": width,
        "next_number": next_number,
        "before": {"prefix": before[0], "width": before[1], "next_number": before[2]},
    }
    news = News("numbering.changed", "number_series", series.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=clock.now(organization))
    return series
