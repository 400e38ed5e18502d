"""Fault 29: whatever somebody typed is text, on every page, in every mail and in every document."""

from __future__ import annotations

import re

import pytest
from django.db.models import JSONField
from playwright.sync_api import Dialog, Page, Request
from pytest_django.fixtures import Settings

from allsquare.billing.links import pay_url
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.notifications.compose import compose
from allsquare.notifications.drafts import draft
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.services.mail_statement import mail_statement
from tests.billing.documents.samples import reader, words
from tests.browser.desk import PHONE, Desk, desk
from tests.browser.hostile import CODES, DOCUMENTS, MARK, columns, plant
from tests.browser.pages import addresses
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
        if "49" in page.inner_text("body").replace("7*7", "") and "{49}" in page.inner_text("body"):
            found.append("a template was filled in")
        broken += [f"{address}: {each}" for each in found]
    assert not broken, "\n".join(broken)


def listening(desk: Desk) -> Page:
    """A phone with the policy off, so that only escaping stands between a text and its coming alive."""
    page = desk.page(PHONE, axe=True)

    def refuse(dialog: Dialog) -> None:
        desk.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def look(request: Request) -> None:
        if MARK in request.url:
            desk.complaints.append(f"asked for {request.url}")

    page.on("dialog", refuse)
    page.on("request", look)
    return page


def test_nothing_typed_comes_alive_in_mails_and_documents(desk: Desk) -> None:
    """A mail program has no policy of ours, so the page that stands for it has none either."""
    world = desk.world
    organization = world.organization
    mails = [
        world.mail(world.issued()),
        draft_about(world, MailKind.RECEIPT),
        draft_about(world, MailKind.PAYMENT_NOTICE),
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


def test_the_payers_pages_show_typed_text_as_text(desk: Desk, settings: Settings) -> None:
    settings.BASE_URL = desk.base_url
    invoice, paid = desk.world.issued(), desk.world.paid(desk.world.issued())
    assert paid.invoice
    links = [pay_url(desk.world.organization, each) for each in (invoice, paid.invoice)]
    plant()
    page = listening(desk)
    for link in links:
        answer = page.goto(link)
        assert answer is not None
        assert answer.ok
        assert page.evaluate(ALIVE) == []
        assert MARK in page.inner_text("body")
