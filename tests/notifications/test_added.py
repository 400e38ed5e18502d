"""Copies and a message of one's own: on the mail that they were meant for, once, and nowhere else."""

from __future__ import annotations

import json

import pytest
from django.core import mail as django_mail

from allsquare.core.actor import SYSTEM
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.customers.services.add_contact import add_contact
from allsquare.identity.models import Organization
from allsquare.notifications import selectors
from allsquare.notifications.added import LONGEST_NOTE, MOST_COPIES, addresses_in, checked
from allsquare.notifications.errors import MailUnderWay
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Enclosure, Mail
from allsquare.notifications.selectors import last_copies
from allsquare.notifications.services.issue_and_send import issue_and_send
from allsquare.notifications.services.mail_invoice import mail_invoice
from allsquare.notifications.services.resend import resend
from allsquare.notifications.services.send import send
from tests import factories
from tests.notifications.makers import read_all
from tests.web.console.world import World

NOTE = "Thank you for the tour.\n<b>See you</b> & all the best"


def issue_with(organization: Organization, customer: Customer, **added: object) -> list[Mail]:
    draft = World(organization).draft(customer=customer)
    fields: dict[str, object] = {"copies": ["boss@example.com"], "note": NOTE, **added}
    issue_and_send(
        organization=organization,
        invoice_id=draft.id,
        actor=SYSTEM,
        **fields,  # type: ignore[arg-type]  # a test's shorthand
    )
    return read_all(organization)


def test_the_mail_has_the_copies_and_the_message_and_the_log_has_neither(
    organization: Organization, customer: Customer
) -> None:
    (mail,) = issue_with(organization, customer)
    send(organization=organization, mail_id=mail.id)
    (message,) = django_mail.outbox
    assert (message.to, message.cc) == ([customer.email], ["boss@example.com"])
    assert sorted(message.recipients()) == sorted([customer.email, "boss@example.com"])
    assert NOTE in str(message.body)
    html = str(message.alternatives[0][0])  # type: ignore[union-attr]  # of a multipart message
    assert "Thank you for the tour.<br>&lt;b&gt;See you&lt;/b&gt; &amp; all the best" in html
    assert last_copies(organization, customer.id) == ["boss@example.com"]
    log = json.dumps([event.data for event in Event.objects.filter(organization_id=organization.id)])
    assert "boss@" not in log
    assert "tour" not in log
    assert read_all(organization) == [Mail.objects.get(organization=organization)]


def test_of_several_mails_the_first_has_the_copies_and_nobody_gets_two(
    organization: Organization, customer: Customer
) -> None:
    for name in ("one", "two"):
        add_contact(
            organization=organization,
            customer_id=customer.id,
            name=name,
            email=f"{name}@example.com",
            gets_invoices=True,
            actor=SYSTEM,
        )
    mails = issue_with(organization, customer, copies=["TWO@example.com", "boss@example.com"])
    assert [(mail.recipient, mail.copies) for mail in mails] == [
        ("one@example.com", ["boss@example.com"]),
        ("two@example.com", []),
    ]
    assert {mail.note for mail in mails} == {NOTE}


def test_an_invoice_that_cannot_be_issued_keeps_nothing(
    organization: Organization, customer: Customer
) -> None:
    with pytest.raises(FieldErrors, match="is not an e-mail address"):
        issue_with(organization, customer, copies=["nobody"])
    assert not Enclosure.objects.filter(organization=organization).exists()
    assert not Mail.objects.filter(organization=organization).exists()


def test_in_a_rehearsal_nobody_gets_a_copy(organization: Organization, customer: Customer) -> None:
    Organization.objects.filter(id=organization.id).update(rehearsal=True, email="own@example.com")
    organization.refresh_from_db()
    (mail,) = issue_with(organization, customer)
    send(organization=organization, mail_id=mail.id)
    assert django_mail.outbox[0].recipients() == ["own@example.com"]


