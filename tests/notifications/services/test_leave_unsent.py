from __future__ import annotations

import pytest
from django.core import mail as django_mail
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.core import clock
from allsquare.core.errors import Conflict, PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.notifications.after_restore import hold_mails
from allsquare.notifications.errors import MailUnknown
from allsquare.notifications.models import Mail
from allsquare.notifications.services.leave_unsent import leave_unsent
from allsquare.notifications.services.resend import resend
from allsquare.notifications.services.retry_due import retry_due
from allsquare.notifications.services.send import send
from tests import factories
from tests.notifications.makers import read_all
from tests.payments.makers import issued_invoice


@pytest.fixture
def held(organization: Organization, customer: Customer) -> Mail:
    issued_invoice(organization, customer)
    (mail,) = read_all(organization)
    hold_mails(clock.now(None))
    return mail


def test_a_person_leaves_a_held_mail_unsent(organization: Organization, held: Mail) -> None:
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)
    for _ in range(2):  # a double click
        left = leave_unsent(organization=organization, mail_id=held.id, actor=clerk)
        assert (left.state, left.error) == (Mail.State.LEFT, "")
    event = Event.objects.get(subject_id=held.id, kind="mail.left_unsent")
    assert event.actor_id == clerk.id
    assert send(organization=organization, mail_id=held.id) is None
    assert django_mail.outbox == []


def test_whoever_thinks_better_of_it_sends_it(organization: Organization, held: Mail) -> None:
    actor = factories.member_actor(organization)
    leave_unsent(organization=organization, mail_id=held.id, actor=actor)
    again = resend(organization=organization, mail_id=held.id, actor=actor)
    send(organization=organization, mail_id=again.id)
    assert [message.to for message in django_mail.outbox] == [[held.recipient]]


def test_a_held_mail_is_sent_once_under_its_own_row(organization: Organization, held: Mail) -> None:
    actor = factories.member_actor(organization)
    for _ in range(2):
        assert (
            resend(organization=organization, mail_id=held.id, actor=actor) == held
        )  # its old job still waits
    send(organization=organization, mail_id=held.id)
    assert len(django_mail.outbox) == 1


def test_a_held_mail_whose_job_is_gone_gets_one(organization: Organization, held: Mail) -> None:
    ProcrastinateJob.objects.all()._raw_delete("default")
    resend(organization=organization, mail_id=held.id, actor=factories.member_actor(organization))
    assert retry_due(limit=10) == 1


def test_what_is_on_its_way_or_sent_is_not_left(organization: Organization, held: Mail) -> None:
    actor = factories.member_actor(organization)
    resend(organization=organization, mail_id=held.id, actor=actor)
    with pytest.raises(Conflict, match="not held"):
        leave_unsent(organization=organization, mail_id=held.id, actor=actor)
    send(organization=organization, mail_id=held.id)
    with pytest.raises(Conflict, match="not held"):
        leave_unsent(organization=organization, mail_id=held.id, actor=actor)


def test_roles_and_organizations(organization: Organization, held: Mail) -> None:
    with pytest.raises(PermissionDenied):
        leave_unsent(
            organization=organization,
            mail_id=held.id,
            actor=factories.member_actor(organization, Role.VIEWER),
        )
    other = factories.make_organization()
    with pytest.raises(MailUnknown):
        leave_unsent(organization=other, mail_id=held.id, actor=factories.member_actor(other))
    held.refresh_from_db()
    assert held.state == Mail.State.HELD
