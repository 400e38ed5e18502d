"""One customer: what they owe, whom to speak to, what was noted, and everything that happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.connect.models import Export
from allsquare.core import clock
from allsquare.customers.models import Contact, CustomerNote
from allsquare.customers.selectors import get_customer
from allsquare.identity.roles import Role
from allsquare.notifications.models import Mail
from allsquare.payments import statement
from allsquare.web.console import statements
from tests.billing.documents.samples import words
from tests.factories import make_customer
from tests.statements import statements_sent
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def shown(client: Client, world: World, name: str = "customer") -> str:
    response = client.get(reverse(f"console:{name}", args=[world.customer.id]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_title_says_how_the_customer_stands(world: World, owner: Client) -> None:
    assert "all square" in shown(owner, world)
    invoice = world.issued()
    assert "state-blue" in shown(owner, world)
    world.issued(on=clock.today(world.organization) - timedelta(days=60))
    assert "state-red" in shown(owner, world)
    owner.post(reverse("console:customer_archive", args=[world.customer.id]))
    page = shown(owner, world)
    assert "archived" in page
    assert "New invoice" not in page
    owner.post(reverse("console:customer_restore", args=[world.customer.id]))
    assert "New invoice" in shown(owner, world)
    assert str(invoice.number) in shown(owner, world)


def test_contacts_are_entered_changed_and_removed(world: World, owner: Client) -> None:
    new = reverse("console:contact_new", args=[world.customer.id])
    refused = owner.post(new, {"name": "Rita", "gets_invoices": "on"})
    assert refused.status_code == 422
    assert "Who is to get mail needs an e-mail address." in refused.content.decode()
    owner.post(new, {"name": "Rita", "gets_invoices": "on", "email": "rita@example.com", "language": "de"})
    rita = Contact.objects.get(organization=world.organization)
    assert (rita.gets_invoices, rita.gets_receipts, rita.language) == (True, False, "de")
    assert "rita@example.com" in shown(owner, world)
    owner.post(reverse("console:contact_edit", args=[rita.id]), {"name": "Rita R.", "position": "Owner"})
    rita.refresh_from_db()
    assert (rita.name, rita.gets_invoices, rita.email) == ("Rita R.", False, "")
    owner.post(reverse("console:contact_remove", args=[rita.id]))
    assert "Rita R. is removed." in shown(owner, world)
    assert "Rita" not in shown(owner, world)


def test_a_note_sent_twice_is_one_note_and_stays_as_typed(world: World, owner: Client) -> None:
    data = {"text": "Two  spaces\r\n\tand a tab", "key": "k1", "pinned": "on"}
    for _twice in range(2):
        owner.post(reverse("console:note_new", args=[world.customer.id]), data)
    note = CustomerNote.objects.get(organization=world.organization)
    assert note.text == "Two  spaces\n\tand a tab"
    assert get_customer(world.organization, world.customer.id).pinned_note == note
    assert shown(owner, world).index("Pinned note") < shown(owner, world).index("Latest invoices")
    owner.post(reverse("console:note_unpin", args=[world.customer.id]))
    assert "Pinned note" not in shown(owner, world)
    owner.post(reverse("console:note_pin", args=[note.id]))
    assert "Pinned note" in shown(owner, world)
    empty = owner.post(reverse("console:note_new", args=[world.customer.id]), {"text": " ", "key": "k2"})
    assert empty.status_code == 422


def test_the_support_writes_notes_and_viewers_read_them(world: World) -> None:
    world.note(text="Calls before noon.")
    viewer, support = world.client(Role.VIEWER), world.client(Role.SUPPORT)
    assert "Calls before noon." in shown(viewer, world)
    assert "Add note" not in shown(viewer, world)
    assert "Add note" in shown(support, world)
    assert "Add a contact" not in shown(support, world)


def test_long_histories_are_paged(world: World, owner: Client) -> None:
    for number in range(60):
        world.note(text=f"Note number {number}.")
    for name, first, last in (
        ("note_list", "Note number 59.", "Note number 0."),
        ("customer_timeline", "", ""),
    ):
        page = owner.get(reverse(f"console:{name}", args=[world.customer.id]))
        assert first in page.content.decode()
        after = page.context["page"].next
        assert after
        rest = owner.get(reverse(f"console:{name}", args=[world.customer.id]), {"after": after})
        assert last in rest.content.decode()
        assert not rest.context["page"].next


def test_the_page_asks_the_database_no_more_for_more(world: World, owner: Client) -> None:
    """Fifteen statements, however much there is."""

    def cost() -> int:
        with statements_sent() as sent:
            shown(owner, world)
        return sent.call_count

    world.paid(world.issued(), minor=12900)
    world.contact()
    world.note(pinned=True)
    world.mail(world.issued())
    shown(owner, world)  # the first visit of a session is written down
    few = cost()
    for _each in range(12):
        world.paid(world.issued())
        world.mail(world.issued())
        world.note()
        world.contact()
        make_customer(world.organization)
    assert cost() == few
    assert few <= 15


def test_a_statement_is_shown_and_mailed_once_per_press(world: World, owner: Client) -> None:
    world.paid(world.issued(), minor=5000)
    page = owner.get(reverse("console:customer_statement", args=[world.customer.id]))
    assert "€69.00" in page.content.decode()
    data = {
        "start": page.context["statement"].start.isoformat(),
        "end": page.context["statement"].end.isoformat(),
        "key": page.context["mail_form"]["key"].value(),
        "note": "Thank you",
    }
    address = reverse("console:customer_statement_mail", args=[world.customer.id])
    for _twice in range(2):
        answer = owner.post(address, data, follow=True)
        assert f"The statement is on its way to {world.customer.email}." in answer.content.decode()
    mail = Mail.objects.get(organization=world.organization, kind="statement")
    assert "€69.00" in owner.get(reverse("console:mail_letter", args=[mail.id])).content.decode()
    owner.post(address, {**data, "key": "another press"})
    assert Mail.objects.filter(organization=world.organization, kind="statement").count() == 2
    refused = owner.post(address, {"start": "soon", "end": "2026-01-01", "key": "k"})
    assert refused.status_code == 422
    typed = {**data, "key": "with a slip", "copies": "books@"}
    slip = owner.post(address, typed)
    assert slip.status_code == 422
    assert "is not an e-mail address" in slip.content.decode()
    assert all(
        f'value="{typed[name]}"' in slip.content.decode() for name in ("start", "end", "key", "copies")
    )
    again = owner.post(address, {**typed, "copies": "books@example.com"}, follow=True)
    assert "The statement is on its way" in again.content.decode()
    assert Mail.objects.filter(organization=world.organization, copies=["books@example.com"]).count() == 1


def test_a_statement_is_a_pdf_in_the_customers_language(world: World, owner: Client) -> None:
    world.customer.language = "de"
    world.customer.save()
    number = world.issued().number
    pdf = owner.get(reverse("console:customer_statement_pdf", args=[world.customer.id]))
    assert pdf["Content-Type"] == "application/pdf"
    said = words(pdf.content)
    assert "Kontoauszug" in said
    assert f"Rechnung {number}" in said
    assert "119,00" in said


def test_without_an_address_there_is_nobody_to_send_a_statement_to(world: World, owner: Client) -> None:
    world.customer.email = ""
    world.customer.save()
    page = shown(owner, world, "customer_statement")
    assert "the statement cannot be mailed" in page
    assert "Send by mail" not in page
    data = {"start": "2026-01-01", "end": "2026-01-31", "key": "k"}
    refused = owner.post(reverse("console:customer_statement_mail", args=[world.customer.id]), data)
    assert refused.status_code == 422
    assert "has no e-mail address" in refused.content.decode()


@pytest.mark.parametrize("days", [0, 1])
def test_a_long_statement_has_pages_and_proposes_the_days_that_a_document_holds(
    world: World, owner: Client, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """The first of the three entries is of today as well, or of the day before."""
    monkeypatch.setattr(statement, "PAGE_ROWS", 2)
    for module in (statement, statements):
        monkeypatch.setattr(module, "MOST_ROWS", 2)
    today = clock.today(world.organization)
    start = today - timedelta(days=days)
    numbers = [str(world.issued(on=day).number) for day in (start, today, today)]
    address = reverse("console:customer_statement", args=[world.customer.id])
    span = {"start": start.isoformat(), "end": today.isoformat()}
    first = owner.get(address, span)
    said = first.content.decode()
    assert all(number in said for number in numbers[:2])
    assert numbers[2] not in said
    alone = "The last of these days alone has more than the 2 entries that a PDF can hold."
    assert (alone in said, "PDF and mail begin on" in said) == (days == 0, days == 1)
    assert first.context["fits_from"] == (today if days else None)
    later = owner.get(address, {**span, "after": first.context["statement"].next})
    assert (later.context["statement"].previous, later.context["statement"].next) == ("", "")
    second = later.content.decode()
    assert numbers[2] in second
    assert numbers[0] not in second
    assert "Balance carried from the page before" in second
    assert f'rel="prev" href="?start={start}&amp;end={today}"' in second
    assert "€357.00" in second


def test_a_statement_is_written_into_a_file_once_per_press(world: World, owner: Client) -> None:
    world.issued()
    page = owner.get(reverse("console:customer_statement", args=[world.customer.id]))
    assert "Export as XLSX" in page.content.decode()
    data = {
        "start": page.context["statement"].start.isoformat(),
        "end": page.context["statement"].end.isoformat(),
        "key": page.context["export_key"],
        "format": "xlsx",
    }
    address = reverse("console:customer_statement_export", args=[world.customer.id])
    for _press in range(2):
        answer = owner.post(address, data, follow=True)
        assert f"Statement of {world.customer.name}" in answer.content.decode()
    export = Export.objects.get(organization=world.organization)
    assert (export.list_name, export.format, export.rows_about) == ("statement", "xlsx", 1)
    for wrong in ({"format": "pdf"}, {"start": "x"}, {"key": ""}):
        assert owner.post(address, {**data, **wrong}).status_code == 422
    assert Export.objects.filter(organization=world.organization).count() == 1


def test_a_statement_of_wrong_days_is_refused_in_words(world: World, owner: Client) -> None:
    address = reverse("console:customer_statement", args=[world.customer.id])
    for query in ({"start": "x"}, {"start": "2026-02-01", "end": "2026-01-01"}):
        assert owner.get(address, query).status_code == 422
