"""From a mail's row to the message that goes out. Nothing here knows which kind of server takes it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Final
from uuid import UUID

from anymail.message import attach_inline_image
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from allsquare.billing.models import Invoice
from allsquare.billing.services.credit_note_pdf import ensure_credit_note_pdf
from allsquare.billing.services.pdf import ensure_pdf
from allsquare.core import document_store
from allsquare.identity.models import Organization
from allsquare.notifications import rehearsal
from allsquare.notifications.kinds import PERSONAL, MailKind
from allsquare.notifications.letters.facts import Facts, facts_of, facts_of_draft
from allsquare.notifications.letters.letter import Letter
from allsquare.notifications.letters.render import as_html, as_text
from allsquare.notifications.letters.write import write
from allsquare.notifications.models import Mail
from allsquare.notifications.receipt import receipt_number, receipt_pdf
from allsquare.notifications.statement import statement_pdf

#: Pictures that mail programs show. With an SVG logo the mail shows the name instead.
_PICTURES: Final = {"image/png": "png", "image/jpeg": "jpeg"}


def new_message_id(mail_id: UUID) -> str:
    """Unique for ever, and the same for every try of one mail (RFC 5322, 3.6.4)."""
    return f"<{mail_id}@{own_address().rpartition('@')[2]}>"


def compose(organization: Organization, mail: Mail) -> EmailMultiAlternatives:
    """The message of ``mail`` as it would go out now. Raises
    :class:`~allsquare.notifications.errors.NothingToSay` and what making its PDF may raise, and
    :class:`~allsquare.notifications.errors.Refused` in a rehearsal that nobody can be told of."""
    facts = facts_of(organization, mail)
    letter = rehearsal.marked(organization, mail, write(MailKind(mail.kind), facts))
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=as_text(letter),
        from_email=str(Address(letter.sender, addr_spec=own_address())),
        to=[rehearsal.recipient(organization, mail)],
        cc=rehearsal.copies(organization, mail),
        reply_to=[reply_to] if (reply_to := organization.reply_to or organization.email) else None,
        headers={
            "Message-ID": mail.message_id,
            "Auto-Submitted": "auto-generated",  # answering machines shall not answer (RFC 3834)
        },
    )
    logo = ""
    if organization.logo and organization.logo_type in _PICTURES:
        picture = bytes(organization.logo)
        logo = attach_inline_image(
            message, picture, subtype=_PICTURES[organization.logo_type], idstring="logo"
        )
    message.attach_alternative(as_html(letter, logo_url=f"cid:{logo}" if logo else ""), "text/html")
    for name, pdf in _documents(MailKind(mail.kind), facts):
        message.attach(name, pdf, "application/pdf")
    return message


def preview(organization: Organization, mail: Mail) -> tuple[Letter, str]:
    """The letter and its HTML, for a page that shows what a mail says. The logo is inside the HTML. Raises
    :class:`~allsquare.notifications.errors.NothingToSay`.

    The button of a personal mail is left out: its link is a key, and who looks was not invited."""
    letter = write(MailKind(mail.kind), facts_of(organization, mail))
    if mail.kind in PERSONAL:
        letter = replace(letter, button=None)
    return _shown(organization, rehearsal.marked(organization, mail, letter))


def preview_of_draft(organization: Organization, invoice: Invoice, *, note: str = "") -> tuple[Letter, str]:
    """As :func:`preview`, of the mail that would follow if a draft were issued (see ``facts_of_draft``)."""
    return _shown(organization, write(MailKind.INVOICE, facts_of_draft(organization, invoice, note=note)))


def _shown(organization: Organization, letter: Letter) -> tuple[Letter, str]:
    logo = ""
    if organization.logo and organization.logo_type in _PICTURES:
        logo = f"data:{organization.logo_type};base64,{base64.b64encode(bytes(organization.logo)).decode()}"
    return letter, as_html(letter, logo_url=logo)


def own_address() -> str:
    """The bare address of ``DEFAULT_FROM_EMAIL``: the name before it is the organization's."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _documents(kind: MailKind, facts: Facts) -> Iterator[tuple[str, bytes]]:
    """File name and bytes of each attached PDF."""
    if kind is MailKind.INVOICE and facts.invoice:
        stored = ensure_pdf(organization=facts.organization, invoice_id=facts.invoice.id)
        yield _file_name(facts.invoice.number or "invoice"), document_store.get(stored.sha256)
    if kind is MailKind.CREDIT_NOTE and facts.credit_note:
        note = facts.credit_note
        frozen = ensure_credit_note_pdf(organization=facts.organization, credit_note_id=note.id)
        yield _file_name(note.number), document_store.get(frozen.sha256)
    if kind is MailKind.RECEIPT and facts.payment:
        pdf = receipt_pdf(
            organization=facts.organization,
            payment=facts.payment,
            language=facts.language,
            method=facts.method(),
        )
        yield _file_name(receipt_number(facts.payment)), pdf
    if kind is MailKind.STATEMENT and facts.statement:
        pdf = statement_pdf(
            organization=facts.organization, statement=facts.statement, language=facts.language
        )
        yield _file_name(f"statement-{facts.statement.end}"), pdf


def _file_name(number: str) -> str:
    """Invoice numbers may hold slashes."""
    return re.sub(r"[^\w.-]+", "-", number).strip("-.") + ".pdf"
