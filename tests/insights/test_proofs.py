"""Each proof finds what breaks its promise, names the row, and is content with good books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from allsquare.billing.models import InvoiceDocument
from allsquare.billing.services.take_back_write_off import take_back_write_off
from allsquare.billing.services.write_off import write_off
from allsquare.core import clock, document_store
from allsquare.core.actor import SYSTEM
from allsquare.identity.models import Organization
from allsquare.insights.proofs import PROOFS, Finding, Proof, run
from allsquare.insights.proofs.proof import NAMED
from allsquare.ledger.services.set_rate import set_rate
from allsquare.payments.gateway import DisputeStage, MethodKind, Status
from tests import factories
from tests.payments.flows import paid, pay, started, take
from tests.payments.makers import (
    ScriptedGateway,
    charge,
    dispute_outcome,
    empty_script,
    eur,
    issued_invoice,
    offline_account,
    payout_outcome,
    refund_outcome,
    scripted_account,
    usd,
)
from tests.square import assert_all_square

#: A fault for each proof: SQL that breaks the promise and returns what the finding must name. More than one for
#: promises that can be broken in several ways.
FAULTS: tuple[tuple[str, str], ...] = (
    (
        "trial_balance",
        "UPDATE journal_line SET base_minor = base_minor + 1 WHERE id = (SELECT min(id::text)::uuid "
        "FROM journal_line) RETURNING 'base'",
    ),
    (
        "trial_balance",
        "UPDATE journal_line SET amount_minor = amount_minor + 1 WHERE id = (SELECT id FROM journal_line "
        "WHERE currency = 'USD' LIMIT 1) RETURNING 'USD'",
    ),
    (
        # Two wrongs that hide each other from the trial balance.
        "entries_balance",
        """WITH ends AS (SELECT min(id::text)::uuid AS first, max(id::text)::uuid AS last FROM journal_line)
           UPDATE journal_line SET base_minor = base_minor + CASE WHEN id = first THEN 1 ELSE -1 END
           FROM ends WHERE id IN (first, last) RETURNING entry_id""",
    ),
    (
        "entries_balance",
        "DELETE FROM journal_line WHERE entry_id = (SELECT id FROM journal_entry WHERE kind = 'invoice.issued' "
        "LIMIT 1) RETURNING entry_id",
    ),
    (
        "receivable_subledger",
        "UPDATE journal_line l SET document_id = NULL FROM account a WHERE a.id = l.account_id "
        "AND a.role = 'receivable' AND l.base_minor < 0 "
        "AND l.entry_id IN (SELECT id FROM journal_entry WHERE source_type = 'payment') RETURNING (SELECT i.id "
        "FROM invoice i JOIN journal_entry e "
        "ON e.id = l.entry_id JOIN payment p ON p.id = e.source_id WHERE i.id = p.invoice_id)",
    ),
    ("credit_subledger", "UPDATE credit_movement SET base_minor = base_minor + 1 RETURNING customer_id"),
    (
        # The net on the bank account instead: the books balance, and the provider owes us something else.
        "clearing_subledger",
        "UPDATE journal_line l SET account_id = (SELECT id FROM account b WHERE b.role = 'bank' "
        "AND b.organization_id = l.organization_id) FROM account a WHERE a.id = l.account_id AND a.role = 'clearing' "
        "AND l.base_minor > 0 RETURNING a.id",
    ),
    (
        # Sums of lines that are not there.
        "account_days",
        "INSERT INTO account_day (organization_id, account_id, currency, date, base_minor, amount_minor) "
        "SELECT organization_id, account_id, currency, date, 1, 1 FROM journal_line LIMIT 1 RETURNING account_id",
    ),
    (
        # Lines that the sums should hold, and do not.
        "account_days",
        "INSERT INTO account_day_mark (organization_id, xact) SELECT organization_id, '9223372036854775807' "
        "FROM journal_line LIMIT 1 RETURNING (SELECT account_id FROM journal_line l "
        "WHERE l.organization_id = account_day_mark.organization_id LIMIT 1)",
    ),
    (
        "closed_periods",
        "INSERT INTO period (id, organization_id, starts_on, ends_on, closed_at) SELECT gen_random_uuid(), "
        "organization_id, min(date), max(date), now() - interval '1 day' FROM journal_entry GROUP BY organization_id "
        "RETURNING (SELECT id FROM journal_entry LIMIT 1)",
    ),
    (
        "one_payment_per_charge",
        "UPDATE payment SET reference = 'ch_twice' WHERE gateway = 'scripted' RETURNING 'ch_twice'",
    ),
    (
        "one_settlement_per_payment",
        "UPDATE payment SET state = 'declined' WHERE id = (SELECT id FROM payment WHERE state = 'succeeded' LIMIT 1) "
        "RETURNING id",
    ),
    (
        "one_settlement_per_payment",
        "UPDATE journal_entry SET source_id = gen_random_uuid() WHERE kind = 'payment.settled' RETURNING id",
    ),
    (
        "capture_is_allocated",
        "UPDATE payment SET captured_minor = captured_minor + 1 WHERE state = 'succeeded' RETURNING id",
    ),
    (
        "capture_is_allocated",
        "DELETE FROM allocation WHERE source_id = payment_id RETURNING payment_id",
    ),
    (
        "refund_caches",
        "UPDATE payment SET refunded_minor = refunded_minor - 1 WHERE refunded_minor > 0 RETURNING id",
    ),
    (
        "refund_caches",
        "UPDATE payment SET refunding_minor = 1 WHERE state = 'succeeded' AND refunded_minor = 0 RETURNING id",
    ),
    ("dispute_cache", "UPDATE payment SET disputed_minor = disputed_minor + 1 RETURNING id"),
    (
        "refunds_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'refund.settled' RETURNING source_id",
    ),
    (
        "refunds_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'refund.failed' RETURNING source_id",
    ),
    (
        "disputes_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'dispute.lost' RETURNING source_id",
    ),
    ("disputes_are_booked", "UPDATE dispute SET state = 'opened' WHERE state = 'won' RETURNING id"),
    (
        "payouts_are_booked",
        "UPDATE journal_entry SET source_id = gen_random_uuid() WHERE kind = 'payout.paid' "
        "RETURNING (SELECT id FROM payout)",
    ),
    (
        "acknowledged_exists",
        "UPDATE event SET subject_id = gen_random_uuid() WHERE kind = 'payment.succeeded' RETURNING id",
    ),
    (
        "acknowledged_exists",
        "UPDATE event SET subject_id = gen_random_uuid() WHERE kind = 'invoice.issued' RETURNING id",
    ),
    (
        "acknowledged_exists",
        "UPDATE payment_attempt SET status = 'succeeded' WHERE status = 'action_required' AND payment_id IN "
        "(SELECT id FROM payment WHERE state = 'needs_action') RETURNING payment_id",
    ),
    ("invoice_sums", "UPDATE invoice_line SET total_minor = total_minor + 1 RETURNING invoice_id"),
    ("invoice_sums", "UPDATE invoice_tax SET base_minor = base_minor - 1 RETURNING invoice_id"),
    (
        "invoice_paid",
        "UPDATE invoice SET paid_minor = paid_minor - 1 WHERE paid_minor > 0 RETURNING id",
    ),
    ("invoice_paid", "UPDATE invoice SET state = 'sent' WHERE state = 'paid' RETURNING id"),
    ("invoice_paid", "UPDATE invoice SET state = 'partly_paid' WHERE paid_minor = 0 RETURNING id"),
    (
        "invoice_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'invoice.issued' RETURNING source_id",
    ),
    ("invoice_booked", "UPDATE invoice SET state = 'void' WHERE paid_minor = 0 RETURNING id"),
    (
        "written_off",
        "UPDATE write_off SET amount_minor = amount_minor + 1 WHERE takes_back_id IS NULL RETURNING invoice_id",
    ),
    ("written_off", "UPDATE invoice SET state = 'written_off' WHERE state = 'issued' RETURNING id"),
    (
        "write_offs_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'invoice.written_off' RETURNING source_id",
    ),
    (
        "write_offs_are_booked",
        "UPDATE journal_entry SET kind = 'other' WHERE kind = 'invoice.write_off_reversed' RETURNING source_id",
    ),
    ("numbers_without_gaps", "UPDATE number_series SET next_number = next_number + 1 RETURNING id"),
    (
        "numbers_without_gaps",
        "UPDATE invoice SET number = 'INV-00999' WHERE number = 'INV-00001' RETURNING (SELECT id FROM number_series "
        "s WHERE s.organization_id = invoice.organization_id)",
    ),
    ("documents_intact", "UPDATE invoice_document SET sha256 = repeat('0', 64) RETURNING invoice_id"),
    (
        "event_chain",
        "INSERT INTO event_chain (organization_id, sequence, digest, signature) SELECT id, 7, '', '' "
        "FROM organization RETURNING 'None'",
    ),
)


@contextmanager
def tampering() -> Iterator[None]:
    """What the owner of the tables can do: no guard fires, and indexes can be dropped. The test is rolled back."""
    connection.check_constraints()  # what still waits for the commit would forbid it
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        guarded = [table for (table,) in cursor.fetchall()]
        for table in guarded:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("DROP INDEX payment_reference_once")
    yield


@pytest.fixture
def books(db: None, settings: Settings) -> Organization:
    """An organization to which everything has happened once."""
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    organization = factories.make_organization()
    customer = factories.make_customer(organization)
    account = scripted_account(organization)
    refunded, came_home, lost, won, _overpaid = (
        paid(organization, customer, account, captured=captured, fee=175)
        for captured in (10000, 10000, 10000, 10000, 11000)
    )
    back = refund_outcome(reference="re_1", amount=eur(4000), charge_reference=refunded.reference)
    home = refund_outcome(reference="re_2", amount=eur(4000), charge_reference=came_home.reference)
    take(account, back, home)
    take(account, refund_outcome(Status.DECLINED, reference="re_2"))
    for payment, end in ((lost, DisputeStage.LOST), (won, DisputeStage.WON)):
        about = {"reference": f"dp_{end}", "amount": eur(10000), "charge_reference": payment.reference}
        take(account, dispute_outcome(DisputeStage.OPENED, **about), dispute_outcome(end, **about))
    take(account, payout_outcome(reference="po_1", amount=eur(5000)))
    set_rate(
        organization=organization,
        currency="USD",
        valid_on=clock.today(organization),
        rate=Decimal("0.9"),
        actor=SYSTEM,
    )
    dollars = issued_invoice(organization, customer, currency_code="USD")
    answer = charge(reference="ch_usd", amount=usd(10000), fee=usd(100))
    pay(dollars, account, amount=usd(10000), answer=answer)
    pay(issued_invoice(organization, customer), offline_account(organization), method=MethodKind.CASH)
    for invoice in (issued_invoice(organization, customer), issued_invoice(organization, customer)):
        write_off(
            organization=organization, invoice_id=invoice.id, reason="Gone", tax_relief=True, actor=SYSTEM
        )
    take_back_write_off(organization=organization, invoice_id=invoice.id, actor=SYSTEM)
    waiting = started(organization, customer, account)
    assert waiting.invoice
    InvoiceDocument.objects.create(
        organization=organization,
        invoice=waiting.invoice,
        sha256=document_store.put(b"an invoice"),
        size=10,
        created_at=clock.now(organization),
    )
    return organization


def findings(name: str) -> tuple[Finding, ...]:
    (result,) = run([proof for proof in PROOFS if proof.name == name])
    return result.findings


def test_everything_that_can_happen_leaves_the_books_square(books: Organization) -> None:
    assert_all_square()
    assert not ScriptedGateway.answers


def test_every_proof_has_a_fault_that_it_must_find() -> None:
    assert {name for name, _ in FAULTS} == {proof.name for proof in PROOFS}


@pytest.mark.parametrize(
    ("name", "tamper"), FAULTS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found_and_named(books: Organization, name: str, tamper: str) -> None:
    with tampering(), connection.cursor() as cursor:
        cursor.execute(tamper)
        planted = {str(subject) for (subject,) in cursor.fetchall()}
    found = findings(name)
    assert planted <= {finding.subject for finding in found}
    assert {finding.organization for finding in found} == {str(books.id)}
    assert all(finding.text for finding in found)


def test_a_fault_is_found_in_its_own_organization_only(books: Organization) -> None:
    other = factories.make_organization()
    paid(other, factories.make_customer(other), scripted_account(other))
    with tampering(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_line SET base_minor = base_minor + 1 WHERE organization_id = %s", [other.id]
        )
    assert {finding.organization for finding in findings("trial_balance")} == {str(other.id)}


@pytest.mark.parametrize(("count", "more"), [(NAMED, False), (NAMED + 1, True)])
def test_more_faults_than_can_be_named_are_said_to_be_more(db: None, count: int, more: bool) -> None:
    broken = [Finding("o", str(number), "broken") for number in range(count)]
    (result,) = run([Proof("many", "I1", "None is broken.", lambda: broken)])
    assert (len(result.findings), result.more, result.holds) == (NAMED, more, False)


@pytest.mark.django_db(transaction=True)
def test_proofs_read_one_moment_and_write_nothing() -> None:
    """Outside a transaction each proof gets a snapshot of its own, in which nothing can be changed."""

    def settings_of_the_snapshot() -> Iterator[Finding]:
        with connection.cursor() as cursor:
            for name in ("transaction_isolation", "transaction_read_only"):
                cursor.execute(f"SHOW {name}")
                yield Finding("", name, cursor.fetchone()[0])

    (result,) = run([Proof("snapshot", "I1", "…", settings_of_the_snapshot)])
    assert [finding.text for finding in result.findings] == ["repeatable read", "on"]
