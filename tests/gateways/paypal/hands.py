"""What the tests of PayPal's adapter do again and again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from allsquare.core import clock
from allsquare.gateways.paypal import PayPalGateway
from allsquare.payments.gateway import ChargeRequest, GatewayEvent, MethodKind, Outcome, Subject
from tests.contracts.benches import money
from tests.fakes.http_server import Object
from tests.fakes.paypal_server import FakePayPal


def asked(minor: int = 1000, code: str = "EUR", *, key: UUID | None = None) -> ChargeRequest:
    return ChargeRequest(
        key=key or uuid4(),
        amount=money(minor, code),
        method=MethodKind.PAYPAL,
        description="Invoice 2026-0042",
        return_url="https://shop.example/back",
        language="de-AT",
        metadata={"invoice": str(uuid4()), "customer": str(uuid4())},
    )


def found(gateway: PayPalGateway, outcome: Outcome) -> Outcome:
    assert outcome.key is not None
    return gateway.look_up(key=outcome.key, reference=outcome.reference, subject=Subject.CHARGE)


def order_of(outcome: Outcome) -> str:
    return outcome.reference.removeprefix("order-")


def paid(fake: FakePayPal, gateway: PayPalGateway, minor: int = 1000, code: str = "EUR") -> Outcome:
    page = gateway.start(asked(minor, code))
    fake.approve(order_of(page))
    return found(gateway, page)


def heard(event: Object) -> GatewayEvent:
    about = event["resource"]
    reference = about.get("dispute_id") or about["id"]
    return GatewayEvent(event["id"], event["event_type"], reference, event)


def cases_of(gateway: PayPalGateway) -> list[Outcome]:
    seen = [each.outcome for each in gateway.since(clock.now(None) - timedelta(hours=1))]
    return [each for each in seen if each.subject is Subject.DISPUTE]
