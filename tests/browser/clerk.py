"""What tests of a clerk's day share: both looks, files that exports write, and the rounds of a worker."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any, Final

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect
from pytest_django.fixtures import Settings

from allsquare.connect.models import Export
from allsquare.connect.services import run_export as running
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.notifications import reader
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from tests.browser.desk import PHONE, WIDE

#: Every flow is gone through once at each: the width and the colours have nothing to do with one another.
BOTH_LOOKS: Final = pytest.mark.parametrize(
    ("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")], ids=["wide light", "phone dark"]
)


@pytest.fixture
def files(settings: Settings, tmp_path: Path) -> Path:
    """Where exports are written."""
    settings.HOME = tmp_path
    kept = {**settings.STORAGES["exports"], "OPTIONS": {"location": str(tmp_path / "exports")}}
    settings.STORAGES = {**settings.STORAGES, "exports": kept}
    return tmp_path


def rows(page: Page) -> Locator:
    return page.locator("tr[data-row]")


def titles(page: Page) -> list[str]:
    """What each row of the list is called."""
    return page.locator("tr[data-row] a.row-link").all_inner_texts()


def search(page: Page, text: str) -> None:
    page.locator("#list-search").press_sequentially(text)


def open_panel(page: Page, name: str) -> Locator:
    """A menu above the list: ``filters``, ``columns``, ``export`` or ``view``."""
    panel = page.locator(f"details[data-panel={name}]")
    panel.locator("summary").click()
    return panel


def fetched(page: Page, organization: Organization) -> Path:
    """The file that was just asked for, on the page that says how far it is, when the worker has written it."""
    row = _asked_for(page)
    export = Export.objects.filter(organization=organization).latest("id")
    assert running.run_export(organization=organization, export_id=export.id)
    return _fetched(page, row, export)


def watched_and_fetched(page: Page, organization: Organization) -> Path:
    """The same, and while the worker is at it the page says how far it is."""
    row = _asked_for(page)
    export = Export.objects.filter(organization=organization).latest("id")
    advanced: Any = running._advance  # where the page can be looked at in the middle of the work

    def advance(of: Organization, mine: Export, added: int, *rest: Any) -> bool:
        went_on = bool(advanced(of, mine, added, *rest))
        if mine.rows_done == export.rows_about - 1:
            expect(row).to_contain_text(f"{mine.rows_done} of {export.rows_about}")
            expect(row.get_by_role("progressbar")).to_be_visible()
        return went_on

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "BATCH", 1)
        patch.setattr(running, "_advance", advance)
        assert running.run_export(organization=organization, export_id=export.id)
    return _fetched(page, row, export)


def _asked_for(page: Page) -> Locator:
    expect(page.get_by_role("heading", name="Exports", exact=True)).to_be_visible()
    row = page.locator("#exports tbody tr").first
    expect(row).to_contain_text("0 of")
    return row


def _fetched(page: Page, row: Locator, export: Export) -> Path:
    """By the link that comes by itself."""
    with page.expect_download() as waited:
        row.get_by_role("link", name="Download").click()
    assert waited.value.suggested_filename == export.file_name
    return Path(waited.value.path())


def table(file: Path, form: str) -> list[list[str]]:
    """Heads and rows of an export, as texts."""
    if form == "csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return list(csv.reader(opened))
    named = file.with_suffix(".xlsx")  # a download has no name of its own
    named.write_bytes(file.read_bytes())
    (sheet,) = load_workbook(named).worksheets
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.values]


def carry_mails(organization: Organization) -> None:
    """A worker's round: the mails that what happened asks for, and all that wait for the mail server."""
    _read_log(organization)
    waiting = Mail.objects.filter(organization=organization, state=Mail.State.QUEUED)
    for mail_id in waiting.order_by("id").values_list("id", flat=True):
        send(organization=organization, mail_id=mail_id)
    _read_log(organization)  # that it went out is news as well


def _read_log(organization: Organization) -> None:
    reader.read(list(Event.objects.filter(organization_id=organization.id).order_by("id")))


def words(text: str) -> re.Pattern[str]:
    """``text`` as a whole, whatever blanks are around it."""
    return re.compile(rf"^\s*{re.escape(text)}\s*$")
