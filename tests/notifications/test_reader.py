from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from procrastinate.contrib.django.models import ProcrastinateJob

from allsquare.core.actor import SYSTEM
from allsquare.core.events import News, record
from allsquare.core.models import Event, EventFailure
from allsquare.customers.models import Customer
from allsquare.customers.services.add_contact import add_contact
from allsquare.identity.models import Organization, Person
from allsquare.identity.roles import Role
from allsquare.notifications import reader
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.outbox import job_lock
from allsquare.notifications.services.send import send
from allsquare.payments.attention import KEYS_REFUSED
from allsquare.payments.gateway import MethodKind, Status
from allsquare.payments.models import Attention, GatewayAccount
from allsquare.payments.services.raise_again import raise_again
from allsquare.payments.services.refund import refund
from tests import factories
from tests.notifications.makers import begun, follow_log, paid, read_all, settled
from tests.payments.flows import take
from tests.payments.makers import ScriptedGateway, a_key, charge, eur, issued_invoice, refund_outcome

K = MailKind


def told(mails: list[Mail]) -> list[tuple[str, str]]:
    return [(mail.kind, mail.recipient) for mail in mails]


def test_an_issued_invoice_goes_to_the_frozen_address_in_its_language(organization: Organization) -> None:
    customer = factories.make_customer(organization, email="kunde@example.com", language="de")
    invoice = issued_invoice(organization, customer)
    Customer.objects.filter(id=customer.id).update(email="new@example.com")
    (mail,) = read_all(organization)
    assert (mail.kind, mail.recipient, mail.language) == (K.INVOICE, "kunde@example.com", "de")
    assert (mail.subject_type, mail.subject_id, mail.invoice_id) == ("invoice", invoice.id, invoice.id)
    (job,) = ProcrastinateJob.objects.filter(queueing_lock=job_lock(mail.id))
    assert job.args == {"organization_id": str(organization.id), "mail_id": str(mail.id)}


def test_reading_again_makes_no_second_mail_and_no_second_job(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person
) -> None:
    paid(organization, customer, account)
    first = read_all(organization)
    jobs = ProcrastinateJob.objects.filter(task_name="notifications.send_mail")
    assert (len(first), jobs.count()) == (3, 3)
    assert read_all(organization) == first
    assert jobs.count() == 3


def test_nobody_is_told_where_there_is_no_address(organization: Organization) -> None:
    issued_invoice(organization, factories.make_customer(organization, email=""))
    assert read_all(organization) == []


