from __future__ import annotations

import pytest
from django.core import mail as django_mail

from allsquare.core.errors import InvalidInput, PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.notifications.errors import MailUnknown
from allsquare.notifications.models import Mail
from allsquare.notifications.services.resend import resend
from allsquare.notifications.services.send import send
from tests import factories
from tests.notifications.makers import read_all
from tests.payments.makers import issued_invoice


@pytest.fixture
def sent(organization: Organization, customer: Customer) -> Mail:
    issued_invoice(organization, customer)
    (mail,) = read_all(organization)
    send(organization=organization, mail_id=mail.id)
    return mail


def test_a_person_sends_a_mail_again(organization: Organization, sent: Mail) -> None:
    clerk = factories.member_actor(organization, Role.BILLING_CLERK)
    again = resend(organization=organization, mail_id=sent.id, actor=clerk)
    assert (again.repeat, again.recipient, again.state) == (1, sent.recipient, Mail.State.QUEUED)
    assert again.message_id != sent.message_id
    assert send(organization=organization, mail_id=again.id) is not None
    assert [m.subject for m in django_mail.outbox] == [django_mail.outbox[0].subject] * 2
    event = Event.objects.get(subject_id=again.id, kind="mail.queued")
    assert event.actor_id == clerk.id


def test_a_double_click_sends_one(organization: Organization, sent: Mail) -> None:
    actor = factories.member_actor(organization)
    first = resend(organization=organization, mail_id=sent.id, actor=actor)
    assert resend(organization=organization, mail_id=sent.id, actor=actor) == first
    assert resend(organization=organization, mail_id=first.id, actor=actor) == first
    assert Mail.objects.filter(organization=organization).count() == 2


def test_it_can_go_to_another_address(organization: Organization, sent: Mail) -> None:
    actor = factories.member_actor(organization)
    other = resend(organization=organization, mail_id=sent.id, actor=actor, recipient=" books@example.com ")
    assert (other.recipient, other.repeat) == ("books@example.com", 0)


def test_what_is_no_address_is_refused_by_name(organization: Organization, sent: Mail) -> None:
    actor = factories.member_actor(organization)
    with pytest.raises(InvalidInput) as caught:
        resend(
            organization=organization,
            mail_id=sent.id,
            actor=actor,
            recipient="a@b.example\r\nBcc: c@d.example",
        )
    assert caught.value.field == "recipient"
    assert Mail.objects.filter(organization=organization).count() == 1


@pytest.mark.parametrize("role", [Role.SALES, Role.VIEWER])
def test_roles_that_may_not_send_are_refused(organization: Organization, sent: Mail, role: Role) -> None:
    with pytest.raises(PermissionDenied):
        resend(organization=organization, mail_id=sent.id, actor=factories.member_actor(organization, role))


def test_a_mail_of_another_organization_is_unknown(sent: Mail) -> None:
    other = factories.make_organization(name="Another")
    with pytest.raises(MailUnknown):
        resend(organization=other, mail_id=sent.id, actor=factories.member_actor(other))
