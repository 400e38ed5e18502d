"""Fault 29: whatever somebody typed is text, on every page, in every mail and in every document."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.db.models import JSONField
from django.template import Context, Engine
from django.urls import reverse
from playwright.sync_api import Dialog, Error, Page, Request

from allsquare.billing.models import CreditNote, Invoice
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.models import Event
from allsquare.identity.models import Invitation, Organization
from allsquare.notifications.compose import compose
from allsquare.notifications.drafts import draft
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.letters.facts import Facts, OfSeveral
from allsquare.notifications.letters.languages import words_for
from allsquare.notifications.letters.people_words import people_words
from allsquare.notifications.letters.render import as_html, as_text
from allsquare.notifications.letters.write import write
from allsquare.notifications.models import Mail
from allsquare.notifications.services.mail_statement import mail_statement
from allsquare.payments.models import (
    Attention,
    AutopayCharge,
    Dispute,
    Payment,
    PaymentMethod,
    Refund,
    TransferSlip,
)
from allsquare.payments.statement import statement_of
from tests.billing.documents.samples import reader, words
from tests.browser.desk import PHONE, Desk, desk
from tests.browser.hostile import CODES, DOCUMENTS, MARK, PAYLOADS, columns, plant, text_for
from tests.browser.pages import addresses
from tests.web.console.test_access import ids_of
from tests.web.console.world import World

__all__ = ["desk"]  # the fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: What a payload would have made of the page if it had come alive.
ALIVE = f"""() => [
  window.{MARK} === undefined ? "" : "a script ran",
  document.title === "{MARK}" ? "the title was taken" : "",
  ...[...document.querySelectorAll("*")].flatMap(each => [...each.attributes]
    .filter(({{name, value}}) => /^(on|x-|hx-|@|:)/.test(name) && value.includes("{MARK}")
      || /^(href|src|action|formaction|srcdoc)$/.test(name) && /^\\s*javascript:/i.test(value)
      || name === "src" && value.includes("{MARK}"))
    .map(({{name, value}}) => `<${{each.localName}} ${{name}}=${{value}}>`)),
  ...(document.documentElement.scrollWidth > innerWidth ? [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".table-responsive, dialog"))
    .map(each => `wider than the window: <${{each.localName}} class="${{each.className}}">`).slice(-2) : []),
].filter(Boolean)"""


#: What is left of ``{{7*7}}{% now 'Y' %}${7*7}#{7*7}`` when any kind of engine was given it as a template. Each form
#: has something in it that no number, no reference and no id on a page can have.
FILLED = re.compile(r"49\{%|\d{4}\$\{7|4920\d\d49|%\}49|%\}\$\{7\*7\}49")


def test_every_column_is_a_text_or_a_code() -> None:
    """A new one is filled by itself; one that is gone must leave the lists."""
    found = columns()
    assert found.keys() >= CODES
    assert {name for name, field in found.items() if isinstance(field, JSONField)} == DOCUMENTS.keys()


@pytest.mark.timeout(400)  # every page there is
def test_nothing_typed_comes_alive_on_any_page(desk: Desk) -> None:
    world = desk.world
    pages = addresses(world)
    assert len(pages) > 50
    assert plant() > 60
    page = listening(desk)
    broken: list[str] = []
    for address in pages:
        answer = page.goto(address)
        assert answer is not None
        found = [*page.evaluate(ALIVE), *([] if answer.ok else [f"answered {answer.status}"])]
        if FILLED.search(page.inner_text("body")):
            found.append("a template was filled in")
        broken += [f"{address}: {each}" for each in found]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    "filled",
    [
        Engine().from_string("{% now 'Y' %}${7*7}").render(Context()),
        "49{% now 'Y' %}${7*7}#{7*7}",
        "492026${7*7}#{7*7}",
        "{{7*7}}{% now 'Y' %}49#{7*7}",
        "{{7*7}}{% now 'Y' %}${7*7}49",
        "4920264949",
    ],
)
def test_control_what_any_engine_makes_of_a_template_is_seen(filled: str) -> None:
    (template,) = (each for each in PAYLOADS if "7*7" in each)
    assert FILLED.search(f"W{filled}<b")
    assert not FILLED.search(f"W{template}<b")


def test_control_what_comes_alive_is_seen(desk: Desk) -> None:
    """Without escaping, each payload that would do something is caught doing it."""
    page = listening(desk)
    page.goto(reverse("console:home"))
    caught: set[str] = set()
    for patience in (50, 500, 5_000):  # a busy machine takes longer
        for payload in PAYLOADS:
            if payload not in caught and comes_alive(desk, page, payload, patience):
                caught.add(payload)
        if len(caught) >= 12:
            break
    page.context.close()
    desk.complaints.clear()
    assert len(caught) >= 12, caught


def comes_alive(desk: Desk, page: Page, payload: str, patience: int) -> bool:
    desk.complaints.clear()
    try:
        page.set_content(f"<a href='{payload}'>{payload}</a>")
        page.wait_for_timeout(patience)
        return bool(page.evaluate(ALIVE)) or bool(desk.complaints)
    except Error as error:
        if "navigation" not in str(error):
            raise
        page.goto(reverse("console:home"))  # it led away
        return True


def listening(desk: Desk) -> Page:
    """A phone with the policy off, so that only escaping stands between a text and its coming alive."""
    page = desk.page(PHONE, axe=True)
    listen(page, desk.complaints)
    return page


def listen(page: Page, complaints: list[str]) -> None:
    """What comes alive there is complained of."""

    def refuse(dialog: Dialog) -> None:
        complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def look(request: Request) -> None:
        if MARK in request.url:
            complaints.append(f"asked for {request.url}")

    page.on("dialog", refuse)
    page.on("request", look)


def test_nothing_typed_comes_alive_in_mails_and_documents(desk: Desk) -> None:
    """A mail program has no policy of ours, so the page that stands for it has none either."""
    world = desk.world
    organization = world.organization
    mails = [
        world.mail(world.issued()),
        draft_about(world, MailKind.RECEIPT),
        draft_about(world, MailKind.PAYMENT_NOTICE),
        mail_of_credit(world),
        *statement_mails(world),
    ]
    plant()
    organization.refresh_from_db()
    page = listening(desk)
    for mail in mails:
        mail.refresh_from_db()
        mail.recipient = "somebody@example.com"
        message = compose(organization, mail)
        assert "\n" not in message.subject
        html = str(message.alternatives[0][0])
        page.goto("about:blank")
        page.set_content(html)
        # A mail may be wider than this window: mail programs do not know ours.
        assert [each for each in page.evaluate(ALIVE) if "wider" not in each] == []
        assert MARK in page.inner_text("body")
        for name, pdf, _kind in message.attachments:
            assert re.fullmatch(r"[\w.-]+", str(name))
            assert isinstance(pdf, bytes)
            # Long words may break anywhere on paper: at spaces of no width.
            printed = words(pdf).replace(" ", "").replace("\N{ZERO WIDTH SPACE}", "")
            assert any(text in printed for text in (MARK, "*bold*", "{{7*7}}"))
            assert acting(pdf) == []


def draft_about(world: World, kind: MailKind) -> Mail:
    payment = world.paid(world.issued(), minor=12900)
    mail = draft(
        world.organization,
        kind,
        subject=("payment", payment.id),
        recipient="somebody@example.com",
        language="en",
        invoice_id=payment.invoice_id,
        payment_id=payment.id,
        customer_id=payment.customer_id,
    )
    mail.save()
    return mail


def mail_of_credit(world: World) -> Mail:
    note = world.credit_note()
    mail = draft(
        world.organization,
        MailKind.CREDIT_NOTE,
        subject=("credit_note", note.id),
        recipient="somebody@example.com",
        language="en",
        invoice_id=note.invoice_id,
        customer_id=note.customer_id,
    )
    mail.save()
    return mail


def statement_mails(world: World) -> list[Mail]:
    today = clock.today(world.organization)
    return mail_statement(
        organization=world.organization,
        customer_id=world.customer.id,
        start=today,
        end=today,
        key="k",
        actor=SYSTEM,
    )


def acting(pdf: bytes) -> list[str]:
    """What a PDF would do by itself, and links that lead elsewhere than to a page."""
    file = reader(pdf)
    doing = [name for name in ("/OpenAction", "/AA") if name in file.root_object]
    doing += ["/JavaScript"] if "/JavaScript" in file.root_object.get("/Names", {}) else []
    for page in file.pages:
        for note in page.get("/Annots", []):
            action = note.get_object().get("/A", {})
            if action and not str(action.get("/URI", "")).startswith(("http://", "https://")):
                doing.append(str(action))
    return doing


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_kind_of_mail_makes_typed_text_alive(desk: Desk, language: str) -> None:
    """Each letter that there is, with everything that any letter speaks of at once; in HTML and as plain text."""
    facts = everything(desk.world, language)
    page = listening(desk)
    for kind in MailKind:
        letters = [facts]
        if kind is MailKind.SECURITY:
            told = people_words(language).news
            letters = [replace(facts, event=event_of(facts.organization, each)) for each in told]
        for each in letters:
            letter = write(kind, each)
            page.set_content(as_html(letter))
            assert [found for found in page.evaluate(ALIVE) if "wider" not in found] == [], kind
            shown = page.inner_text("body")
            assert any(sign in shown for sign in (MARK, "7*7", "W" * 20, "{0}", "*bold*")), kind
            assert not FILLED.search(shown), kind
            assert not FILLED.search(as_text(letter)), kind
            assert "\n" not in letter.subject


def everything(world: World, language: str) -> Facts:
    """Rows of all kinds, with payloads in all that is typed."""
    organization, customer = world.organization, world.customer
    ids = ids_of(world)
    plant()
    organization.refresh_from_db()
    customer.refresh_from_db()
    invoice = Invoice.objects.get(id=ids["invoice_id"])
    payment = Payment.objects.get(id=ids["payment_id"])
    saved = PaymentMethod.objects.get(id=ids["method_id"])
    today = clock.today(organization)
    return Facts(
        organization=organization,
        words=words_for(language),
        language=language,
        customer=customer,
        invoice=invoice,
        payment=payment,
        refund=Refund(amount_minor=100, currency="EUR", reason=text_for(0, 200), organization=organization),
        dispute=Dispute.objects.get(id=ids["dispute_id"]),
        credit_note=CreditNote.objects.select_related("invoice").get(id=ids["credit_note_id"]),
        attention=Attention.objects.get(id=ids["task_id"]),
        statement=statement_of(organization, customer, start=today, end=today),
        several=(OfSeveral(text_for(1, 40), 100), OfSeveral(text_for(2, 40), 200, 50)),
        credit_minor=100,
        pay_url="https://square.example/pay/x/",
        console_url="https://square.example/payments/",
        event=event_of(organization, "member.invited"),
        invitation=Invitation.objects.get(id=ids["invitation_id"]),
        saved=saved,
        other=saved,
        slip=TransferSlip(
            organization=organization,
            payment=payment,
            remaining_minor=40,
            rows=[["Account holder", text_for(7, 140)], ["IBAN", text_for(8, 34)]],
            reference=text_for(9, 140),
            holder=text_for(7, 140),
            iban=text_for(8, 34),
            url="https://pay.example/how",
            told_at=clock.now(None),
        ),
        autopay=AutopayCharge(invoice=invoice, customer=customer, planned_on=today, number=1),
        methods_url="https://square.example/pay/methods/x/",
        note=text_for(3, 1000),
    )


def event_of(organization: Organization, kind: str) -> Event:
    data = {"device": text_for(4, 200), "role": "viewer", "reason": text_for(5, 60), "again_on": "2026-12-01"}
    return Event(
        organization_id=organization.id,
        kind=kind,
        actor_kind="person",
        actor_label=text_for(6, 100),
        address="198.51.100.1",
        data=data,
        at=clock.now(organization),
    )