@pytest.mark.parametrize(
    ("copies", "note", "field"),
    [
        (["a@b.example\r\nBcc: c@d.example"], "", "copies"),
        ([f"{number}@example.com" for number in range(6)], "", "copies"),
        ([], "x" * (LONGEST_NOTE + 1), "note"),
        ([], "a\0b", "note"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field(copies: list[str], note: str, field: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        checked(copies, note)
    assert list(caught.value.errors) == [field]


def test_addresses_are_read_as_people_write_them_and_each_counts_once() -> None:
    typed = addresses_in(" Ada@example.com; bob@example.com,\nada@EXAMPLE.com ,")
    assert checked(typed, " Hello \r\n", besides=["Bob@example.com"]).copies == ["Ada@example.com"]
    assert checked([], "  \r\n").note == ""


def test_sent_again_it_says_what_is_added_now_and_not_what_was_before(
    organization: Organization, customer: Customer
) -> None:
    (mail,) = issue_with(organization, customer)
    send(organization=organization, mail_id=mail.id)
    plain = resend(organization=organization, mail_id=mail.id, actor=SYSTEM)
    assert (plain.copies, plain.note) == ([], "")
    with pytest.raises(MailUnderWay):
        resend(organization=organization, mail_id=mail.id, actor=SYSTEM, note="Please look again")
    send(organization=organization, mail_id=plain.id)
    said: list[Mail] = [
        mail_invoice(
            organization=organization,
            invoice_id=mail.subject_id,
            recipient=customer.email,
            copies=["boss@example.com"],
            note="Please look again",
            actor=SYSTEM,
        )
        for _press in range(2)
    ]
    assert said[0] == said[1]
    assert (said[0].copies, said[0].note, said[0].repeat) == (["boss@example.com"], "Please look again", 2)


def test_a_mail_for_one_person_alone_takes_neither(organization: Organization) -> None:
    personal = Mail.objects.create(
        organization=organization,
        kind=MailKind.INVITATION,
        subject_type="event",
        subject_id=organization.id,
        recipient="ada@example.com",
        language="en",
        message_id="<x@example.com>",
        state="sent",
        created_at=organization.created_at,
    )
    with pytest.raises(InvalidInput, match="that person alone"):
        resend(
            organization=organization,
            mail_id=personal.id,
            actor=factories.member_actor(organization),
            copies=["b@example.com"],
        )


def test_whoever_gets_the_mail_gets_no_copy_of_it(organization: Organization, customer: Customer) -> None:
    (mail,) = issue_with(organization, customer, copies=[customer.email.upper()], note="")
    assert not Enclosure.objects.filter(organization=organization).exists()
    send(organization=organization, mail_id=mail.id)
    copies = [customer.email.upper(), "boss@example.com"]
    again = resend(organization=organization, mail_id=mail.id, actor=SYSTEM, copies=copies)
    assert (again.recipient, again.copies) == (customer.email, ["boss@example.com"])


def test_the_recipients_own_address_takes_no_place_among_the_copies(
    organization: Organization, customer: Customer
) -> None:
    others = [f"{number}@example.com" for number in range(MOST_COPIES)]
    (mail,) = issue_with(organization, customer, copies=[customer.email, *others])
    assert mail.copies == others
    send(organization=organization, mail_id=mail.id)
    again = resend(organization=organization, mail_id=mail.id, actor=SYSTEM, copies=[*others, customer.email])
    assert again.copies == others


def test_copies_are_looked_for_among_the_newest_mails(
    organization: Organization, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "_LOOKED_BACK", 2)
    world = World(organization)
    copied = world.mail(world.issued(customer=customer))
    Mail.objects.filter(id=copied.id).update(copies=["boss@example.com"])
    for expected in (["boss@example.com"], []):
        world.mail(world.issued(customer=customer))
        assert last_copies(organization, customer.id) == expected
