"""The look before sending: what it shows is what goes out, and only what was looked at goes out."""

from __future__ import annotations

import re
from datetime import timedelta
from unittest.mock import patch

from django.test import Client
from django.urls import reverse

from allsquare.billing.models import Invoice
from allsquare.billing.services.issue import issue
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.customers.selectors import addresses
from allsquare.notifications import selectors as notifications
from allsquare.notifications.added import LONGEST_NOTE
from allsquare.notifications.services.send import send
from allsquare.web.console import issuing
from tests.factories import make_customer
from tests.notifications.makers import read_all
from tests.web.console.world import World, editor_data


def url(invoice: Invoice) -> str:
    return reverse("console:invoice_issue", args=[invoice.id])


def test_the_page_shows_recipient_subject_sum_day_and_the_number_to_be(world: World, owner: Client) -> None:
    world.issued()
    draft = world.draft()
    text = owner.get(url(draft)).content.decode()
    due = clock.today(world.organization) + timedelta(days=draft.payment_days)
    for words in ("INV-00002", world.customer.email, 'datetime="' + due.isoformat(), "Issue and send"):
        assert words in text
    assert text.count('class="btn btn-primary"') == 1
    draft.refresh_from_db()
    assert (draft.state, draft.number) == ("draft", None)


def test_the_letter_shown_is_the_letter_sent_but_for_the_link(world: World, owner: Client) -> None:
    draft = world.draft()
    shown = owner.get(reverse("console:issue_letter", args=[draft.id]))
    assert "sandbox" in shown["Content-Security-Policy"]
    (issued,) = issue(organization=world.organization, invoice_ids=[draft.id], actor=SYSTEM)
    sent = notifications.preview(world.organization, world.mail(issued)).html
    link = re.compile(r"/pay/[^/]*/")
    assert link.sub("/pay/", shown.content.decode()) == link.sub("/pay/", sent)


