"""Who charges by agreement, in tests."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.actor import customer_actor
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.gateway import ChargeRequest, Outcome, Status
from allsquare.payments.models import AutopayCharge, GatewayAccount
from allsquare.payments.services.agree_autopay import agree_autopay
from allsquare.payments.services.run_autopay import run_autopay
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    eur,
    issued_invoice,
)
from tests.payments.test_saved_methods import saved

DECLINED = charge(Status.DECLINED, code="insufficient_funds", message="Too little.")


class Shop:
    """A customer who agreed, and the worker of their business on a moved clock."""

    def __init__(self, organization: Organization, customer: Customer, account: GatewayAccount) -> None:
        self.organization, self.customer, self.account = organization, customer, account
        self.method = saved(customer, account)
        self.payer = customer_actor(customer.id, customer.name, address="203.0.113.7")
        agree_autopay(organization=organization, customer_id=customer.id, actor=self.payer)

    def invoice(self, *, total: str = "100.00") -> Invoice:
        return issued_invoice(self.organization, self.customer, total=total)

    def answers(self, *outcomes: Outcome) -> None:
        ScriptedGateway.answers.extend(outcomes)

    def pays(self) -> None:
        self.answers(charge(reference=a_key(), amount=eur(10000), fee=eur(100)))

    def to(self, day: date, *, hour: int = 12) -> None:
        """The wall clock of the business shows ``day``."""
        there = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(self.organization.time_zone))
        self.organization.clock_offset = there - clock.now(None)
        self.organization.save(update_fields=["clock_offset"])

    def run(self) -> None:
        run_autopay(organization=self.organization)
        run_autopay(organization=self.organization)

    def through(self, start: date, days: int, *, hours: tuple[int, ...] = (0, 23)) -> list[date]:
        """The worker's rounds, at each of ``hours`` on each of ``days`` days; the days on which the provider was
        asked."""
        asked_on = []
        for offset in range(days):
            for hour in hours:
                before = len(asked())
                self.to(start + timedelta(days=offset), hour=hour)
                run_autopay(organization=self.organization)
                asked_on += [start + timedelta(days=offset)] * (len(asked()) - before)
        return asked_on

    def attempts(self, invoice: Invoice) -> list[tuple[str, str]]:
        rows = AutopayCharge.objects.filter(organization=self.organization, invoice=invoice)
        return [(row.state, row.reason) for row in rows.order_by("number")]

    def told(self, kind: str) -> list[Event]:
        found = Event.objects.filter(organization_id=self.organization.id, kind=f"autopay.{kind}")
        return list(found.order_by("id"))


def asked() -> list[ChargeRequest]:
    return [each for each in ScriptedGateway.asked if isinstance(each, ChargeRequest)]
