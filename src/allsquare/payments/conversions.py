"""Reading what a provider converted, beside the row that it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject

from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.payments.models import Conversion, Dispute, Payment, Refund


@dataclass(frozen=True, slots=True)
class Became:
    """``amount`` became ``into``, after ``fee``. All are below zero where money went."""

    amount: Money
    into: Money
    fee: Money


def conversions_beside(organization: Organization, source: str) -> ArraySubquery:
    """Of the payment, refund or dispute whose id stands in the column ``source``, oldest first."""
    found = Conversion.objects.filter(organization=organization, source_id=OuterRef(source)).order_by("id")
    columns = ("currency", "amount_minor", "into_currency", "into_minor", "fee_minor")
    return ArraySubquery(found.values(json=JSONObject(**{name: name for name in columns})))


def taken_back(organization: Organization, payment: Payment) -> tuple[list[Refund], list[Dispute]]:
    """Refunds and disputes of a payment, each with its conversions."""
    beside = conversions_beside(organization, "id")
    refunds = Refund.objects.filter(organization=organization, payment=payment)
    disputes = Dispute.objects.filter(organization=organization, payment=payment)
    return (
        list(refunds.annotate(conversions=beside).order_by("id")),
        list(disputes.annotate(conversions=beside).prefetch_related("fees").order_by("id")),
    )


def read_beside(rows: Iterable[Any]) -> Iterator[Became]:
    """Of ``rows`` that were annotated as ``conversions``."""
    for row in rows:
        for each in row.conversions:
            into = currency(each["into_currency"])
            yield Became(
                amount=Money(each["amount_minor"], currency(each["currency"])),
                into=Money(each["into_minor"], into),
                fee=Money(each["fee_minor"], into),
            )
