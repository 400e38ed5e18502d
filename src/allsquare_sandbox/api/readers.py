"""``/v1/readers``, and what one does at them (``/control/readers``)."""

from __future__ import annotations

from allsquare_sandbox import cards, counter, readers, resources
from allsquare_sandbox.api.endpoint import Answer, Call
from allsquare_sandbox.api.reading import LARGEST_AMOUNT
from allsquare_sandbox.records import Reader
from allsquare_sandbox.store import Work


def listed(call: Call) -> Answer:
    """All of them, in the order in which they came."""
    with call.store.work(call.account.id) as work:
        return Answer({"object": "list", "data": [_shown(work, each) for each in readers.every(work)]})


def show(call: Call) -> Answer:
    with call.store.view(call.account.id) as work:
        return Answer(_shown(work, readers.get(work, call.names["id"])))


def add(call: Call) -> Answer:
    """``{"label": "Terrace"}``"""
    fields = call.fields
    label = fields.text("label", longest=60)
    fields.done()
    with call.store.work(call.account.id) as work:
        return Answer(_shown(work, readers.add(work, label)), 201)


def plug_in(call: Call) -> Answer:
    return _plug(call, online=True)


def unplug(call: Call) -> Answer:
    return _plug(call, online=False)


def present(call: Call) -> Answer:
    """A card is held to it: ``{"number": test card}``, after a ``"tip"`` where it asks for one."""
    fields = call.fields
    scenario = cards.by_number(fields.text("number", longest=60))
    tip = fields.whole("tip", lowest=0, highest=LARGEST_AMOUNT, default=0)
    fields.done()
    with call.store.work(call.account.id) as work:
        charge = counter.present(work, call.names["id"], scenario, tip)
        return Answer(resources.charge(charge, base_url=call.base_url))


def walk_away(call: Call) -> Answer:
    with call.store.work(call.account.id) as work:
        charge = counter.walk_away(work, call.names["id"])
        return Answer(resources.charge(charge, base_url=call.base_url))


def _plug(call: Call, *, online: bool) -> Answer:
    with call.store.work(call.account.id) as work:
        return Answer(_shown(work, readers.plug(work, call.names["id"], online=online)))


def _shown(work: Work, reader: Reader) -> dict[str, object]:
    return resources.reader(reader, charge=readers.busy_with(work, reader.id))
