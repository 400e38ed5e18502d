"""Mails of a rehearsal reach no customer."""

from __future__ import annotations

import pytest
from django.core import mail as outbox

from allsquare.identity.models import Membership
from allsquare.notifications.compose import compose, preview
from allsquare.notifications.drafts import draft
from allsquare.notifications.errors import Refused
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.services.send import send
from tests.factories import make_organization
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


def mail_of(world: World, language: str = "en") -> Mail:
    invoice = world.issued()
    mail = draft(
        world.organization,
        MailKind.INVOICE,
        subject=("invoice", invoice.id),
        recipient="customer@elsewhere.example",
        language=language,
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
    )
    mail.save()
    return mail


def test_the_organization_gets_it_with_a_note_whom_it_would_have_reached() -> None:
    world = World(make_organization(rehearsal=True))
    message = compose(world.organization, mail_of(world))
    assert message.to == ["billing@example.com"]
    assert message.subject.startswith("[Rehearsal] ")
    assert "would have gone to customer@elsewhere.example" in message.body
    assert "would have gone to customer@elsewhere.example" in str(message.alternatives[0][0])
    letter, _ = preview(world.organization, mail_of(world, "de"))
    assert letter.subject.startswith("[Probe] ")
    assert "customer@elsewhere.example" in letter.paragraphs[0]


def test_an_owner_gets_it_where_the_organization_has_no_address() -> None:
    world = World(make_organization(rehearsal=True, email=""))
    with pytest.raises(Refused):
        compose(world.organization, mail_of(world))
    owner = world.member()
    assert Membership.objects.filter(organization=world.organization, person=owner).exists()
    assert compose(world.organization, mail_of(world)).to == [owner.email]


def test_what_is_for_members_reaches_them() -> None:
    world = World(make_organization(rehearsal=True))
    payment = world.paid(world.issued())
    mail = draft(
        world.organization,
        MailKind.PAYMENT_NOTICE,
        subject=("payment", payment.id),
        recipient="owner@home.example",
        language="en",
        payment_id=payment.id,
    )
    assert compose(world.organization, mail).to == ["owner@home.example"]


@pytest.mark.parametrize("rehearsal", [True, False])
def test_in_earnest_the_customer_gets_it(rehearsal: bool) -> None:
    """The twin: without the flag the same mail goes out."""
    world = World(make_organization(rehearsal=rehearsal))
    send(organization=world.organization, mail_id=mail_of(world).id)
    reached = [address for message in outbox.outbox for address in message.to]
    assert ("customer@elsewhere.example" in reached) is not rehearsal


def test_sender_and_answers_are_those_of_the_mail_settings() -> None:
    world = World(make_organization(mail_name="Harbour Billing", reply_to="answers@harbour.example"))
    message = compose(world.organization, mail_of(world))
    assert message.from_email.startswith("Harbour Billing <")
    assert message.reply_to == ["answers@harbour.example"]


def test_the_button_has_the_brands_colour_dark_enough_to_read() -> None:
    world = World(make_organization(brand_color="#ffcc00"))
    html = str(compose(world.organization, mail_of(world)).alternatives[0][0])
    assert "#ffcc00" not in html
    assert "letter.accent" not in html
    assert "#1f5fcd" not in html
