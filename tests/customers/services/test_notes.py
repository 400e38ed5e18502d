from __future__ import annotations

import pytest
from django.db import ProgrammingError, transaction

from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.selectors import events_of
from allsquare.customers.errors import NoteUnknown
from allsquare.customers.models import Customer, CustomerNote
from allsquare.customers.selectors import get_customer, notes_of
from allsquare.customers.services.add_note import LONGEST_NOTE, add_note
from allsquare.customers.services.pin_note import pin_note
from allsquare.customers.services.restore_customer import restore_customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.factories import make_customer, make_organization, member_actor

pytestmark = pytest.mark.django_db

TYPED = "  First line\r\n\r\n\tindented — „quoted“ <b>\n"


@pytest.fixture
def organization() -> Organization:
    return make_organization()


@pytest.fixture
def support(organization: Organization) -> Actor:
    return member_actor(organization, Role.SUPPORT)


@pytest.fixture
def customer(organization: Organization) -> Customer:
    return make_customer(organization)


def test_a_note_stays_as_it_was_typed(organization: Organization, customer: Customer, support: Actor) -> None:
    note = add_note(organization=organization, customer_id=customer.id, text=TYPED, key="1", actor=support)
    assert note.text == TYPED.replace("\r\n", "\n")
    assert note.author == support.label
    again = add_note(organization=organization, customer_id=customer.id, text=TYPED, key="1", actor=support)
    assert again.id == note.id
    with pytest.raises(KeyReused):
        add_note(organization=organization, customer_id=customer.id, text="Other", key="1", actor=support)
    assert [each.id for each in notes_of(organization, customer.id)] == [note.id]
    [event] = events_of(organization.id, [customer.id])
    assert (event.kind, "First" in str(event.data)) == ("note.added", False)


def test_nobody_changes_a_note(organization: Organization, customer: Customer, support: Actor) -> None:
    note = add_note(organization=organization, customer_id=customer.id, text="Kept", key="1", actor=support)
    kept = CustomerNote.objects.filter(organization=organization, id=note.id)
    for harm in (lambda: kept.update(text="Gone"), kept.delete):
        with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
            harm()
    assert kept.get().text == "Kept"


def test_what_cannot_be_kept_is_refused(
    organization: Organization, customer: Customer, support: Actor
) -> None:
    for text in ("", " \n", "a\0b", "x" * (LONGEST_NOTE + 1)):
        with pytest.raises(FieldErrors) as refused:
            add_note(organization=organization, customer_id=customer.id, text=text, key="1", actor=support)
        assert set(refused.value.errors) == {"text"}
    add_note(
        organization=organization, customer_id=customer.id, text="x" * LONGEST_NOTE, key="1", actor=support
    )


def test_one_note_stands_first(organization: Organization, customer: Customer, support: Actor) -> None:
    def pinned() -> str | None:
        note = get_customer(organization, customer.id).pinned_note
        return note.text if note else None

    first = add_note(
        organization=organization, customer_id=customer.id, text="One", key="1", actor=support, pinned=True
    )
    second = add_note(organization=organization, customer_id=customer.id, text="Two", key="2", actor=support)
    assert pinned() == "One"
    for _twice in range(2):
        pin_note(organization=organization, customer_id=customer.id, note_id=second.id, actor=support)
    assert pinned() == "Two"
    for _twice in range(2):
        pin_note(organization=organization, customer_id=customer.id, note_id=None, actor=support)
    assert pinned() is None
    told = [event.kind for event in events_of(organization.id, [customer.id])]
    assert told == ["note.added", "note.added", "note.pinned", "note.unpinned"]
    other = make_customer(organization)
    with pytest.raises(NoteUnknown):
        pin_note(organization=organization, customer_id=other.id, note_id=first.id, actor=support)


def test_viewers_read_only(organization: Organization, customer: Customer) -> None:
    viewer = member_actor(organization, Role.VIEWER)
    with pytest.raises(PermissionDenied):
        add_note(organization=organization, customer_id=customer.id, text="x", key="1", actor=viewer)
    with pytest.raises(PermissionDenied):
        restore_customer(organization=organization, customer_id=customer.id, actor=viewer)
