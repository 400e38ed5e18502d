from __future__ import annotations

import pytest

from allsquare.billing.errors import NumbersInUse
from allsquare.billing.models import NumberSeries
from allsquare.billing.numbering import CREDIT_NOTES
from allsquare.billing.selectors import number_series
from allsquare.billing.services.change_numbering import change_numbering
from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.models import Event
from allsquare.identity.roles import Role
from tests.factories import member_actor
from tests.square import assert_all_square
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def test_the_next_invoice_gets_the_number_that_was_promised(world: World) -> None:
    change_numbering(
        organization=world.organization, begins_with="2026-", width=4, next_number=118, actor=SYSTEM
    )
    assert [world.issued().number, world.issued().number] == ["2026-0118", "2026-0119"]
    event = Event.objects.get(kind="numbering.changed")
    assert event.data["before"] == {"prefix": "INV-", "width": 5, "next_number": 1}


def test_the_same_again_changes_nothing(world: World) -> None:
    for _ in range(2):
        change_numbering(
            organization=world.organization, begins_with="R", width=4, next_number=7, actor=SYSTEM
        )
    assert Event.objects.filter(kind="numbering.changed").count() == 1


def test_a_used_counter_only_counts_while_its_beginning_may_change(world: World) -> None:
    world.issued()
    for number in (1, 500):
        with pytest.raises(NumbersInUse, match="2"):
            change_numbering(
                organization=world.organization, begins_with="INV-", width=5, next_number=number, actor=SYSTEM
            )
    change_numbering(organization=world.organization, begins_with="27/", width=3, next_number=2, actor=SYSTEM)
    assert world.issued().number == "27/002"


@pytest.mark.parametrize(
    ("begins_with", "width", "number", "field"),
    [
        ("2026", 4, 1, "begins_with"),  # "2026" and 00001 could be "2" and 02600001
        ("R\n", 0, 1, "width"),
        ("x" * 21, 4, 1, "begins_with"),
        ("<b>-", 4, 1, "begins_with"),
        ("R", 13, 1, "width"),
        ("R", 4, 0, "next_number"),
        ("R", 4, 10**15, "next_number"),
    ],
)
def test_nonsense_is_named(world: World, begins_with: str, width: int, number: int, field: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        change_numbering(
            organization=world.organization,
            begins_with=begins_with,
            width=width,
            next_number=number,
            actor=SYSTEM,
        )
    assert field in caught.value.errors
    assert not NumberSeries.objects.filter(organization=world.organization).exists()


def test_others_may_not(world: World) -> None:
    accountant = member_actor(world.organization, Role.ACCOUNTANT)
    with pytest.raises(PermissionDenied):
        change_numbering(
            organization=world.organization, begins_with="R", width=4, next_number=1, actor=accountant
        )


def test_credit_notes_have_a_counter_of_their_own(world: World) -> None:
    change_numbering(
        organization=world.organization,
        kind=CREDIT_NOTES,
        begins_with="K-",
        width=3,
        next_number=8,
        actor=SYSTEM,
    )
    assert world.issued().number == "INV-00001"
    assert [world.credit_note().number, world.credit_note().number] == ["K-008", "K-009"]
    with pytest.raises(NumbersInUse, match="10"):
        change_numbering(
            organization=world.organization,
            kind=CREDIT_NOTES,
            begins_with="K-",
            width=3,
            next_number=8,
            actor=SYSTEM,
        )
    assert_all_square()


@pytest.mark.parametrize(("kind", "taken"), [("invoice", "CN-"), ("credit_note", "INV-")])
def test_no_two_documents_can_have_one_number(world: World, kind: str, taken: str) -> None:
    with pytest.raises(FieldErrors, match="must not begin alike"):
        change_numbering(
            organization=world.organization,
            kind=kind,
            begins_with=taken,
            width=5,
            next_number=1,
            actor=SYSTEM,
        )


@pytest.mark.parametrize("kind", ["invoice", "credit_note"])
def test_no_document_begins_as_those_of_the_other_kind_once_did(world: World, kind: str) -> None:
    """Their numbers stay with them when the series is renamed."""
    organization = world.organization
    other = CREDIT_NOTES if kind == "invoice" else "invoice"
    begun = number_series(organization, other).prefix
    world.credit_note()
    change_numbering(
        organization=organization, kind=other, begins_with="Z-", width=5, next_number=2, actor=SYSTEM
    )
    for taken, allowed in ((begun, False), (f"{begun}0-", True), (begun[:-1], True), ("Z-", False)):
        given = {"kind": kind, "begins_with": taken, "width": 5, "next_number": 2}
        if allowed:
            change_numbering(organization=organization, actor=SYSTEM, **given)  # type: ignore[arg-type]  # a test's shorthand
            continue
        with pytest.raises(FieldErrors, match="must not begin alike"):
            change_numbering(organization=organization, actor=SYSTEM, **given)  # type: ignore[arg-type]  # as above
    world.credit_note()
    assert_all_square()


@pytest.mark.parametrize("begins_today", ["CN-", "INV-"])
def test_invoices_that_begin_like_credit_notes_keep_their_numbers_to_themselves(
    world: World, begins_today: str
) -> None:
    """They may have been numbered so before there were credit notes, and differently since."""
    organization = world.organization
    NumberSeries.objects.create(organization=organization, kind="invoice", prefix="CN-", width=5)
    assert world.issued().number == "CN-00001"
    NumberSeries.objects.filter(organization=organization).update(prefix=begins_today)
    assert number_series(organization, CREDIT_NOTES).prefix == "CN2-"
    assert [world.credit_note().number, world.credit_note().number] == ["CN2-00001", "CN2-00002"]
    assert_all_square()


def test_an_invoice_series_named_like_credit_notes_can_still_be_changed(world: World) -> None:
    organization = world.organization
    NumberSeries.objects.create(organization=organization, kind="invoice", prefix="CN-", width=5)
    change_numbering(organization=organization, begins_with="CN-", width=3, next_number=1, actor=SYSTEM)
    assert world.issued().number == "CN-001"
    assert world.credit_note().number == "CN2-00001"
