"""Fault 22: the mail server refuses, stalls, breaks off, or is away. Money and documents do not care, and no mail is
lost. Process death is tried by ``os._exit``; power loss is not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.fixtures import Settings

from allsquare.cli.smtp_catcher import Mood
from allsquare.core import clock
from allsquare.core.models import Event
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.notifications.services.retry_due import retry_due
from allsquare.notifications.services.send import LEASE, send
from allsquare.notifications.tasks import send_mail
from allsquare.payments.models import Payment
from tests import factories
from tests.faults.shop import database_url
from tests.notifications.makers import follow_log, paid
from tests.payments.conftest import account, customer, organization, scripted
from tests.payments.makers import scripted_account
from tests.smtp import Smtp, smtp
from tests.square import assert_all_square

__all__ = ["account", "customer", "organization", "scripted", "smtp"]

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
S = Mail.State


@pytest.fixture
def books(transactional_db: None, scripted: object) -> Organization:
    """An organization with a paid invoice and its news read: an invoice mail, a receipt and a notice wait."""
    with connection.cursor() as cursor:  # pytest empties Django's own tables only
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    made = factories.make_organization()
    factories.member_actor(made, person=factories.make_person(email="ada@example.com"))
    paid(made, factories.make_customer(made, email="grace@example.com"), scripted_account(made))
    follow_log()
    return made


def work() -> None:
    """The jobs that wait, each once, as a worker would do them."""
    waiting = ProcrastinateJob.objects.filter(task_name=send_mail.name, status="todo").order_by("id")
    for job in list(waiting):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job.id])
        send_mail(**job.args)


def time_passes() -> None:
    """All pauses and leases are over."""
    Mail.objects.filter(next_try_at__isnull=False).update(next_try_at=clock.now(None) - timedelta(seconds=1))


def states() -> set[str]:
    return set(Mail.objects.values_list("state", flat=True))


def told(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


def test_a_real_worker_sends_what_waits_once(books: Organization, smtp: Smtp) -> None:
    assert python(smtp, WORK) == 0
    assert states() == {S.SENT}
    assert sorted((mail.recipients, mail.message_id) for mail in smtp.mails) == sorted(
        ((mail.recipient,), mail.message_id) for mail in Mail.objects.all()
    )
    assert retry_due(limit=10) == 0
    assert (len(smtp.mails), told("mail.sent")) == (3, 3)
    assert {len(mail.attachments) for mail in smtp.mails} == {0, 1}
    assert_all_square()


@pytest.mark.parametrize("trouble", ["away", Mood.PUT_OFF, Mood.STALL])
def test_a_server_in_trouble_gets_every_mail_once_when_it_is_back(
    books: Organization, smtp: Smtp, settings: Settings, trouble: str
) -> None:
    settings.EMAIL_TIMEOUT = 1
    if trouble == "away":
        smtp.stop()
    else:
        smtp.behave(Mood(trouble))
    started = time.monotonic()
    work()
    assert time.monotonic() - started < 90, "a server that says nothing holds the worker up"
    assert states() == {S.QUEUED}
    assert smtp.mails == []
    assert all(mail.error and mail.next_try_at for mail in Mail.objects.all())
    payment = Payment.objects.get()
    assert (payment.state, payment.invoice and payment.invoice.state) == ("succeeded", "paid")
    assert retry_due(limit=10) == 0, "not before its time"

    settings.EMAIL_TIMEOUT = 60  # one that is well may be slow, too
    if trouble == "away":
        smtp.start()
    smtp.behave(Mood.ACCEPT)
    time_passes()
    assert retry_due(limit=10) == 3
    work()
    assert states() == {S.SENT}
    assert (len(smtp.mails), told("mail.sent"), told("mail.failed")) == (3, 3, 0)
    assert_all_square()


@pytest.mark.parametrize(("mood", "reply"), [(Mood.REFUSE, "550"), (Mood.REJECT, "554")])
def test_a_refusal_for_good_is_not_repeated(books: Organization, smtp: Smtp, mood: Mood, reply: str) -> None:
    smtp.behave(mood)
    work()
    assert states() == {S.FAILED}
    assert all(reply in mail.error for mail in Mail.objects.all())
    smtp.behave(Mood.ACCEPT)
    time_passes()
    assert retry_due(limit=10) == 0
    assert told("mail.failed") == 3
    assert_all_square()


def test_a_lost_reply_repeats_the_same_message(books: Organization, smtp: Smtp) -> None:
    """SMTP cannot promise exactly once; the Message-ID is what lets the other side see one mail."""
    smtp.behave(Mood.LOSE_REPLY)
    work()
    assert states() == {S.QUEUED}
    smtp.behave(Mood.ACCEPT)
    time_passes()
    retry_due(limit=10)
    work()
    assert states() == {S.SENT}
    assert len(smtp.mails) == 6
    assert len({mail.message_id for mail in smtp.mails}) == 3
    assert told("mail.sent") == 3
    assert_all_square()


DIE = """
import os, sys
from uuid import UUID
import django
django.setup()
from allsquare.identity.selectors import get_organization
from allsquare.notifications.services import send as module

deliver = module.deliver

def and_die(message):
    if sys.argv[3] == "after":
        deliver(message)
    os._exit(9)

module.deliver = and_die
module.send(organization=get_organization(UUID(sys.argv[1])), mail_id=UUID(sys.argv[2]))
"""

WORK = """
import django
django.setup()
from procrastinate.contrib.django import app
with app.replace_connector(app.connector.get_worker_connector()) as worker:
    worker.run_worker(wait=False, concurrency=2)
"""


@pytest.mark.parametrize(("moment", "copies"), [("before", 1), ("after", 2)])
def test_a_sender_that_dies_is_followed_by_another(
    books: Organization, smtp: Smtp, moment: str, copies: int
) -> None:
    mail = Mail.objects.order_by("id")[0]
    assert python(smtp, DIE, str(books.id), str(mail.id), moment) == 9
    mail.refresh_from_db()
    assert (mail.state, mail.tries) == (S.SENDING, 1)
    assert send(organization=books, mail_id=mail.id) is None, "its lease is not over"
    assert mail.next_try_at is not None
    assert timedelta(0) < mail.next_try_at - clock.now(None) <= LEASE

    ProcrastinateJob.objects.all()._raw_delete("default")
    time_passes()
    assert retry_due(limit=1) == 1
    work()
    mail.refresh_from_db()
    assert (mail.state, mail.tries) == (S.SENT, 2)
    assert [caught.message_id for caught in smtp.mails] == [mail.message_id] * copies
    assert told("mail.sent") == 1
    assert_all_square()


def python(smtp: Smtp, code: str, *arguments: str) -> int:
    """The exit status of another process on the same database and mail server."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "allsquare.config.settings",
        "ALLSQUARE_SMTP_HOST": "127.0.0.1",
        "ALLSQUARE_SMTP_PORT": str(smtp.port),
    }
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, timeout=60, check=False).returncode
