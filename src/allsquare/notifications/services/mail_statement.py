"""A person sends a customer their statement of account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock
from allsquare.core.actor import Actor
from allsquare.core.errors import InvalidInput
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.customers.models import Customer
from allsquare.customers.selectors import Post, get_customer, recipients
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.notifications.added import Added, checked
from allsquare.notifications.drafts import draft
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail, SentStatement
from allsquare.notifications.outbox import enqueue
from allsquare.payments.statement import statement_of


def mail_statement(
    *,
    organization: Organization,
    customer_id: UUID,
    start: date,
    end: date,
    key: str,
    actor: Actor,
    copies: Sequence[str] = (),
    note: str = "",
) -> list[Mail]:
    """To the contacts who get receipts and reminders, else to the customer's own address; returns the mails. The first
    one carries the ``copies``, all carry the personal ``note``.

    Same ``key``, same mails: a second press sends nothing. Raises ``CustomerUnknown``, ``InvalidInput`` (nobody has an
    address, or the days are wrong), ``FieldErrors`` (copies or note), ``StatementTooLong``, ``KeyReused``.
    """
    require(organization, actor, Permission.SEND_MAIL)
    customer = get_customer(organization, customer_id)
    to = _readers(organization, customer)
    added = checked(copies, note, besides=[address for address, _language in to])

    def work() -> Answer:
        statement_of(
            organization, customer, start=start, end=end
        )  # refused now, not when the mail is written
        return {"statement": str(_send(organization, customer, start, end, to, added, actor).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="mail_statement",
        key=key,
        given={
            "customer": customer_id,
            "start": start,
            "end": end,
            **({"copies": added.copies, "note": added.note} if added.copies or added.note else {}),
        },
        at=clock.now(organization),
        work=work,
    )
    sent = Mail.objects.filter(organization=organization, subject_id=UUID(str(answer["statement"])))
    return list(sent.order_by("id"))


def _readers(organization: Organization, customer: Customer) -> list[tuple[str, str]]:
    """Addresses, each with its language."""
    contacts = recipients(organization, [customer.id], Post.RECEIPTS).get(customer.id, [])
    to = [(each.email, each.language or customer.language) for each in contacts]
    return to or ([(customer.email, customer.language)] if customer.email else [])


def _send(
    organization: Organization,
    customer: Customer,
    start: date,
    end: date,
    to: Sequence[tuple[str, str]],
    added: Added,
    actor: Actor,
) -> SentStatement:
    if not to:
        raise InvalidInput(
            _("%(name)s has no e-mail address. Enter one, or a contact who gets receipts, and send it again.")
            % {"name": customer.name}
        )
    at = clock.now(organization)
    sent = SentStatement.objects.create(
        organization=organization, customer=customer, starts_on=start, ends_on=end, created_at=at
    )
    mails = [
        draft(
            organization,
            MailKind.STATEMENT,
            subject=("sent_statement", sent.id),
            recipient=address,
            language=language,
            customer_id=customer.id,
            copies=[] if number else added.copies,
            note=added.note,
        )
        for number, (address, language) in enumerate(to)
    ]
    enqueue(organization, mails)
    facts: dict[str, object] = {"start": str(start), "end": str(end)}
    news = News("statement.mailed", "customer", customer.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return sent
