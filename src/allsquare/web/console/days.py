"""Days in an address, and the span between two of them."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.errors import InvalidInput
from allsquare.identity.models import Organization


def span_of(request: HttpRequest, organization: Organization) -> tuple[date, date]:
    """``?start=`` and ``?end=``, both inclusive: this year up to today by default. Raises ``InvalidInput``."""
    today = clock.today(organization)
    end = day_of(request, "end", today)
    return day_of(request, "start", min(date(today.year, 1, 1), end)), end


def day_of(request: HttpRequest, name: str, otherwise: date) -> date:
    """Raises ``InvalidInput``."""
    text = request.GET.get(name, "")
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("This is not a date. Write it like 2026-03-31."), field=name) from None
