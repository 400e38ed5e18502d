"""``/v1/charges`` and ``/v1/methods``."""

from __future__ import annotations

from allsquare_sandbox import charges, methods, resources
from allsquare_sandbox.api.endpoint import Answer, Call
from allsquare_sandbox.api.lists import page
from allsquare_sandbox.charges import Order
from allsquare_sandbox.errors import invalid
from allsquare_sandbox.records import Charge, ChargeStatus, Method
from allsquare_sandbox.store import Work


def create(call: Call) -> Answer:
    """Start a charge. 201 with the charge; 402 with error and charge when a saved method is declined."""
    order = _order(call)

    def act(work: Work) -> Answer:
        charge = charges.create(work, order)
        shown = resources.charge(charge, base_url=call.base_url)
        if charge.status != ChargeStatus.FAILED:
            return Answer(shown, 201)
        error = {"code": charge.failure_code, "message": charge.failure_message, "field": None}
        return Answer({"error": error, "charge": shown}, 402)

    return call.once(act)


def show(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        return Answer(resources.charge(charges.get(work, call.names["id"]), base_url=call.base_url))


def listed(call: Call) -> Answer:
    """Newest first; ``?attempt=``, ``?idempotency_key=`` and ``?status=`` narrow it."""
    return page(
        call,
        "charge",
        lambda _, row: resources.charge(Charge.of(row), base_url=call.base_url),
        filters=("attempt", "idempotency_key", "status"),
    )


def cancel(call: Call) -> Answer:
    with call.store.work(call.account.id) as work:
        return Answer(resources.charge(charges.cancel(work, call.names["id"]), base_url=call.base_url))


def show_method(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        return Answer(resources.saved_method(methods.get(work, call.names["token"])))


def remove_method(call: Call) -> Answer:
    """Forget a saved method; a repeat changes nothing."""
    with call.store.work(call.account.id) as work:
        return Answer(resources.saved_method(methods.remove(work, call.names["token"])))


def _order(call: Call) -> Order:
    fields = call.fields
    customer = fields.group("customer")
    saved_method = fields.text("saved_method", default="", longest=80)
    reader = fields.text("reader", default="", longest=80)
    order = Order(
        amount=fields.amount(),
        currency=fields.currency(),
        method=fields.choice("method", Method, default=Method.CARD),
        description=fields.text("description", default=""),
        # Who charges a saved method by themselves, or stands beside the payer, has nobody to send back.
        return_url=fields.url("return_url", default="" if saved_method or reader else None),
        customer_email=customer.text("email", default="", longest=254),
        customer_name=customer.text("name", default="", longest=200),
        metadata=fields.labels(),
        save_method=fields.flag("save_method", default=False),
        saved_method=saved_method,
        challenge=fields.flag("challenge", default=False),
        idempotency_key=call.key,
        reader=reader,
        tips=fields.flag("tips", default=False),
    )
    customer.done()
    fields.done()
    if reader and (order.method != Method.CARD or saved_method):
        raise invalid("reader", "field_invalid", "A reader takes cards that are held to it.")
    if order.tips and not reader:
        raise invalid("tips", "field_invalid", "Only a reader asks for a tip.")
    return order
