"""What can be said of money that a person says has come, before anything is written."""

from __future__ import annotations

from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.ledger.selectors import check_bookable
from allsquare.payments.errors import InvalidPayment

#: Minor units above which an amount is taken for a mistake: ten trillion of a currency with two decimals.
LARGEST: Final = 10**15


def check_amount(amount: Money) -> None:
    """Raises ``InvalidPayment`` for one that cannot be."""
    if amount.minor <= 0:
        raise InvalidPayment(_("Enter an amount above zero."), field="amount")
    if amount.minor > LARGEST:
        raise InvalidPayment(_("An amount of this size cannot be right. Check the number."), field="amount")


def check_day(organization: Organization, received_on: date | None) -> None:
    """Raises ``InvalidPayment`` for a day that is still to come; ``None`` is today."""
    if received_on and received_on > clock.today(organization):
        raise InvalidPayment(
            _("The money cannot have arrived in the future. Enter today or earlier."), field="received_on"
        )


def check_arrival(organization: Organization, amount: Money, received_on: date | None) -> None:
    """Whether it could be booked, asked before the work is begun. Raises ``InvalidPayment``, ``PeriodClosed``,
    ``RateMissing``."""
    check_day(organization, received_on)
    check_bookable(organization, amount.currency.code, received_on or clock.today(organization))
