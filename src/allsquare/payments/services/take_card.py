"""A card is taken in the shop: a reader of a provider wakes up, and the payer holds their card to it."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from allsquare.core.actor import Actor
from allsquare.core.money import Money
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require
from allsquare.payments.card_readers import readers_of
from allsquare.payments.errors import InvalidPayment
from allsquare.payments.gateway import MethodKind
from allsquare.payments.models import Payment
from allsquare.payments.services.start import start_payment
from allsquare.payments.wish import At


def take_card(
    *,
    organization: Organization,
    invoice_id: UUID,
    amount: Money,
    gateway_account_id: UUID,
    reader: str,
    key: str,
    actor: Actor,
    tips: bool = False,
    keep: bool = False,
) -> Payment:
    """As ``start_payment``, whose payment then needs action: that of whoever stands at ``reader``, the provider's name
    of it. With ``tips`` the reader asks for a tip before it asks for the card: what is given is income of its own
    (``count_tip``). With ``keep`` the customer agreed, before ``actor``, that the provider keeps the card for later
    payments; one that it cannot keep pays all the same. Same key, same payment; the reader wakes up once. Raises what
    ``start_payment`` raises, and ``InvalidPayment`` for a reader that the account has not, or that cannot be woken up
    now."""
    require(organization, actor, Permission.RECORD_PAYMENTS)
    if keep:
        require(organization, actor, Permission.MANAGE_METHODS)
    earlier = Payment.objects.filter(organization=organization, key=key).first()
    found = None
    if earlier is None:  # a second press must not be told that the reader is busy, with itself
        known = readers_of(organization, gateway_account_id)
        found = next((each for each in known if each.reference == reader), None)
        if found is None:
            raise InvalidPayment(_("There is no such reader. Choose another."), field="reader")
        if not found.is_online:
            told = _("The reader “%(reader)s” is not connected. Plug it in, or choose another.")
            raise InvalidPayment(told % {"reader": found.label}, field="reader")
        if found.is_busy:
            told = _("The reader “%(reader)s” waits for another card. Cancel that first, or choose another.")
            raise InvalidPayment(told % {"reader": found.label}, field="reader")
    return start_payment(
        organization=organization,
        invoice_id=invoice_id,
        amount=amount,
        method=MethodKind.CARD,
        gateway_account_id=gateway_account_id,
        key=key,
        actor=actor,
        save_method=keep,
        reader=At(reader, found.label if found else "", tips),
    )
