"""A member notes something about a customer."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import checks, clock
from allsquare.core.actor import Actor
from allsquare.core.errors import FieldErrors, InvalidInput
from allsquare.core.events import News, record
from allsquare.core.idempotency import Answer, once
from allsquare.core.transactions import retrying
from allsquare.customers.locking import locked_customer
from allsquare.customers.models import Customer, CustomerNote
from allsquare.customers.selectors import get_customer
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require

#: Characters; some ten pages.
LONGEST_NOTE: Final = 20_000


@retrying
def add_note(
    *, organization: Organization, customer_id: UUID, text: str, key: str, actor: Actor, pinned: bool = False
) -> CustomerNote:
    """``text`` is kept as typed, with line ends of one kind; the log says that there is a note, not what it says.
    Same ``key``, same note. Raises ``CustomerUnknown``, ``FieldErrors``, ``KeyReused``."""
    require(organization, actor, Permission.WRITE_NOTES)
    customer = get_customer(organization, customer_id)
    note_text = _checked(text)

    def work() -> Answer:
        return {"note": str(_write(organization, customer, note_text, actor, pinned=pinned).id)}

    answer, _repeated = once(
        organization_id=organization.id,
        operation="add_note",
        key=key,
        given={"customer": customer_id, "text": note_text, "pinned": pinned},
        at=clock.now(organization),
        work=work,
    )
    return CustomerNote.objects.get(organization=organization, id=UUID(str(answer["note"])))


def _checked(text: str) -> str:
    try:
        kept = checks.storable(text.replace("\r\n", "\n"))
    except InvalidInput as error:
        raise FieldErrors({"text": error.message}) from error
    if not kept.strip():
        raise FieldErrors({"text": _("Write something down first.")})
    if len(kept) > LONGEST_NOTE:
        raise FieldErrors({"text": _("A note has up to %(most)s characters.") % {"most": LONGEST_NOTE}})
    return kept


def _write(
    organization: Organization, customer: Customer, text: str, actor: Actor, *, pinned: bool
) -> CustomerNote:
    at = clock.now(organization)
    note = CustomerNote.objects.create(
        organization=organization, customer=customer, text=text, author=actor.label[:200], created_at=at
    )
    if pinned:
        locked = locked_customer(organization, customer.id)
        locked.pinned_note = note
        locked.save(update_fields=["pinned_note"])
    facts: dict[str, object] = {"note": str(note.id), "pinned": pinned}
    news = News("note.added", "customer", customer.id, facts)
    record(organization_id=organization.id, news=[news], actor=actor, at=at)
    return note
