"""The statement of a customer as a file: all of it, in parts that fit, and nobody else's."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from openpyxl import load_workbook
from pytest_django.fixtures import Settings

from allsquare.billing.services.issue import issue
from allsquare.connect.errors import StatementMoved
from allsquare.connect.models import Export
from allsquare.connect.services import run_export as running
from allsquare.connect.services.open_export import open_export
from allsquare.connect.services.resume_export import resume_export
from allsquare.connect.services.run_export import run_export
from allsquare.connect.services.start_export import start_export
from allsquare.connect.sources import of_statement
from allsquare.connect.sources.kinds import source_of
from allsquare.connect.states import ExportState
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import InvalidInput, NotFound
from allsquare.core.ids import new_id
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.statement import statement_of, statement_page
from tests.billing.makers import draft, plain
from tests.factories import make_customer, make_organization, member_actor
from tests.web.console.world import World

HEADS = ["Date", "Entry", "Invoice", "Billed", "Paid", "Balance", "Currency"]


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> World:
    settings.HOME = tmp_path
    location = str(tmp_path / "exports")
    settings.STORAGES = {
        **settings.STORAGES,
        "exports": {**settings.STORAGES["exports"], "OPTIONS": {"location": location}},
    }
    return World()


@pytest.fixture
def owner(world: World) -> Actor:
    return member_actor(world.organization)


def start(
    world: World, actor: Actor, *, form: str = "csv", first: date | None = None, key: str | None = None
) -> Export:
    today = clock.today(world.organization)
    return start_export(
        organization=world.organization,
        list_name="statement",
        parameters={
            "customer": [str(world.customer.id)],
            "start": [(first or today).isoformat()],
            "end": [today.isoformat()],
        },
        file_format=form,
        key=key or str(new_id()),
        actor=actor,
    )


def content(world: World, actor: Actor, export: Export) -> bytes:
    assert run_export(organization=world.organization, export_id=export.id)
    _export, file = open_export(organization=world.organization, export_id=export.id, actor=actor)
    with file:
        return bytes(file.read())


def csv_of(world: World, actor: Actor, export: Export) -> list[list[str]]:
    text = content(world, actor, export).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def two_currencies(world: World) -> date:
    """Something carried in, a payment too high, and an invoice in dollars; returns the first day of the statement."""
    today = clock.today(world.organization)
    set_rate(
        organization=world.organization,
        currency="USD",
        rate=Decimal("0.9"),
        valid_on=today - timedelta(days=90),
        actor=SYSTEM,
    )
    world.issued(on=today - timedelta(days=30))
    world.paid(world.issued(), minor=12_000)
    foreign = draft(world.organization, world.customer, plain("119.00"), currency="USD")
    issue(organization=world.organization, invoice_ids=[foreign.id], actor=SYSTEM)
    return today - timedelta(days=10)


def test_it_says_what_the_screen_says_for_each_currency(world: World, owner: Actor) -> None:
    first = two_currencies(world)
    today = clock.today(world.organization)
    rows = csv_of(world, owner, start(world, owner, first=first))
    euros, dollars = statement_of(world.organization, world.customer, start=first, end=today).currencies
    billed, paid = euros.rows
    [foreign] = dollars.rows
    day = str(today)
    assert rows == [
        HEADS,
        [str(first), "Balance brought forward", "", "", "", "119.00", "EUR"],
        [day, "Invoice", billed.number, "119.00", "", "238.00", "EUR"],
        [day, "Payment for invoice", paid.number, "", "119.00", "119.00", "EUR"],
        [day, "Customer credit, not part of the balance", "", "", "", "1.00", "EUR"],
        [day, "Balance", "", "", "", "119.00", "EUR"],
        [str(first), "Balance brought forward", "", "", "", "0.00", "USD"],
        [day, "Invoice", foreign.number, "119.00", "", "119.00", "USD"],
        [day, "Balance", "", "", "", "119.00", "USD"],
    ]


def test_in_a_spreadsheet_amounts_are_numbers_and_days_are_days(world: World, owner: Actor) -> None:
    invoice = world.issued()
    data = content(world, owner, start(world, owner, form="xlsx"))
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    row = list(sheet.iter_rows())[2]
    assert [row[1].value, row[2].value, row[3].value] == ["Invoice", invoice.number, 119]
    assert isinstance(row[0].value, datetime)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_read_in_parts_it_is_the_same(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    first = two_currencies(world)
    whole = csv_of(world, owner, start(world, owner, first=first))
    monkeypatch.setattr(running, "BATCH", rows)
    export = start(world, owner, first=first)
    assert csv_of(world, owner, export) == whole
    export.refresh_from_db()
    assert (export.rows_done, export.rows_about, export.is_estimate) == (3, 3, False)


def test_a_killed_worker_s_file_goes_on_from_where_it_was(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = two_currencies(world)
    whole = csv_of(world, owner, start(world, owner, first=first))
    monkeypatch.setattr(running, "BATCH", 1)
    export = start(world, owner, first=first)
    real, pages = statement_page, []

    def page(*given: object, **named: object) -> object:
        pages.append(named["after"])
        if len(pages) == 3:
            raise KeyboardInterrupt
        return real(*given, **named)  # type: ignore[arg-type]  # passed on

    with patch.object(of_statement, "statement_page", page), pytest.raises(KeyboardInterrupt):
        run_export(organization=world.organization, export_id=export.id)
    export.refresh_from_db()
    assert (export.state, export.rows_done) == (ExportState.RUNNING, 2)
    with patch.object(of_statement, "statement_page", side_effect=real) as again:
        assert csv_of(world, owner, export) == whole
    assert [call.kwargs["after"] for call in again.call_args_list] == [pages[2]]


def test_what_fails_after_the_last_row_goes_on_after_it(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full when the file was put together: every row stands in it once all the same."""
    first = two_currencies(world)
    whole = csv_of(world, owner, start(world, owner, first=first))
    export = start(world, owner, first=first)
    with patch.object(running, "write_file", side_effect=OSError("no space left")):
        assert run_export(organization=world.organization, export_id=export.id) is None
    resume_export(organization=world.organization, export_id=export.id, actor=owner)
    assert csv_of(world, owner, export) == whole
    export.refresh_from_db()
    assert export.rows_done == 3


