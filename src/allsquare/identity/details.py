"""What an organization's record says, and what of it is accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from allsquare.core import checks, colours, numbers
from allsquare.core.errors import FieldErrors
from allsquare.identity.models import Organization


class OrganizationDetails(TypedDict, total=False):
    """The fields that may be filled in later; see the model."""

    legal_name: str
    email: str
    phone: str
    tax_id: str
    street: str
    postal_code: str
    city: str
    region: str
    iban: str
    bic: str
    payment_days: int
    clock_offset: timedelta
    rehearsal: bool


class OrganizationChanges(TypedDict, total=False):
    """What :func:`~allsquare.identity.services.change_organization.change_organization` may change."""

    name: str
    legal_name: str
    country: str
    time_zone: str
    language: str
    email: str
    phone: str
    tax_id: str
    street: str
    postal_code: str
    city: str
    region: str
    iban: str
    bic: str
    payment_days: int
    part_payments: bool
    least_part_percent: int
    several_invoices: bool
    on_account: bool
    tax_rounding: str
    rounding: str
    brand_color: str
    mail_name: str
    reply_to: str


#: What an invoice may be due in at most, as a slip of the finger would be more.
LONGEST_TERM = 366


def check(organization: Organization) -> None:
    """Tidy every field in place. Raises ``FieldErrors`` naming every field that is wrong."""
    errors = checks.problems(
        organization,
        {
            "name": checks.needed(_lazy("The organization needs a name.")),
            "country": checks.country,
            "base_currency": checks.money_code,
            "time_zone": checks.time_zone,
            "language": checks.language,
            "tax_id": lambda number: numbers.tax_id(number, organization.country),
            "iban": numbers.iban,
            "bic": numbers.bic,
            "brand_color": colours.tidy,
        },
    )
    if organization.payment_days > LONGEST_TERM:
        errors["payment_days"] = _("Choose at most %(days)s days.") % {"days": LONGEST_TERM}
    if not 1 <= organization.least_part_percent <= 100:
        errors["least_part_percent"] = _("Choose a percentage from 1 to 100.")
    if organization.clock_offset < timedelta(0):
        errors["clock_offset"] = _("A clock can be moved forward only: what was booked stays booked.")
    if errors:
        raise FieldErrors(errors)
