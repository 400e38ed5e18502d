"""After a restore: mails that may have been sent already wait for a person."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core.ids import new_id
from allsquare.notifications.after_restore import MAY_HAVE_BEEN_SENT
from allsquare.notifications.models import Mail
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(world: World) -> list[Mail]:
    return [
        world.mail(world.issued(), state=Mail.State.HELD, error=str(MAY_HAVE_BEEN_SENT)) for _ in range(4)
    ]


def states(mails: list[Mail]) -> list[str]:
    found = dict(Mail.objects.values_list("id", "state"))
    return [found[mail.id] for mail in mails]


def test_the_first_page_leads_to_all_of_them(world: World, owner: Client, held: list[Mail]) -> None:
    page = owner.get(reverse("console:home")).text
    assert "Mails held since a restore" in page
    assert f'href="{reverse("console:held_mails")}"' in page
    listed = owner.get(reverse("console:held_mails")).text
    assert "may have been sent before that" in listed
    assert all(str(mail.id) in listed for mail in held)


def test_many_are_sent_and_many_are_left(world: World, owner: Client, held: list[Mail]) -> None:
    url = reverse("console:held_mails")
    for name, mails, asked, done in (
        ("send", held[:2], "Send 2 held mails?", "2 mails are on their way."),
        ("leave", held[2:], "Leave 2 mails unsent?", "2 mails are left unsent."),
    ):
        data = {"do": f"act:{name}", "ids": [str(mail.id) for mail in mails]}
        assert asked in owner.post(url, data).text
        assert set(states(mails)) == {"held"}  # so far it was only asked
        told = owner.post(url, {**data, "key": str(new_id())}, follow=True)
        assert done in told.text
    assert states(held) == ["queued", "queued", "left", "left"]
    assert "Mails held since a restore" not in owner.get(reverse("console:home")).text


def test_one_is_decided_on_its_page(world: World, owner: Client, held: list[Mail]) -> None:
    sent, left = held[:2]
    page = owner.get(reverse("console:mail", args=[sent.id])).text
    assert "Held since a restore" in page
    assert "Send this mail?" in page
    owner.post(reverse("console:mail_resend", args=[sent.id]))
    for _ in range(2):
        owner.post(reverse("console:mail_leave", args=[left.id]))
    assert states([sent, left]) == ["queued", "left"]
    refused = owner.post(reverse("console:mail_leave", args=[sent.id]), follow=True)
    assert "This mail is not held" in refused.text
    assert states([sent]) == ["queued"]
