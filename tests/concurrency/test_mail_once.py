"""Eight workers take the same mail at the same moment; the server gets it once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.core import mail as django_mail
from django.db import connections

from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.notifications.services import send as module
from allsquare.notifications.services.send import send
from tests import factories
from tests.notifications.makers import follow_log
from tests.payments.makers import issued_invoice

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
WORKERS = 8


def queued() -> Mail:
    organization = factories.make_organization()
    issued_invoice(organization, factories.make_customer(organization))
    follow_log()
    return Mail.objects.get(organization=organization)


def race(mail: Mail) -> int:
    """How often the mail server got it."""
    line = threading.Barrier(WORKERS)

    def worker(organization: Organization) -> None:
        try:
            line.wait(60)
            send(organization=organization, mail_id=mail.id)
        finally:
            connections.close_all()

    organization = mail.organization
    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(worker, organization) for _ in range(WORKERS)]:
            done.result()
    return len(django_mail.outbox)


def test_one_worker_sends() -> None:
    mail = queued()
    assert race(mail) == 1
    mail.refresh_from_db()
    assert (mail.state, mail.tries) == (Mail.State.SENT, 1)


def test_without_taking_it_first_several_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a worker that only looks whether the mail waits."""

    def only_look(organization: Organization, mail_id: UUID) -> Mail | None:
        return Mail.objects.filter(organization=organization, id=mail_id, state=Mail.State.QUEUED).first()

    monkeypatch.setattr(module, "_take", only_look)
    assert race(queued()) > 1
