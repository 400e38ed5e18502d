"""A customer agrees that their invoices are charged by themselves when they are due."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from allsquare.billing.states import OPEN_STATES
from allsquare.core import clock
from allsquare.core.actor import Actor, ActorKind
from allsquare.core.events import News, record
from allsquare.core.transactions import retrying, serialize
from allsquare.identity.models import Organization
from allsquare.identity.permissions import Permission, require, require_own
from allsquare.payments.autopay import agreement_of, agreement_text, attempt_facts
from allsquare.payments.autopay_plan import ENDED
from allsquare.payments.consent import consent_of, keep_where
from allsquare.payments.errors import InvalidAgreement
from allsquare.payments.models import Autopay, AutopayCharge, Consent
from allsquare.payments.saved import default_method


@retrying
def agree_autopay(*, organization: Organization, customer_id: UUID, actor: Actor, note: str = "") -> Autopay:
    """Invoices that fall due from today on, those that an earlier agreement had planned too. A colleague says in
    ``note`` how the customer agreed; the consent keeps it.
    Agreeing twice changes nothing. Raises ``InvalidAgreement`` where nothing is saved that could be charged, or nobody
    says how it was agreed."""
    require(organization, actor, Permission.MANAGE_METHODS)
    require_own(actor, customer_id)
    if actor.kind is not ActorKind.CUSTOMER and not note.strip():
        raise InvalidAgreement(
            _("Say how the customer agreed: in a letter, on the phone, in which contract."), field="note"
        )
    serialize(f"autopay {customer_id}")
    earlier = agreement_of(organization, customer_id)
    if earlier is not None:
        return earlier
    if default_method(organization, customer_id) is None:
        raise InvalidAgreement(
            _("No payment method is saved that could be charged. Pay an invoice and let it be saved first.")
        )
    consent = consent_of(
        organization,
        customer_id=customer_id,
        kind=Consent.Kind.AUTOPAY,
        text=agreement_text(organization.name),
        actor=actor,
        note=note.strip(),
    )
    consent.save(force_insert=True)
    keep_where(consent, actor)
    at = clock.now(organization)
    agreed = Autopay.objects.create(
        organization=organization,
        customer_id=customer_id,
        consent=consent,
        from_day=clock.today(organization),
        started_at=at,
    )
    news = [
        News("autopay.agreed", "customer", customer_id, {"text": consent.note}),
        *_planned_again(organization, agreed),
    ]
    record(organization_id=organization.id, news=news, actor=actor, at=at)
    return agreed


def _planned_again(organization: Organization, agreed: Autopay) -> list[News]:
    """What was planned, and was stopped by nothing but the end of an earlier agreement, is planned as before: told of
    anew, and not before the notice that goes with that."""
    later = AutopayCharge.objects.filter(
        organization=organization, invoice_id=OuterRef("invoice_id"), number__gt=OuterRef("number")
    )
    stopped = AutopayCharge.objects.select_for_update(of=("self",), no_key=True).filter(
        ~Exists(later),
        organization=organization,
        customer_id=agreed.customer_id,
        state=AutopayCharge.State.STOPPED,
        reason=ENDED,
        invoice__state__in=OPEN_STATES,
        invoice__due_on__gte=agreed.from_day,
    )
    rows = list(stopped.select_related("invoice").order_by("id"))
    for row in rows:
        row.state, row.reason, row.told_at = AutopayCharge.State.PLANNED, "", None
    AutopayCharge.objects.bulk_update(rows, ["state", "reason", "told_at"])
    return [
        News("autopay.planned", "invoice", row.invoice_id, attempt_facts(row, row.invoice)) for row in rows
    ]
