"""What payers agree to, in words, and the row that keeps it.

Page and service take the text from here, so that what is kept is what was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core import clock, payer_addresses
from allsquare.core.actor import Actor
from allsquare.core.formatting import spoken_language
from allsquare.core.words import shown
from allsquare.identity.models import Organization
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Consent, GatewayAccount, Payment
from allsquare.payments.registry import adapter_class


def keep_kind(method: MethodKind) -> Consent.Kind:
    """What keeping ``method`` needs the payer to agree to."""
    return Consent.Kind.MANDATE if method is MethodKind.BANK_DEBIT else Consent.Kind.KEEP


def keep_text(asker: str, account: GatewayAccount, method: MethodKind) -> str:
    """In the language of whoever reads now. ``asker`` is the business."""
    names = {"name": asker, "provider": shown(adapter_class(account.gateway).label)}
    if keep_kind(method) is Consent.Kind.MANDATE:
        return (
            _(
                "Remember this bank account at %(provider)s. I allow %(name)s to collect by debit what I confirm, and "
                "my bank to carry it out. I can have a debit returned as my bank's terms say, and end this at any time."
            )
            % names
        )
    return (
        _(
            "Keep this card at %(provider)s, so that I can pay %(name)s with one press. I can end this at any time."
        )
        % names
    )


def is_kept_alike(asker: str, method: MethodKind, one: GatewayAccount, other: GatewayAccount) -> bool:
    """Does who agreed to the words about ``one`` account agree to those about the ``other``?"""
    return one.id == other.id or keep_text(asker, one, method) == keep_text(asker, other, method)


def consent_of(
    organization: Organization,
    *,
    customer_id: UUID,
    kind: Consent.Kind,
    text: str,
    actor: Actor,
    payment_id: UUID | None = None,
    note: str = "",
) -> Consent:
    """The row, not yet written: who agreed to ``text``, now. From where a payer did so stands beside it for a time:
    ``payer_addresses.keep`` is called with it."""
    return Consent(
        organization=organization,
        customer_id=customer_id,
        payment_id=payment_id,
        kind=kind,
        text=text,
        language=spoken_language(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        address=payer_addresses.lasting(actor)[:64],
        request=actor.request[:64],
        note=note[:200],
        created_at=clock.now(organization),
    )


def keep_where(consent: Consent, actor: Actor) -> None:
    """Beside a consent that is written in this transaction."""
    payer_addresses.keep(
        organization_id=consent.organization_id,
        subject_ids=[consent.id],
        actor=actor,
        at=consent.created_at,
    )


def show_where(organization: Organization, consents: Sequence[Consent]) -> None:
    """From where payers agreed, as long as that is kept: onto the rows in hand, for who reads them."""
    known = payer_addresses.known(organization.id, [each.id for each in consents]) if consents else {}
    for each in consents:
        each.address = known.get(each.id, each.address)


def consent_to_keep(
    organization: Organization, payment: Payment, account: GatewayAccount, actor: Actor
) -> Consent:
    """That whoever pays ``payment`` agreed to their method being kept, in the words of the page that asked. At a reader
    they said so to ``actor``, who read it on theirs."""
    method = MethodKind(payment.method)
    in_person = _("In person, at the reader “%(reader)s”") % {"reader": payment.reader}
    return consent_of(
        organization,
        customer_id=payment.customer_id,
        kind=keep_kind(method),
        text=keep_text(organization.name, account, method),
        actor=actor,
        payment_id=payment.id,
        note=in_person if payment.reader else "",
    )
