"""A form that is sent twice makes one thing: every form of every page, from the server's own table of addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from django.apps import apps
from django.db import connection
from django.test import Client

from allsquare.core.actor import SYSTEM
from allsquare.payments.services.add_gateway_account import add_gateway_account
from tests.contracts.conftest import TRANSFERS
from tests.undone import undone
from tests.web.console.forms_on_pages import PageForm, forms_of
from tests.web.console.routes import ROUTES
from tests.web.console.world import World

#: Whatever else makes something, these do: the control, for it must be seen to happen.
MAKES: Final = {
    "console:automatic_agree": "payment_consent",
    "console:books_check_start": "books_check",
    "console:contact_new": "contact",
    "console:credit_note_new": "credit_note",
    "console:credit_use": "allocation",
    "console:customer_new": "customer",
    "console:customer_quick": "customer",
    "console:customer_statement_export": "export",
    "console:customer_statement_mail": "mail",
    "console:entry_new": "journal_entry",
    "console:exchange_rates": "exchange_rate",
    "console:gateway_new": "gateway_account",
    "console:invoice_duplicate": "invoice",
    "console:invoice_list": "saved_view",
    "console:invoice_mail": "mail",
    "console:invoice_new": "invoice",
    "console:item_new": "item",
    "console:item_quick": "item",
    "console:mail_resend": "mail",
    "console:note_new": "customer_note",
    "console:payment_link_new": "payment_link",
    "console:payment_record": "payment",
    "console:payment_route_new": "payment_route",
    "console:payment_refund": "refund",
    "console:settings_fraud_lists": "risk_entry",
    "console:settings_people": "invitation",
    "console:several_record": "payment",
    "console:tax_rate_new": "tax_rate",
    "console:tax_rates_usual": "tax_rate",
    "account_new_organization": "organization",
}

#: A second press does a second time what it says, and that is wanted.
EACH_TIME: Final[Mapping[str, str]] = {
    "console:mail_test": "a test mail is sent each time that one is asked for, up to a limit",
    "console:settings_invitation_resend": "the mail goes out again; the invitation stays one",
}

#: Addresses of buttons that stand on no page of these worlds, each with why nothing is made twice.
ON_NO_PAGE: Final[Mapping[str, str]] = {
    "console:automatic_end": "ends what is ended already",
    "console:automatic_stop": "stops what is stopped already",
    "console:batch_stop": "stops what is stopped already",
    "console:clock_move": "names the time that the person saw",
    "console:credit_note_refund": "has a key",
    "console:credit_note_totals": "reads only",
    "console:customer_method_forget": "asks the provider to end what it may have ended already",
    "console:customer_method_first": "puts first what is first already",
    "console:customer_restore": "restores what is there already",
    "console:dispute_send_again": "hands in the same answer under the same key",
    "console:draft_autosave": "saves the same draft",
    "console:entry_balance": "reads only",
    "console:export_stop": "stops what is stopped already",
    "console:gateway_check": "asks the provider, and writes down what it said",
    "console:inquiry_stop": "stops what is stopped already",
    "console:invoice_autosave": "has a key",
    "console:invoice_take_back": "an invoice that is open again is not taken back",
    "console:mail_leave": "leaves what is left already",
    "console:numbering_preview": "reads only",
    "console:payment_ask": "asks the provider under the same key",
    "console:payment_cancel_at_reader": "lets go what is let go already",
    "console:payment_refuse": "what is refused is given back once",
    "console:payment_release": "what is released stays so",
    "console:payment_route_move": "names the place to which the rule goes",
    "console:payment_stop_waiting": "what has ended stays so",
    "console:payout_not_arrived": "what is taken back is taken back already",
    "console:practice_connect": "one account for each rehearsal",
    "console:provider_ask": "one question at a time for each provider",
}


#: Forms that are refused here whatever is sent: an error, or the same page again. Each with why nothing is made twice.
REFUSED: Final[Mapping[str, str]] = {
    "console:listed_movement_take": "this account is no provider's; what is recorded stays one (test_movements)",
    "console:movement_reverse": "this movement was never booked; what is taken back is so once (test_movements)",
    "console:payout_arrived": "this payout is of nothing; one that is noted alike stays so (test_receive_payout)",
    "mfa_activate_totp": "takes a code of the person's own device; who has that factor gets no second of the kind",
    "mfa_add_webauthn": "takes the answer of a key to a question that is asked once",
    "mfa_generate_recovery_codes": "needs a second factor; new codes take the place of the old ones",
}


def counts() -> dict[str, int]:
    """The rows of every table of ours."""
    tables = [
        model._meta.db_table for model in apps.get_models() if model.__module__.startswith("allsquare.")
    ]
    query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)  # noqa: S608  # our own names
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


def more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {table: after[table] - before[table] for table in after if after[table] != before[table]}


def sendings(form: PageForm, world: World) -> list[dict[str, list[str] | str]]:
    """By each of its buttons."""
    more: dict[str, str] = {}
    if form.route == "console:invoice_new":
        more = {"customer": str(world.customer.id), "currency": "EUR"}
        more |= {f"lines-{place}-description": "Work" for place in range(3)}
    if form.route == "console:entry_new":
        more = {f"row-{row}-{side}": "" for row in range(4) for side in ("account", "debit", "credit")}
        accounts = form.fields["row-0-account"].options
        more |= {
            "row-0-account": accounts[1],
            "row-0-debit": "7",
            "row-1-account": accounts[-1],
            "row-1-credit": "7",
        }
    if form.route == "console:several_record":
        more = {name: "" for name in form.fields if name.startswith("share_")}
    if form.route in ("console:payment_route_new", "console:payment_route_edit"):
        more = {"method": "bank_transfer", "currency": "EUR"}
    return [
        form.filled(**more, **({name: value} if name else {})) for name, value in form.buttons or [("", "")]
    ]


def test_every_form_sent_twice_makes_one_thing(world: World) -> None:
    client, person = Client(), world.member()
    client.force_login(person)
    add_gateway_account(
        organization=world.organization,
        gateway="bank_transfer",
        label="Bank",
        settings=TRANSFERS,
        actor=SYSTEM,
    )
    forms = forms_of(world, client)
    made: dict[str, set[str]] = defaultdict(set)
    taken: set[str] = set()
    twice = []
    for form in forms:
        for data in sendings(form, world):
            with undone():
                client.force_login(person)  # one of the forms signs out
                start = counts()
                first = client.post(form.action, data)
                between = counts()
                second = client.post(form.action, data)
                again = more(between, counts())
            if first.status_code != 200 and first.status_code < 400:
                taken.add(form.route)
            made[form.route] |= more(start, between).keys()
            if again and form.route not in EACH_TIME:
                twice.append((form.route, form.action, data, first.status_code, second.status_code, again))
    assert not twice
    assert {route: table for route, table in MAKES.items() if table not in made[route]} == {}
    assert {form.route for form in forms} - taken == REFUSED.keys()
    buttons = {route.name for route in ROUTES if _is_button(client, route.url())}
    assert buttons - {form.route for form in forms} == ON_NO_PAGE.keys()


def _is_button(client: Client, url: str) -> bool:
    return client.get(url).status_code == 405


def test_without_its_key_a_form_makes_two(world: World) -> None:
    """The control: what is counted is what the key prevents."""
    client = world.client()
    start = counts()
    for _time in range(2):
        data = {"name": "Twice", "country": "DE", "language": "en", "currency": "EUR"}
        client.post("/customers/new/", data)
    assert more(start, counts())["customer"] == 2
