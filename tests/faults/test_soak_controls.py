"""Controls of the kill loop's counts: each kind of loss, doubling and standstill is planted, and must be counted.

What the loop prints as 0 is worth as much as these.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from allsquare.billing.models import Invoice, InvoiceDocument, InvoiceLine
from allsquare.billing.services.void import void
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.notifications.models import Mail
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import InboxEvent, Payment, Refund
from allsquare.payments.states import OPEN, REFUND_OPEN
from tests.faults.soak.acknowledged import Acknowledged
from tests.faults.soak.findings import doubled, lost, stuck
from tests.faults.soak.provider import Provider
from tests.insights.proofs.planted import tampering
from tests.payments.flows import paid, pay, take
from tests.payments.makers import empty_script, eur, offline_account, refund_outcome, scripted_account
from tests.sandbox_process import SandboxAccount
from tests.web.console.world import World

pytestmark = [pytest.mark.faults, pytest.mark.django_db]


@pytest.fixture(scope="module")
def organization(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Organization]:
    """Made once and rolled back at the end; what a test plants is undone after it."""
    gateways = {**settings.ALLSQUARE_GATEWAYS, "scripted": "tests.payments.makers.ScriptedGateway"}
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # as Django's own test cases say, so that what must be outermost may be inside
    with django_db_blocker.unblock(), override_settings(ALLSQUARE_GATEWAYS=gateways), around:
        yield _at_rest()
        transaction.set_rollback(True)


def _at_rest() -> Organization:
    """A day's work that came to rest: a draft, invoices that are void, paid by card and in cash, a part given back;
    mails sent, documents kept, news read."""
    empty_script()
    world = World()
    world.draft()
    void(organization=world.organization, invoice_id=world.issued().id, reason="Twice", actor=SYSTEM)
    account = scripted_account(world.organization)
    cards = [paid(world.organization, world.customer, account) for _ in range(2)]
    for place, payment in enumerate(cards):
        take(
            account,
            refund_outcome(reference=f"re_{place}", amount=eur(1000), charge_reference=payment.reference),
        )
    Refund.objects.update(reason="")  # in the loop each is asked for by a form of its own
    for _ in range(2):
        pay(world.issued(), offline_account(world.organization), method=MethodKind.CASH)
    world.delivery(state="done")
    for invoice in Invoice.objects.exclude(state="draft"):
        InvoiceDocument.objects.create(
            organization=world.organization,
            invoice=invoice,
            sha256="0" * 64,
            size=1,
            created_at=clock.now(None),
        )
        world.mail(invoice, state="sent")
    run("DELETE FROM procrastinate_jobs")
    run("INSERT INTO event_reader (name, xact) VALUES ('everybody', pg_current_xact_id())")
    run("UPDATE event_reader SET event_id = (SELECT max(id::text)::uuid FROM event)")
    return world.organization


@pytest.fixture
def provider(sandbox: SandboxAccount) -> Iterator[Provider]:
    found = Provider(sandbox.base_url, sandbox.api_key)
    yield found
    found.close()


def run(statement: str, *values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


def plant(statement: str, *values: str) -> None:
    with tampering():
        run(statement, *values)


def name_of(kind: str) -> str:
    """Of something of this kind that is there."""
    if kind == "edited":
        line = InvoiceLine.objects.filter(invoice__state="draft")[0]
        return f"{line.invoice_id} {line.description}"
    if kind == "customer":
        return str(Customer.objects.all()[0].id)
    if kind in ("draft", "issued", "voided"):
        state = {"draft": "draft", "issued": "paid", "voided": "void"}[kind]
        return str(Invoice.objects.filter(state=state)[0].id)
    if kind in ("started", "paid"):
        payment = Payment.objects.filter(gateway="scripted")[0]
        return str(payment.reference if kind == "started" else payment.id)
    if kind == "recorded":
        return str(Payment.objects.filter(method="cash")[0].id)
    return Refund.objects.all()[0].key if kind == "refund" else InboxEvent.objects.all()[0].external_id


LOSSES = {
    "customer": "UPDATE customer SET id = gen_random_uuid()",
    "draft": "DELETE FROM invoice WHERE state = 'draft'",
    "edited": "UPDATE invoice_line SET description = 'As it was before'",
    "issued": "UPDATE invoice SET state = 'draft'",
    "voided": "UPDATE invoice SET state = 'issued' WHERE state = 'void'",
    "started": "UPDATE payment SET reference = NULL",
    "paid": "UPDATE payment SET state = 'declined'",
    "recorded": "DELETE FROM payment WHERE method = 'cash'",
    "refund": "DELETE FROM refund",
    "webhook": "DELETE FROM inbox_event",
}


@pytest.mark.parametrize("kind", LOSSES)
def test_what_was_acknowledged_and_is_gone_is_lost(organization: Organization, kind: str) -> None:
    told = Acknowledged("http://square.example")
    told.add(kind, name_of(kind))
    assert lost(organization, told) == []
    name = name_of(kind)
    plant(LOSSES[kind])
    assert lost(organization, told) == [f"{kind} {name}"]


DOUBLES = {
    "refunds for": "UPDATE refund SET reason = 'desk 1, form 7'",
    "recorded payments for": "UPDATE payment SET note = 'desk 1, form 7' WHERE method = 'cash'",
    "payments for charge": "UPDATE payment SET reference = 'ch_1' WHERE gateway = 'scripted'",
    "entries payment.settled": "UPDATE journal_entry SET source_id = (SELECT id FROM payment LIMIT 1) "
    "WHERE kind = 'payment.settled'",
    "entries refund.settled": "UPDATE journal_entry SET source_id = (SELECT id FROM refund LIMIT 1) "
    "WHERE kind = 'refund.settled'",
}


@pytest.mark.parametrize("what", DOUBLES)
def test_two_of_what_must_be_one_are_doubled(
    organization: Organization, provider: Provider, what: str
) -> None:
    assert doubled(organization, provider) == []
    with tampering():
        run("ALTER TABLE journal_entry DROP CONSTRAINT journal_entry_once")
        run(DOUBLES[what])
    (found,) = doubled(organization, provider)
    assert what in found


def test_two_refunds_at_the_provider_for_one_form_are_doubled(
    organization: Organization, provider: Provider, sandbox: SandboxAccount
) -> None:
    charge = sandbox.paid(1000)["id"]
    body = {"charge": charge, "amount": 100, "currency": "EUR", "reason": "desk 1, form 7"}
    for times in range(2):
        found = doubled(organization, provider)
        assert found == [], times
        key = {"Idempotency-Key": str(uuid4())}
        sandbox.http.post("/v1/refunds", json=body, headers=key).raise_for_status()
    assert doubled(organization, provider) == ["2 refunds at the provider for desk 1, form 7"]


#: Kind, how it is brought about for each of the states that are not final, in which ``%s`` is the state, and how many.
STANDSTILLS = (
    ("payments", sorted(OPEN), "UPDATE payment SET state = %s WHERE method = 'cash'", 2),
    ("refunds", sorted(REFUND_OPEN), "UPDATE refund SET state = %s", 2),
    ("inbox", ["received", "parked"], "UPDATE inbox_event SET state = %s", 1),
    (
        "mails",
        sorted(set(Mail.State.values) - {"sent"}),
        "UPDATE mail SET state = %s WHERE invoice_id IN (SELECT id FROM invoice WHERE state = 'paid')",
        2,
    ),
    (
        "jobs",
        ["todo", "doing"],
        "INSERT INTO procrastinate_jobs (status, queue_name, task_name, args) VALUES (%s, 'q', 't', '{}')",
        1,
    ),
    (
        "documents",
        ["void"],
        "DELETE FROM invoice_document WHERE invoice_id IN (SELECT id FROM invoice WHERE state = %s)",
        1,
    ),
    (
        "unread events",
        ["everybody"],
        "UPDATE event_reader SET event_id = (SELECT id FROM event ORDER BY id DESC OFFSET 1 LIMIT 1) WHERE name = %s",
        1,
    ),
    (
        "parked events",
        ["mails"],
        "INSERT INTO event_failure (id, organization_id, reader, event_id, error, at) "
        "SELECT gen_random_uuid(), organization_id, %s, id, 'no', now() FROM event LIMIT 1",
        1,
    ),
)


@pytest.mark.parametrize(
    ("kind", "state", "statement", "number"),
    [(kind, state, words, number) for kind, states, words, number in STANDSTILLS for state in states],
)
def test_what_is_not_finished_is_stuck(
    organization: Organization, kind: str, state: str, statement: str, number: int
) -> None:
    assert set(stuck(organization).values()) == {0}
    plant(statement, state)
    found = stuck(organization)
    assert found.pop(kind) == number
    assert set(found.values()) == {0}


def test_every_kind_that_is_counted_is_planted(organization: Organization) -> None:
    assert {kind for kind, *_more in STANDSTILLS} == set(stuck(organization))
    told = Acknowledged("http://square.example")
    for kind in LOSSES:
        told.add(kind, "nothing")
    assert lost(organization, told) == [f"{kind} nothing" for kind in sorted(LOSSES)]


def test_a_mail_about_a_void_invoice_that_failed_is_not_stuck(organization: Organization) -> None:
    plant(
        "UPDATE mail SET state = 'failed' WHERE invoice_id IN (SELECT id FROM invoice WHERE state = 'void')"
    )
    assert set(stuck(organization).values()) == {0}