def test_a_currency_that_was_closed_does_not_go_on(world: World, owner: Actor) -> None:
    first = two_currencies(world)
    export = start(world, owner, first=first)
    source = source_of(world.organization, export)
    euros = source.read("", 0, limit=2)
    assert not euros.ended
    world.issued()
    with pytest.raises(StatementMoved):
        source.read(euros.place, 2, limit=2)


def test_a_file_that_would_not_add_up_is_not_made_and_begins_anew(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody books on an earlier day while it is written."""
    first = two_currencies(world)
    monkeypatch.setattr(running, "BATCH", 1)
    export = start(world, owner, first=first)
    real, pages = statement_page, []

    def page(*given: object, **named: object) -> object:
        pages.append(named["after"])
        if len(pages) == 2:
            world.issued(on=first)
        return real(*given, **named)  # type: ignore[arg-type]  # passed on

    with patch.object(of_statement, "statement_page", page):
        assert run_export(organization=world.organization, export_id=export.id) is None
    export.refresh_from_db()
    assert export.state == ExportState.FAILED
    assert export.error.startswith("Something was booked on these days")
    resume_export(organization=world.organization, export_id=export.id, actor=owner)
    rows = csv_of(world, owner, export)
    assert [row[5] for row in rows if row[6] == "EUR"][:3] == ["119.00", "238.00", "357.00"]


def test_the_second_press_makes_no_second_file(world: World, owner: Actor) -> None:
    world.issued()
    assert start(world, owner, key="k").id == start(world, owner, key="k").id


def test_where_nothing_happened_the_file_says_so(world: World, owner: Actor) -> None:
    assert csv_of(world, owner, start(world, owner)) == [HEADS]


def test_nonsense_and_others_customers_are_refused(world: World, owner: Actor) -> None:
    good = {"customer": [str(world.customer.id)], "start": ["2026-01-01"], "end": ["2026-01-31"]}
    stranger = make_customer(make_organization())

    def begin(**changed: list[str]) -> Export:
        return start_export(
            organization=world.organization,
            list_name="statement",
            parameters={**good, **changed},
            file_format="csv",
            key=str(new_id()),
            actor=owner,
        )

    with pytest.raises(InvalidInput, match="no such customer"):
        begin(customer=["x"])
    with pytest.raises(NotFound):
        begin(customer=[str(stranger.id)])
    with pytest.raises(InvalidInput, match="not a date"):
        begin(start=["soon"])
    with pytest.raises(InvalidInput, match="must not come after"):
        begin(start=["2026-02-01"])
    assert not Export.objects.filter(organization=world.organization).exists()
