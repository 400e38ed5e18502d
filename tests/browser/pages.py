"""Every page that there is, found by asking the server's own table of addresses, and what is no page, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from tests.web.console.routes import ROUTES
from tests.web.console.test_access import ids_of
from tests.web.console.world import World
from tests.web.table import Route, routes
from tests.web.test_every_route import AUDIENCE, Who

#: What only whole pages have, and parts of pages and letters in frames have not.
WHOLE: Final = b'id="announcer"'

#: Addresses that answer no whole page when they are read, and why. Those that are not read at all, since only a button
#: sends to them (405), are no pages by the server's own word.
LEFT_OUT: Final[Mapping[str, str]] = {
    "ui:healthy": "a word for machines",
    "ui:manifest": "a file that makes it an app",
    "ui:worker": "a script",
    "ui:brand": "a stylesheet",
    "mfa_login_webauthn": "the question of a passkey, for a script",
    "mfa_download_recovery_codes": "a file",
    "openid_connect_login": "leads away to the provider of single sign-on",
    "openid_connect_callback": "leads on, or to the page of what went wrong",
    "console:home_now": "a part of the dashboard",
    "console:live": "a stream",
    "console:live_news": "news for a script",
    "console:invoice_totals": "a part of the editor",
    "console:issue_letter": "the mail in its frame",
    "console:issue_page": "the picture of a printed page",
    "console:invoice_pdf": "a file",
    "console:credit_note_pdf": "a file",
    "console:customer_pick": "choices for a script",
    "console:customer_statement_pdf": "a file",
    "console:item_pick": "choices for a script",
    "console:dispute_answer": "leads back to the dispute unless its provider takes answers",
    "console:dispute_file": "a file",
    "console:payment_at_reader": "a part of a page, while a card is asked for at a reader",
    "console:books": "leads to the journal",
    "console:mail_letter": "the mail in its frame",
    "console:export_file": "a file, or back to the exports",
    "console:settings": "leads to the first of the settings",
    "console:branding_preview": "a part of a page in its frame",
}
#: Whose pages are led to one by one, and looked at there.
ELSEWHERE: Final[Mapping[Who, str]] = {
    Who.LINK: "tests/browser/test_pay_looks.py",
    Who.OWNER: "tests/browser/test_saved_methods.py and test_several.py",
    Who.SHOP: "tests/browser/test_buy.py",
    Who.PROVIDER: "providers look at nothing",
    Who.DEVELOPER: "tests/browser/test_components.py",
}


@dataclass(slots=True)
class Found:
    """Pages by address, and what they said to Django's own browser; the routes they are of; routes that only take what
    a button sends."""

    pages: dict[str, bytes] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: set[str] = field(default_factory=set)

    def ask(self, client: Client, address: str, name: str = "", *, status: int = 200) -> None:
        answer = client.get(address)
        if answer.status_code == status and not answer.streaming and WHOLE in answer.content:
            self.pages[address] = answer.content
            self.names.add(name)
        elif answer.status_code == 405 and "GET" not in answer["Allow"]:
            self.buttons.add(name)


def member_pages(world: World, client: Client | None = None, *, part: int = 0, parts: int = 1) -> Found:
    """Pages full of everything: whatever answers a member's browser with a whole page, for things in several states;
    or a part of them, every ``parts``-th route."""
    client, named, found = client or world.client(), things(world), Found()
    every: list[Route] = [
        *ROUTES,
        *(each for each in routes() if AUDIENCE.get(each.name) is Who.PERSON),
    ]
    for route in every[part::parts]:
        asked = [route.url({"pk": 1, **ids}) for ids in named]
        for address in dict.fromkeys(asked):
            found.ask(client, address, route.name)
    if not part:
        more = {"console:search": "?q=INV", "console:invoice_list": "?q=nothing-like-this"}
        more["console:gateway_new"] = "?gateway=sandbox"
        for name, query in more.items():
            found.ask(client, reverse(name) + query, name)
    return found


def addresses(world: World) -> list[str]:
    return list(member_pages(world).pages)


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
