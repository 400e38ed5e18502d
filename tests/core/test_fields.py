"""Columns of our own kinds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from allsquare.identity.models import Organization
from allsquare.ledger.models import ExchangeRate
from tests.factories import make_organization


def test_a_currency_keeps_its_letters_when_many_rows_are_inserted_at_once(db: None) -> None:
    """Django makes arrays of the columns' types then, without their lengths."""
    organization: Organization = make_organization()
    rows = [
        ExchangeRate(organization=organization, currency=code, valid_on=date(2026, 1, 1), rate=Decimal(1))
        for code in ("USD", "JPY", "KWD")
    ]
    ExchangeRate.objects.bulk_create(rows)
    kept = ExchangeRate.objects.filter(organization=organization).values_list("currency", flat=True)
    assert sorted(kept) == ["JPY", "KWD", "USD"]
