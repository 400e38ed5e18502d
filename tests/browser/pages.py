"""Every page that a member can open, found by asking the server's own table of addresses."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from allsquare.core import clock
from tests.web.console.routes import ROUTES
from tests.web.console.test_access import ids_of
from tests.web.console.world import World
from tests.web.table import routes
from tests.web.test_every_route import AUDIENCE, Who

#: What only whole pages have, and parts of pages and letters in frames have not.
_WHOLE = b'id="announcer"'


def addresses(world: World) -> list[str]:
    """Pages full of everything: whatever answers a member's browser with a whole page, for things in several states."""
    client = world.client()
    named = things(world)
    asked = [route.url(ids) for route in ROUTES for ids in named]
    own = [route.url({"pk": 1}) for route in routes() if AUDIENCE.get(route.name) is Who.PERSON]
    some = [reverse("console:search") + "?q=INV", reverse("console:invoice_list") + "?q=nothing-like-this"]
    found = []
    for address in dict.fromkeys([*asked, *own, *some]):
        answer = client.get(address)
        if answer.status_code == 200 and not answer.streaming and _WHOLE in answer.content:
            found.append(address)
    return found


def things(world: World) -> list[dict[str, object]]:
    """One thing of each kind, and a second set in another state."""
    today = clock.today(world.organization)
    overdue = world.issued(on=today - timedelta(days=60))
    paid_too_much = world.paid(world.issued(), minor=12900)
    world.mail(overdue, state="failed", error="Nobody there")
    world.note(text="Never call before noon.", pinned=True)
    world.task(paid_too_much.id)
    usual: dict[str, object] = dict(ids_of(world))
    return [
        usual,
        {**usual, "invoice_id": world.draft().id, "payment_id": paid_too_much.id},
        {**usual, "invoice_id": overdue.id},
    ]
