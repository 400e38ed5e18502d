from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from unittest.mock import Mock

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.notifications.services import send as module
from allsquare.notifications.services.retry_due import retry_due
from allsquare.notifications.services.send import LEASE, PAUSES, send
from tests.notifications.makers import read_all
from tests.payments.makers import issued_invoice

S = Mail.State


@pytest.fixture
def queued(organization: Organization, customer: Customer) -> Mail:
    issued_invoice(organization, customer)
    (mail,) = read_all(organization)
    return mail


def outcomes(mail: Mail) -> list[str]:
    events = Event.objects.filter(organization_id=mail.organization_id, subject_id=mail.id)
    return list(events.order_by("id").values_list("kind", flat=True))


def wait_over(mail: Mail) -> None:
    Mail.objects.filter(id=mail.id).update(next_try_at=clock.now(None) - timedelta(seconds=1))


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(
        "django.core.mail.backends.locmem.EmailBackend.send_messages", Mock(side_effect=error)
    )


def test_a_mail_is_sent_once_and_said_once(queued: Mail) -> None:
    sent = send(organization=queued.organization, mail_id=queued.id)
    assert sent is not None
    assert send(organization=queued.organization, mail_id=queued.id) is None
    queued.refresh_from_db()
    assert (queued.state, queued.tries, queued.error) == (S.SENT, 1, "")
    assert queued.sent_at is not None
    assert queued.subject == django_mail.outbox[0].subject
    assert len(django_mail.outbox) == 1
    assert outcomes(queued) == ["mail.sent"]


def test_the_event_log_keeps_no_address(queued: Mail) -> None:
    send(organization=queued.organization, mail_id=queued.id)
    event = Event.objects.get(subject_id=queued.id, kind="mail.sent")
    assert queued.recipient not in str(event.data)


def test_another_organization_cannot_send_it(queued: Mail) -> None:
    stranger = Organization(id=queued.invoice_id, time_zone="UTC")
    assert send(organization=stranger, mail_id=queued.id) is None
    assert django_mail.outbox == []


def test_a_mail_that_somebody_is_sending_is_left_alone_until_the_lease_ends(queued: Mail) -> None:
    Mail.objects.filter(id=queued.id).update(state=S.SENDING, tries=1, next_try_at=clock.now(None) + LEASE)
    assert send(organization=queued.organization, mail_id=queued.id) is None
    wait_over(queued)
    assert send(organization=queued.organization, mail_id=queued.id) is not None
    assert len(django_mail.outbox) == 1


def test_whoever_lost_the_lease_no_longer_counts(queued: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our try took too long and another one took over; the end of ours must not speak for it."""

    def slow(message: EmailMessage) -> None:
        Mail.objects.filter(id=queued.id).update(tries=2)

    monkeypatch.setattr(module, "deliver", slow)
    send(organization=queued.organization, mail_id=queued.id)
    queued.refresh_from_db()
    assert queued.state == S.SENDING
    assert outcomes(queued) == []


def test_a_failure_waits_longer_each_time_and_ends_after_two_days(
    queued: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, SMTPServerDisconnected("Connection unexpectedly closed"))
    waits = []
    for _ in PAUSES:
        before = clock.now(None)
        send(organization=queued.organization, mail_id=queued.id)
        queued.refresh_from_db()
        assert queued.state == S.QUEUED
        assert queued.next_try_at is not None
        waits.append(queued.next_try_at - before)
    assert all(
        timedelta(0) <= wait - pause < timedelta(seconds=20)
        for wait, pause in zip(waits, PAUSES, strict=True)
    )
    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(hours=40) < sum(PAUSES, timedelta()) < timedelta(hours=50)
    send(organization=queued.organization, mail_id=queued.id)
    queued.refresh_from_db()
    assert (queued.state, queued.next_try_at) == (S.FAILED, None)
    assert "Given up" in queued.error
    assert outcomes(queued) == ["mail.failed"]


def test_a_mail_on_which_every_try_breaks_off_ends_too(queued: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "compose", Mock(side_effect=RuntimeError("a fault of ours")))
    for _ in range(len(PAUSES) + 1):
        wait_over(queued)
        with pytest.raises(RuntimeError):
            send(organization=queued.organization, mail_id=queued.id)
    wait_over(queued)
    send(organization=queued.organization, mail_id=queued.id)
    queued.refresh_from_db()
    assert (queued.state, queued.next_try_at) == (S.FAILED, None)
    assert outcomes(queued) == ["mail.failed"]


def test_a_recipient_refused_for_good_fails_at_once(queued: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, SMTPRecipientsRefused({queued.recipient: (550, b"5.1.1 No such mailbox")}))
    send(organization=queued.organization, mail_id=queued.id)
    queued.refresh_from_db()
    assert queued.state == S.FAILED
    assert "550 5.1.1 No such mailbox" in queued.error
    assert queued.subject.startswith("Invoice ")


def test_a_void_invoice_is_not_mailed(queued: Mail) -> None:
    assert queued.invoice_id is not None
    void(organization=queued.organization, invoice_id=queued.invoice_id, reason="Typing error", actor=SYSTEM)
    send(organization=queued.organization, mail_id=queued.id)
    queued.refresh_from_db()
    assert queued.state == S.FAILED
    assert "void" in queued.error
    assert django_mail.outbox == []


def test_due_mails_get_one_job_again(queued: Mail) -> None:
    assert retry_due(limit=10) == 0, "its first job still waits"
    ProcrastinateJob.objects.filter(queueing_lock=f"mail:{queued.id}")._raw_delete(
        "default"
    )  # lost with its worker
    assert retry_due(limit=10) == 1
    assert retry_due(limit=10) == 0


@pytest.mark.parametrize("state", [S.QUEUED, S.SENDING])
def test_mails_get_a_job_when_their_time_comes(queued: Mail, state: Mail.State) -> None:
    ProcrastinateJob.objects.all()._raw_delete("default")
    Mail.objects.filter(id=queued.id).update(state=state, next_try_at=clock.now(None) + timedelta(minutes=1))
    assert retry_due(limit=10) == 0
    wait_over(queued)
    assert retry_due(limit=10) == 1


@pytest.mark.parametrize("state", [S.SENT, S.FAILED])
def test_mails_that_have_ended_get_no_job(queued: Mail, state: Mail.State) -> None:
    ProcrastinateJob.objects.all()._raw_delete("default")
    Mail.objects.filter(id=queued.id).update(state=state)
    assert retry_due(limit=10) == 0
