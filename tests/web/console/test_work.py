"""What needs a person: tasks, parked webhooks, failed mails; and the words of what happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.core import clock
from allsquare.core.models import Event
from allsquare.notifications.models import Mail
from allsquare.web.console.timeline import TELLINGS, timeline
from allsquare.web.ui.icons import icon_svg
from tests.web.console.world import World


def test_home_says_what_came_in_what_is_due_and_what_needs_a_person(world: World, owner: Client) -> None:
    today = clock.today(world.organization)
    world.issued(on=today - timedelta(days=90))
    payment = world.paid(world.issued(), minor=11900)
    mail = world.mail(world.issued(), state="failed", error="Nobody there")
    draft = world.draft(price="7.00")
    world.task(payment.id, text="Look at this money.")
    world.delivery()
    text = owner.get(reverse("console:home")).content.decode()
    assert "€238.00" in text  # open: the old one and the one of the mail
    assert "€119.00" in text  # overdue, and came in
    assert "€8.33" in text
    for words in ("Look at this money.", "was not delivered", "could not be understood", "is not issued"):
        assert words in text
    for page in (reverse("console:mail", args=[mail.id]), reverse("console:invoice", args=[draft.id])):
        assert page in text


def test_a_quiet_day_says_so(world: World, owner: Client) -> None:
    assert "Nothing needs you" in owner.get(reverse("console:home")).content.decode()


def test_a_task_is_done_once_and_leads_back(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    task = world.task(payment.id)
    page = reverse("console:payment", args=[payment.id])
    url = reverse("console:attention_resolve", args=[task.id])
    assert owner.post(url, {"next": page})["Location"] == page
    assert owner.post(url, {"next": "https://evil.example/"})["Location"] == reverse("console:home")
    task.refresh_from_db()
    assert task.resolved_at is not None
    resolved = Event.objects.filter(organization_id=world.organization.id, kind="attention.resolved")
    assert resolved.count() == 1


def test_a_parked_webhook_is_read_again(world: World, owner: Client) -> None:
    parked, done = world.delivery(), world.delivery(state="done", error="")
    for delivery in (parked, done):
        owner.post(reverse("console:inbox_retry", args=[delivery.id]))
        delivery.refresh_from_db()
    assert (parked.state, parked.tries) == ("received", 0)
    assert done.state == "done"


def test_a_mail_shows_its_fate_and_is_sent_again_once(world: World, owner: Client) -> None:
    mail = world.mail(world.issued(), state="failed", error="The mailbox does not exist.")
    text = owner.get(reverse("console:mail", args=[mail.id])).content.decode()
    assert "The mailbox does not exist." in text
    assert "sandbox title=" in text
    url = reverse("console:mail_resend", args=[mail.id])
    first = owner.post(url, {"recipient": "right@example.com"})
    second = owner.post(url, {"recipient": "right@example.com"})
    again = Mail.objects.get(organization=world.organization, recipient="right@example.com")
    assert first["Location"] == second["Location"] == reverse("console:mail", args=[again.id])
    wrong = owner.post(url, {"recipient": "not an address"}).content.decode()
    assert "This is not an e-mail address" in wrong


def test_a_letter_may_be_framed_by_us_alone_and_runs_nothing(world: World, owner: Client) -> None:
    mail = world.mail(world.issued())
    response = owner.get(reverse("console:mail_letter", args=[mail.id]))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert policy.endswith("sandbox")
    page = owner.get(reverse("console:mail", args=[mail.id]))
    assert "frame-src 'self'" in page["Content-Security-Policy"]


def test_asking_the_provider_about_what_has_ended_changes_nothing(world: World, owner: Client) -> None:
    payment = world.paid(world.issued())
    response = owner.post(reverse("console:payment_ask", args=[payment.id]), follow=True)
    assert "The provider has answered: succeeded." in response.content.decode()


def test_every_event_that_happens_here_has_words_an_icon_and_a_link(world: World, owner: Client) -> None:
    draft = world.draft()
    owner.post(reverse("console:invoice_issue", args=[draft.id]))
    payment = world.paid(Invoice.objects.get(id=draft.id))
    data = {"amount": "19.00", "key": "k"}
    owner.post(reverse("console:payment_refund", args=[payment.id]), data)
    events = list(Event.objects.filter(organization_id=world.organization.id))
    assert {event.kind for event in events} <= TELLINGS.keys()
    told = {str(item.title) for item in timeline(events)}
    assert {"Invoice INV-00001 issued", "Payment of €119.00 succeeded", "Refund of €19.00 given back"} <= told
    refunds = [item for item in timeline(events) if "Refund" in str(item.title)]
    assert {item.url for item in refunds} == {reverse("console:payment", args=[payment.id])}


def test_every_icon_of_the_timeline_exists() -> None:
    assert all(icon_svg(telling.icon) for telling in TELLINGS.values())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("compare", "What the provider knows is compared"),
        ("replay", "The provider was asked for its news once more"),
    ],
)
def test_a_question_to_a_provider_is_told_by_its_kind(world: World, kind: str, words: str) -> None:
    event = Event(
        organization_id=world.organization.id,
        kind="inquiry.finished",
        subject_type="gateway_account",
        subject_id=world.account.id,
        data={"kind": kind},
        at=clock.now(None),
    )
    (item,) = timeline([event])
    assert (str(item.title), item.icon) == (words, "circle-check")


def test_an_event_of_an_unknown_kind_is_told_in_its_own_words(world: World) -> None:
    event = Event(
        organization_id=world.organization.id,
        kind="moon.landed_on",
        subject_type="moon",
        subject_id=world.customer.id,
        actor_label="Neil",
        at=clock.now(None),
    )
    (item,) = timeline([event])
    assert (item.title, item.url, item.who) == ("Moon landed on", "", "Neil")


def test_a_draft_that_keeps_itself_is_told_once_until_something_else_happens(world: World) -> None:
    def event(kind: str, actor: str = "ada") -> Event:
        return Event(
            organization_id=world.organization.id,
            kind=kind,
            subject_type="invoice",
            subject_id=world.customer.id,
            actor_id=actor,
            at=clock.now(None),
        )

    changed = [event("invoice.changed") for _ in range(3)]
    events = [*changed, event("invoice.changed", "grace"), event("invoice.viewed"), event("invoice.changed")]
    told = timeline(events)
    assert len(told) == 4
    assert told[-1].at == changed[-1].at