def test_the_paper_is_a_picture_of_the_draft(world: World, owner: Client) -> None:
    draft = world.draft()
    response = owner.get(reverse("console:issue_page", args=[draft.id]))
    assert response["Content-Type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    assert owner.get(reverse("console:issue_page", args=[world.issued().id])).status_code == 409


def test_what_was_not_looked_at_does_not_go_out(world: World, owner: Client) -> None:
    draft = world.draft()
    found = re.search(r'name="seen" value="([^"]+)"', owner.get(url(draft)).content.decode())
    assert found
    row = {"description": "Much more", "unit_price": "9000"}
    owner.post(reverse("console:draft_autosave", args=[draft.id]), editor_data(world.customer.id, row))
    response = owner.post(url(draft), {"seen": found[1]})
    assert response.status_code == 409
    text = response.content.decode()
    assert "Nothing was sent" in text
    assert "€10,710.00" in text
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_pressed_twice_it_is_issued_once(world: World, owner: Client) -> None:
    draft = world.draft()
    for _ in range(2):
        assert owner.post(url(draft))["Location"] == reverse("console:invoice", args=[draft.id])
    draft.refresh_from_db()
    assert draft.number == "INV-00001"
    assert "issued already" in owner.get(reverse("console:invoice", args=[draft.id])).content.decode()


def test_what_its_writer_should_know_is_said_before(world: World, owner: Client) -> None:
    nobody = make_customer(world.organization, name="Paper Only", email="")
    text = owner.get(url(world.draft(customer=nobody))).content.decode()
    for words in (
        "has no e-mail address",
        "no complete address",
        "Your own address",
        "cannot be paid online",
    ):
        assert words in text
    assert "issue_letter" not in text
    assert "/issue/letter/" not in text
    assert "Issue and send" not in text
    nobody.street, nobody.city = "Ring 1", "Köln"
    nobody.save()
    assert "no complete address" not in owner.get(url(world.draft(customer=nobody))).content.decode()


def test_the_editor_leads_here_and_a_newcomers_customer_is_entered_on_the_way(
    world: World, owner: Client
) -> None:
    world.customer.delete()
    page = owner.get(reverse("console:invoice_new")).content.decode()
    assert 'name="new_name"' in page
    data = editor_data(
        "",
        {"description": "Work", "unit_price": "100"},
        new_name="First & Co",
        new_email="first@example.com",
        key="editor-1",
        then="send",
    )
    answers = [owner.post(reverse("console:invoice_new"), data) for _ in range(2)]
    (draft,) = Invoice.objects.filter(organization=world.organization).select_related("customer")
    assert [answer["Location"] for answer in answers] == [url(draft)] * 2
    assert (draft.customer.name, draft.customer.email) == ("First & Co", "first@example.com")


def test_a_newcomers_mistakes_stand_at_their_fields_and_enter_nothing(world: World, owner: Client) -> None:
    world.customer.delete()
    data = editor_data("", {"description": "Work"}, new_name="First & Co", new_email="first@", key="editor-1")
    text = owner.post(reverse("console:invoice_new"), data).content.decode()
    for field in ("id_new_email", "id_lines-0-unit_price"):
        assert f'id="{field}_error"' in text
    assert 'value="First &amp; Co"' in text
    nameless = owner.post(
        reverse("console:invoice_new"), editor_data("", {"description": "Work", "unit_price": "1"})
    )
    assert 'id="id_new_name_error"' in nameless.content.decode()
    assert not Invoice.objects.filter(organization=world.organization).exists()
    assert not Customer.objects.filter(organization=world.organization).exists()


def test_copies_and_message_go_with_the_mail_and_stand_at_it(world: World, owner: Client) -> None:
    world.contact(name="Bea Books", email="bea@example.com", gets_invoices=False)
    draft = world.draft()
    page = owner.get(url(draft)).text
    assert "Bea Books &lt;bea@example.com&gt;" in page
    note = "Dear Ada,\n<script>alert(1)</script> thank you."
    shown = owner.post(reverse("console:issue_letter", args=[draft.id]), {"note": note}).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; thank you." in shown
    wrong = owner.post(url(draft), {"copies": "nobody", "note": note})
    assert wrong.status_code == 422
    assert "is not an e-mail address" in wrong.text
    assert "thank you.</textarea>" in wrong.text
    owner.post(url(draft), {"suggested": "bea@example.com", "copies": "carl@example.com", "note": note})
    (mail,) = read_all(world.organization)
    assert mail.copies == ["bea@example.com", "carl@example.com"]
    at_mail = owner.get(reverse("console:mail", args=[mail.id])).text
    assert "bea@example.com, carl@example.com" in at_mail
    assert "alert(1)&lt;/script&gt; thank you." in at_mail
    send(organization=world.organization, mail_id=mail.id)
    told = owner.get(reverse("console:invoice", args=[draft.id])).text
    assert "Copy to bea@example.com, carl@example.com." in told
    assert "bea@example.com" in owner.get(url(world.draft())).text


def test_sending_again_by_hand_takes_copies_and_a_message(world: World, owner: Client) -> None:
    issued = world.issued()
    there = reverse("console:invoice_mail", args=[issued.id])
    refused = owner.post(there, {"recipient": "ada@example.com", "copies": "nobody", "note": "Kept words"})
    assert refused.status_code == 422
    assert "is not an e-mail address" in refused.text
    assert "Kept words" in refused.text
    owner.post(there, {"recipient": "ada@example.com", "copies": "b@example.com", "note": "Once more"})
    (mail,) = notifications.mails_of(world.organization, [issued.id])
    assert (mail.copies, mail.note) == (["b@example.com"], "Once more")
    send(organization=world.organization, mail_id=mail.id)
    wrong = {"recipient": "ada@example.com", "copies": "nobody", "note": "And again"}
    refused = owner.post(reverse("console:mail_resend", args=[mail.id]), wrong)
    assert (refused.status_code, "And again" in refused.text) == (422, True)
    again = {"recipient": "ada@example.com", "copies": "", "note": "And again"}
    owner.post(reverse("console:mail_resend", args=[mail.id]), again)
    assert [each.note for each in notifications.mails_of(world.organization, [issued.id])] == [
        "Once more",
        "And again",
    ]


def test_a_message_may_be_as_long_as_is_said_however_many_lines_it_has(world: World, owner: Client) -> None:
    draft = world.draft()
    lines = "\r\n".join(["§"] * (LONGEST_NOTE // 2))  # one character and a new line each, less the last one
    assert f'maxlength="{LONGEST_NOTE}"' in owner.get(url(draft)).text
    shown = owner.post(reverse("console:issue_letter", args=[draft.id]), {"note": lines + "\r\nlast"}).text
    assert "last" not in shown
    assert shown.count("§") == LONGEST_NOTE // 2
    refused = owner.post(url(draft), {"note": lines + "\r\nlast"})
    assert (refused.status_code, "Say it in 1000 characters." in refused.text) == (422, True)
    owner.post(url(draft), {"note": lines})
    (mail,) = read_all(world.organization)
    assert len(mail.note) == LONGEST_NOTE - 1


def test_who_gets_the_mail_is_asked_once_for_one_look(world: World, owner: Client) -> None:
    world.contact(gets_invoices=True)
    draft = world.draft()
    for send_it in (False, True):
        with patch.object(issuing, "addresses", wraps=addresses) as asked:
            assert (owner.post if send_it else owner.get)(url(draft)).status_code == (302 if send_it else 200)
        assert asked.call_count == 1