def test_contacts_get_the_mails_that_they_are_to_get(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    people = (
        {"name": "Rita", "email": "rita@example.com", "gets_invoices": True, "language": "de"},
        {"name": "Ben", "email": "ben@example.com", "gets_invoices": True, "gets_receipts": True},
        {"name": "Eve", "email": "eve@example.com"},
    )
    for person in people:
        add_contact(organization=organization, customer_id=customer.id, actor=SYSTEM, **person)
    payment = paid(organization, customer, account)
    ScriptedGateway.answers.append(refund_outcome(reference="re_1"))
    refund(
        organization=organization,
        payment_id=payment.id,
        amount=eur(100),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
    mails = read_all(organization)
    assert told(mails) == [
        (K.INVOICE, "rita@example.com"),
        (K.INVOICE, "ben@example.com"),
        (K.RECEIPT, "ben@example.com"),
        (K.REFUND, "ben@example.com"),
    ]
    assert [mail.language for mail in mails] == ["de", "en", "en", "en"]


@pytest.mark.parametrize("address", ["nobody", "a@b@c.example", "x@example.com\nBcc: all@example.com"])
def test_a_mail_to_no_address_is_born_failed_and_seen(organization: Organization, address: str) -> None:
    issued_invoice(organization, factories.make_customer(organization, email=address))
    (mail,) = read_all(organization)
    assert (mail.state, mail.next_try_at) == (Mail.State.FAILED, None)
    assert "not an e-mail address" in mail.error
    assert ProcrastinateJob.objects.filter(queueing_lock=job_lock(mail.id)).count() == 0


def test_a_payment_is_receipted_to_the_payer_and_told_to_owners_and_administrators(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person
) -> None:
    for role in (Role.ADMINISTRATOR, Role.BILLING_CLERK, Role.VIEWER):
        factories.member_actor(organization, role, factories.make_person(email=f"{role}@example.com"))
    gone = factories.make_person(email="gone@example.com")
    factories.member_actor(organization, Role.OWNER, gone)
    Person.objects.filter(id=gone.id).update(is_active=False)
    payment = paid(organization, customer, account)
    mails = [mail for mail in read_all(organization) if mail.kind != K.INVOICE]
    assert told(mails) == [
        (K.RECEIPT, customer.email),
        (K.PAYMENT_NOTICE, "ada@example.com"),
        (K.PAYMENT_NOTICE, "administrator@example.com"),
    ]
    assert {mail.subject_id for mail in mails} == {payment.id}


def test_a_debit_is_told_under_way_and_then_bounced(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person
) -> None:
    pending = charge(Status.PENDING, reference="debit")
    payment = begun(organization, customer, account, method=MethodKind.BANK_DEBIT, answer=pending)
    assert [mail.kind for mail in read_all(organization)] == [K.INVOICE, K.PAYMENT_PENDING]
    settled(payment, charge(Status.DECLINED, reference="debit", code="insufficient_funds"))
    assert [mail.kind for mail in read_all(organization)] == [K.INVOICE, K.PAYMENT_PENDING, K.PAYMENT_FAILED]


def test_no_bank_was_asked_where_a_card_waits_for_its_provider(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    begun(organization, customer, account, answer=charge(Status.PENDING, reference="ch_1"))
    assert [mail.kind for mail in read_all(organization)] == [K.INVOICE]


@pytest.mark.parametrize("status", [Status.DECLINED, Status.NOT_SENT])
def test_what_the_payer_saw_fail_is_not_mailed(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person, status: Status
) -> None:
    begun(organization, customer, account, answer=charge(status, code="card_declined"))
    assert [mail.kind for mail in read_all(organization)] == [K.INVOICE]


def test_a_refund_is_told_to_the_payer(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    ScriptedGateway.answers.append(refund_outcome(reference="back", amount=eur(10000)))
    given = refund(
        organization=organization,
        payment_id=payment.id,
        amount=eur(10000),
        reason="",
        key=a_key(),
        actor=SYSTEM,
    )
    mail = read_all(organization)[-1]
    assert (mail.kind, mail.subject_id, mail.payment_id) == (K.REFUND, given.id, payment.id)
    assert mail.recipient == customer.email


def test_every_task_for_a_person_is_a_mail_of_its_own(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person
) -> None:
    payment = paid(organization, customer, account)
    attempt = payment.attempts.get()
    for reference in ("a second charge", "a third charge"):
        settled(payment, charge(key=attempt.id, reference=reference, amount=eur(123400)))
    another = {
        "organization": organization,
        "kind": "another",
        "subject_type": "payment",
        "subject_id": payment.id,
    }
    Attention.objects.create(**another, data={"text": "Look here."}, created_at=payment.created_at)
    news = News("attention.raised", "payment", payment.id, {"kind": "another"})
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=payment.created_at)
    tasks = [mail for mail in read_all(organization) if mail.kind == K.ATTENTION]
    assert told(tasks) == [(K.ATTENTION, "ada@example.com")] * 2
    assert {(mail.subject_type, mail.payment_id) for mail in tasks} == {("attention", payment.id)}
    assert len({mail.subject_id for mail in tasks}) == 2


def test_a_task_that_comes_up_once_more_is_told_once_more(
    organization: Organization, account: GatewayAccount, owner: Person
) -> None:
    """Keys that are refused anew, a week after somebody entered others, are another evening without payments."""

    def refused() -> bool:
        return raise_again(
            organization=organization,
            kind=KEYS_REFUSED,
            subject=("gateway_account", account.id),
            data={"provider": "Scripted"},
            actor=SYSTEM,
        )

    assert [refused(), refused()] == [True, False]
    (first,) = read_all(organization)
    Attention.objects.update(resolved_at=account.created_at)
    assert [refused(), refused()] == [True, False]
    mails = read_all(organization)
    assert told(mails) == [(K.ATTENTION, "ada@example.com")] * 2
    assert mails[0].id == first.id
    assert mails[1].subject_id == Attention.objects.get(resolved_at=None).id


def test_a_task_that_gave_way_before_it_was_read_stops_nobody(
    organization: Organization, account: GatewayAccount, owner: Person
) -> None:
    """A provider asks once more about a case: the task of its first deadline is gone then."""
    news = News("attention.raised", "dispute", account.id, {"kind": "dispute_due"})
    record(organization_id=organization.id, news=[news], actor=SYSTEM, at=account.created_at)
    assert read_all(organization) == []


def test_a_task_heard_of_twice_in_one_batch_is_told_once(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    news = charge(key=payment.attempts.get().id, reference="ch_again", amount=eur(123400))
    take(account, news, news)
    assert Event.objects.filter(organization_id=organization.id, kind="attention.raised").count() == 1


def test_staff_read_their_own_language(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person
) -> None:
    Person.objects.filter(id=owner.id).update(language="de")
    paid(organization, customer, account)
    languages = {mail.kind: mail.language for mail in read_all(organization)}
    assert (languages[K.PAYMENT_NOTICE], languages[K.RECEIPT]) == ("de", "en")


def test_a_sent_mail_marks_its_invoice_as_sent(organization: Organization, customer: Customer) -> None:
    invoice = issued_invoice(organization, customer)
    (mail,) = read_all(organization)
    assert send(organization=organization, mail_id=mail.id) is not None
    read_all(organization)
    invoice.refresh_from_db()
    assert invoice.state == "sent"
    assert invoice.sent_at is not None


def test_organizations_in_one_batch_do_not_mix(organization: Organization, customer: Customer) -> None:
    other = factories.make_organization(name="Another")
    theirs = factories.make_customer(other, email="theirs@example.com")
    issued_invoice(organization, customer)
    issued_invoice(other, theirs)
    reader.read(list(Event.objects.order_by("id")))
    assert told(list(Mail.objects.filter(organization=other))) == [(K.INVOICE, "theirs@example.com")]
    assert told(list(Mail.objects.filter(organization=organization))) == [(K.INVOICE, customer.email)]


def test_a_batch_takes_the_same_number_of_queries_whatever_its_size(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person
) -> None:
    def queries_for(count: int) -> int:
        before = set(Event.objects.values_list("id", flat=True))
        for _ in range(count):
            paid(organization, customer, account)
        news = list(Event.objects.exclude(id__in=before).order_by("id"))
        with CaptureQueriesContext(connection) as captured:
            reader.read(news)
        return len(captured)

    assert queries_for(1) == queries_for(4)
    assert Mail.objects.filter(organization=organization).count() == 15


@pytest.mark.django_db(transaction=True)
def test_history_can_be_skipped() -> None:
    organization = factories.make_organization()
    customer = factories.make_customer(organization)
    issued_invoice(organization, customer)
    reader.skip_to_now()
    assert follow_log() == 0
    later = issued_invoice(organization, customer)
    assert follow_log() > 0
    assert [mail.subject_id for mail in Mail.objects.filter(organization=organization)] == [later.id]
    assert not EventFailure.objects.exists()
