"""A process whose children die: ``START`` as its code.

It loads Allsquare once, keeps nothing open, and forks for every order that it reads (one JSON object a line), so that
each death is that of a real process of its own and costs no start. It answers with the exit status of the child, and
the failpoints that the child came by.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import httpx
from django.db import connection
from django.utils import translation

from allsquare.core import failpoints
from allsquare.core.actor import SYSTEM
from allsquare.core.currencies import currency
from allsquare.core.models import Event
from allsquare.core.money import Money
from allsquare.gateways.shared import trusted
from allsquare.identity.selectors import get_organization
from allsquare.payments.evidence import Given
from allsquare.payments.gateway import MethodKind
from allsquare.payments.registry import adapter_class, adapter_names
from allsquare.payments.selectors import get_gateway_account
from allsquare.payments.services.answer_dispute import answer_dispute
from allsquare.payments.services.ask_history import ask_history
from allsquare.payments.services.charge_autopay import charge_due
from allsquare.payments.services.drain import drain
from allsquare.payments.services.forget_method import forget_method
from allsquare.payments.services.receive import receive
from allsquare.payments.services.record_money import record_money
from allsquare.payments.services.recover import recover
from allsquare.payments.services.refund import refund
from allsquare.payments.services.run_inquiry import run_inquiry
from allsquare.payments.services.start import start_payment
from allsquare.payments.services.start_for_customer import start_for_customer
from allsquare.payments.services.sweep import sweep
from allsquare.payments.services.take_card import take_card
from allsquare.payments.several import Together
from allsquare.selling import reader
from allsquare.selling.buyers import Buyer
from allsquare.selling.selectors import get_link
from allsquare.selling.services.complete_sale import complete_sale
from allsquare.selling.services.start_sale import start_sale
from allsquare.selling.wishes import wish_of

#: Its models can be imported once Django is set up.
START = "import django; django.setup(); from tests.faults.mortal import main; main()"

Order = Mapping[str, Any]


def pay(order: Order) -> None:
    start_payment(
        organization=get_organization(UUID(order["organization"])),
        invoice_id=UUID(order["invoice"]),
        amount=Money(order["minor"], currency("EUR")),
        method=MethodKind(order.get("method", "card")),
        gateway_account_id=UUID(order["account"]),
        key=order["key"],
        actor=SYSTEM,
        return_url="http://shop.example/back",
        saved_method_id=UUID(order["card"]) if order["card"] else None,
        spare_account_ids=[UUID(each) for each in order.get("spares", ())],
    )


def pay_several(order: Order) -> None:
    start_for_customer(
        organization=get_organization(UUID(order["organization"])),
        asked=Together(
            customer_id=UUID(order["customer"]),
            currency=currency("EUR"),
            shares={UUID(name): minor for name, minor in order["shares"].items()},
            on_account=order.get("on_account", 0),
            method=MethodKind(order.get("method", "card")),
            account_id=UUID(order["account"]),
            return_url="http://shop.example/back",
            saved_method_id=UUID(order["card"]) if order["card"] else None,
            spare_ids=tuple(UUID(each) for each in order.get("spares", ())),
        ),
        key=order["key"],
        actor=SYSTEM,
    )


def give_back(order: Order) -> None:
    refund(
        organization=get_organization(UUID(order["organization"])),
        payment_id=UUID(order["payment"]),
        amount=Money(order["minor"], currency("EUR")),
        reason="returned",
        key=order["key"],
        actor=SYSTEM,
    )


def take_webhook(order: Order) -> None:
    account = get_gateway_account(UUID(order["account"]))
    assert account is not None
    receive(
        organization=account.organization,
        gateway_account=account,
        headers=order["headers"],
        body=order["body"].encode(),
    )
    drain(organization=account.organization, gateway_account=account)


def look_around(order: Order) -> None:
    sweep(organization=get_organization(UUID(order["organization"])))


def charge_by_agreement(order: Order) -> None:
    charge_due(organization=get_organization(UUID(order["organization"])))


def take_at_reader(order: Order) -> None:
    take_card(
        organization=get_organization(UUID(order["organization"])),
        invoice_id=UUID(order["invoice"]),
        amount=Money(order["minor"], currency("EUR")),
        gateway_account_id=UUID(order["account"]),
        reader=order["reader"],
        key=order["key"],
        actor=SYSTEM,
        tips=order["more"],
        keep=order["more"],
    )


def read_log(order: Order) -> None:
    organization = get_organization(UUID(order["organization"]))
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))


def forget(order: Order) -> None:
    organization = get_organization(UUID(order["organization"]))
    forget_method(organization=organization, method_id=UUID(order["method"]))


def sell(order: Order) -> None:
    organization = get_organization(UUID(order["organization"]))
    link = get_link(organization, UUID(order["link"]))
    start_sale(
        organization=organization,
        link=link,
        wish=wish_of(link, quantity=1, price=None, tip_percent=0),
        buyer=Buyer(name="Ada", email=order["email"], language="en"),
        method=MethodKind(order["method"]),
        gateway_account_id=UUID(order["account"]),
        key=order["key"],
        return_url="http://shop.example/back",
        actor=SYSTEM,
    )


def finish_sale(order: Order) -> None:
    organization = get_organization(UUID(order["organization"]))
    complete_sale(organization=organization, sale_id=UUID(order["sale"]), actor=SYSTEM)


def answer(order: Order) -> None:
    answer_dispute(
        organization=get_organization(UUID(order["organization"])),
        dispute_id=UUID(order["dispute"]),
        text="It was delivered.",
        files=[Given("note.pdf", b"%PDF-1.7 delivered")],
        key=order["key"],
        actor=SYSTEM,
    )


def write_down(order: Order) -> None:
    record_money(
        organization=get_organization(UUID(order["organization"])),
        invoice_id=UUID(order["invoice"]),
        amount=Money(order["minor"], currency("EUR")),
        method=MethodKind(order["method"]),
        gateway_account_id=UUID(order["account"]),
        key=order["key"],
        actor=SYSTEM,
    )


def inquire(order: Order) -> None:
    run_inquiry(organization=get_organization(UUID(order["organization"])), inquiry_id=UUID(order["inquiry"]))


def ask_what_happened(order: Order) -> None:
    account = get_gateway_account(UUID(order["account"]))
    assert account is not None
    assert ask_history(organization=account.organization, gateway_account=account)


def ask_after_restore(order: Order) -> None:
    account = get_gateway_account(UUID(order["account"]))
    assert account is not None
    assert recover(organization=account.organization, gateway_account=account)


WORKS: dict[str, Callable[[Order], None]] = {
    "pay": pay,
    "pay several": pay_several,
    "refund": give_back,
    "webhook": take_webhook,
    "sweep": look_around,
    "charge by agreement": charge_by_agreement,
    "take at a reader": take_at_reader,
    "read the log": read_log,
    "forget": forget,
    "answer a dispute": answer,
    "inquire": inquire,
    "ask what happened": ask_what_happened,
    "ask after a restore": ask_after_restore,
    "sell": sell,
    "write down": write_down,
    "finish a sale": finish_sale,
}


class Trace:
    """The failpoints that a child comes by, in memory that its parent reads afterwards."""

    _SIZE: Final = 65_536

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, self._SIZE)

    def forget(self) -> None:
        self._shared.seek(0)
        self._shared.write(b"\0" * self._SIZE)
        self._shared.seek(0)

    def passed(self) -> list[str]:
        told = self._shared[:].rstrip(b"\0").decode()
        return told.split()

    def listen(self) -> None:
        """In the child, which then dies as it was told."""
        die = failpoints._die_if_told

        def heard(point: str) -> None:
            self._shared.write(f"{point}\n".encode())
            die(point)

        failpoints._die_if_told = heard


def live(order: Order, trace: Trace) -> None:
    """In the child. Ends the process, here or at the failpoint."""
    try:
        os.environ[failpoints.VARIABLE] = order["failpoint"]
        failpoints.arm(os.environ)
        trace.listen()
        WORKS[order["work"]](order)
    finally:  # never back into the parent's loop, nor into what it would clean up
        if sys.exc_info()[0] is not None:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)


def warm() -> None:
    """What each child would load for itself: the driver of the database, the words, each adapter's client."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
    for name in adapter_names():
        adapter_class(name)
    httpx.Client(verify=trusted()).close()
    for language in ("en", "de"):
        with translation.override(language):
            translation.gettext("Invoice")
    gc.collect()
    gc.freeze()


def main() -> None:
    trace = Trace()
    warm()
    for line in sys.stdin:
        trace.forget()
        child = os.fork()
        if child == 0:
            live(json.loads(line), trace)
        _, status = os.waitpid(child, 0)
        answer = {"status": os.waitstatus_to_exitcode(status), "passed": trace.passed()}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer
