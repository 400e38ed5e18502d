from __future__ import annotations

import pytest

from allsquare.billing.services.void import void
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_id
from allsquare.insights.dashboard import needs as module
from allsquare.insights.dashboard.needs import FEW, Group, Need, needs
from allsquare.notifications.models import Mail
from allsquare.notifications.services.resend import resend
from allsquare.payments.models import Payment
from tests.factories import make_organization
from tests.insights.dashboard.makers import Till
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def found(world: World) -> dict[Need, Group]:
    return {group.need: group for group in needs(world.organization)}


def test_nothing_needs_anybody(world: World) -> None:
    world.paid(world.issued())
    world.mail(world.issued(), state=Mail.State.SENT)
    world.delivery(state="done")
    assert needs(world.organization) == []


def test_everything_that_waits_is_named_counted_and_in_order(world: World) -> None:
    payment = world.paid(world.issued())
    task = world.task(payment.id)
    Payment.objects.filter(id=world.paid(world.issued()).id).update(
        state="unknown", next_check_at=payment.created_at
    )
    delivery = world.delivery()
    mail = world.mail(world.issued(), state=Mail.State.FAILED)
    held = world.mail(world.issued(), state=Mail.State.HELD)
    trouble = world.trouble()
    late = Till(world.organization).invoice("2020-02-29", 11900)
    draft = world.draft()
    groups = needs(world.organization)
    assert [group.need for group in groups] == list(Need)
    assert [group.count for group in groups] == [1] * 8
    by_need = {group.need: group.items[0] for group in groups}
    assert (by_need[Need.TASK].id, by_need[Need.TASK].payment_id) == (task.id, payment.id)
    assert by_need[Need.TASK].text == task.text
    assert by_need[Need.UNKNOWN].minor == 11900
    assert (by_need[Need.PARKED].id, by_need[Need.PARKED].who) == (delivery.id, "By hand")
    assert (by_need[Need.MAIL].id, by_need[Need.MAIL].who) == (mail.id, mail.recipient)
    assert (by_need[Need.HELD].id, by_need[Need.HELD].who) == (held.id, held.recipient)
    assert (by_need[Need.JOB].id, by_need[Need.JOB].what) == (trouble.id, "billing.render_pdf")
    assert (by_need[Need.OVERDUE].id, by_need[Need.OVERDUE].what) == (late.id, late.number)
    assert (by_need[Need.DRAFT].id, by_need[Need.DRAFT].minor) == (draft.id, 11900)


def test_of_many_a_few_are_shown_the_oldest_debt_first(world: World) -> None:
    till = Till(world.organization)
    for day in range(1, 8):
        till.invoice(f"2021-03-0{8 - day}", 100)
    group = found(world)[Need.OVERDUE]
    assert (group.count, len(group.items)) == (7, FEW)
    assert [str(item.due_on) for item in group.items] == ["2021-03-01", "2021-03-02", "2021-03-03"]


def test_a_mail_that_was_sent_again_needs_nobody(world: World) -> None:
    mail = world.mail(world.issued(), state=Mail.State.FAILED)
    assert Need.MAIL in found(world)
    resend(organization=world.organization, mail_id=mail.id, actor=SYSTEM)
    assert Need.MAIL not in found(world)


def test_what_is_void_or_settled_is_not_late(world: World) -> None:
    invoice = world.issued()
    void(organization=world.organization, invoice_id=invoice.id, reason="A mistake", actor=SYSTEM)
    Till(world.organization).invoice("2020-02-29", 100, state="paid", paid=100)
    assert Need.OVERDUE not in found(world)


def test_a_task_about_nothing_we_know_leads_nowhere(world: World) -> None:
    world.task(new_id())
    task = found(world)[Need.TASK].items[0]
    assert task.text


def test_another_organizations_needs_are_its_own(world: World) -> None:
    other = World(make_organization(name="Somebody Else"))
    other.draft()
    other.mail(other.issued(), state=Mail.State.FAILED)
    other.delivery()
    other.task(new_id())
    assert needs(world.organization) == []
    assert len(needs(other.organization)) == 4


@pytest.mark.parametrize("state", [Mail.State.HELD, Mail.State.FAILED])
def test_mails_are_counted_up_to_a_limit(world: World, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    monkeypatch.setattr(module, "MANY", 2)
    mails = [world.mail(world.issued(), state=state) for _each in range(3)]
    (group,) = (group for need, group in found(world).items() if need in (Need.MAIL, Need.HELD))
    # Of those that failed the newest come first, of those that were held the oldest.
    expected = mails[:2] if state == Mail.State.HELD else mails[:0:-1]
    assert (group.count, [item.id for item in group.items]) == (2, [mail.id for mail in expected])
