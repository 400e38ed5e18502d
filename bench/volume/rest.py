"""One of each thing that the many rows of a volume lack, so that its page is visited too: by the real services, but for
what they make only of a provider's or a payer's doing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from allsquare.billing.crediting import everything
from allsquare.billing.models import CreditNote, Invoice
from allsquare.billing.states import InvoiceState
from allsquare.connect.models import Batch, Export
from allsquare.connect.services.start_batch import start_batch
from allsquare.connect.services.start_export import start_export
from allsquare.core import bulk, clock
from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.core.currencies import currency
from allsquare.core.money import Money
from allsquare.customers.models import Contact, Customer, CustomerGroup, CustomerNote
from allsquare.customers.services.add_contact import add_contact
from allsquare.customers.services.add_note import add_note
from allsquare.customers.services.name_group import name_group
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.ledger.models import Period
from allsquare.ledger.services.close_period import close_period
from allsquare.payments.gateway import DisputeStage, Outcome, PayoutItem, Status, Subject
from allsquare.payments.models import Dispute, Inquiry, Payment, PaymentMethod, PaymentRoute, Payout
from allsquare.payments.services.credit_invoice import credit_invoice
from allsquare.payments.services.put_route import RouteWish, put_route
from allsquare.payments.services.settle import settle
from allsquare.selling.models import PaymentLink
from allsquare.selling.services.keep_link import keep_link
from bench.company import Company

#: Argument of an address → the model whose row it names.
_KINDS = {
    "batch_id": Batch,
    "contact_id": Contact,
    "credit_note_id": CreditNote,
    "dispute_id": Dispute,
    "export_id": Export,
    "group_id": CustomerGroup,
    "inquiry_id": Inquiry,
    "link_id": PaymentLink,
    "method_id": PaymentMethod,
    "note_id": CustomerNote,
    "payout_id": Payout,
    "period_id": Period,
    "route_id": PaymentRoute,
}


def rest_of(organization: Organization) -> Mapping[str, UUID]:
    """The latest of each, by the argument of the addresses that name it."""
    found = {
        name: model._default_manager.filter(organization=organization).order_by("-id").first()
        for name, model in _KINDS.items()
    }
    return {name: row.pk for name, row in found.items() if row is not None}


def make_rest(owner: Company) -> None:
    """What is not there yet."""
    there = rest_of(owner.organization)
    customer = Customer.objects.filter(organization=owner.organization).order_by("id")[0]
    made = {
        "contact_id": _contact,
        "note_id": _note,
        "link_id": _link,
        "credit_note_id": _credit_note,
        "dispute_id": _money_that_went,
        "method_id": _method,
        "inquiry_id": _inquiry,
        "export_id": _export,
        "batch_id": _batch,
        "period_id": _period,
        "group_id": _group,
        "route_id": _route,
    }
    for name, make in made.items():
        if name not in there:
            make(owner, customer)
    # No worker runs here: whoever follows the log has read it.
    bulk.run("""UPDATE event_reader SET (xact, event_id) =
        (SELECT xact, id FROM event ORDER BY xact DESC, id DESC LIMIT 1) WHERE name <> 'sealer'""")


def _contact(owner: Company, customer: Customer) -> None:
    add_contact(
        organization=owner.organization,
        customer_id=customer.id,
        name="Rita Receiver",
        email="rita@bench.example",
        actor=SYSTEM,
    )


def _note(owner: Company, customer: Customer) -> None:
    add_note(
        organization=owner.organization,
        customer_id=customer.id,
        text="Calls before noon.",
        key="bench",
        actor=SYSTEM,
    )


def _link(owner: Company, _customer: Customer) -> None:
    keep_link(organization=owner.organization, actor=SYSTEM, name="Coffee", price_minor=1190)


def _credit_note(owner: Company, _customer: Customer) -> None:
    open_ones = Invoice.objects.filter(
        organization=owner.organization, state=InvoiceState.ISSUED, paid_minor=0
    )
    invoice = open_ones.order_by("-id")[0]
    credit_invoice(
        organization=owner.organization,
        invoice_id=invoice.id,
        wanted=everything(owner.organization, invoice),
        reason="Sent back",
        key="bench",
        actor=SYSTEM,
    )


def _money_that_went(owner: Company, _customer: Customer) -> None:
    """A payout of two payments, of which one is disputed afterwards."""
    organization = owner.organization
    charged = Payment.objects.filter(
        organization=organization,
        gateway_account=owner.account,
        state="succeeded",
        refunded_minor=0,
        currency=organization.base_currency,
    ).exclude(reference=None)
    one, other = charged.order_by("-id")[:2]
    euro = currency(organization.base_currency)
    items = tuple(
        PayoutItem(str(payment.reference), payment.captured_minor - payment.fee_minor)
        for payment in (one, other)
    )
    paid_out = Outcome(
        Subject.PAYOUT,
        Status.SUCCEEDED,
        "scripted",
        reference="po_bench",
        amount=Money(sum(item.net_minor for item in items), euro),
        payout_items=items,
    )
    disputed = Outcome(
        Subject.DISPUTE,
        Status.SUCCEEDED,
        "scripted",
        reference="dp_bench",
        charge_reference=str(one.reference),
        dispute_stage=DisputeStage.OPENED,
        amount=Money(one.captured_minor, euro),
        code="fraudulent",
    )
    settle(
        organization=organization,
        gateway_account=owner.account,
        outcomes=[paid_out, disputed],
        actor=SYSTEM,
    )


def _method(owner: Company, customer: Customer) -> None:
    PaymentMethod.objects.create(
        organization=owner.organization,
        customer=customer,
        gateway_account=owner.account,
        kind="card",
        token="pm_bench",  # noqa: S106  # a name at a provider that does not exist
        brand="visa",
        last_four="4242",
        expires="2099-12",
        created_at=clock.now(owner.organization),
    )


def _inquiry(owner: Company, _customer: Customer) -> None:
    now = clock.now(None)
    Inquiry.objects.create(
        organization=owner.organization,
        gateway_account=owner.account,
        kind=Inquiry.Kind.COMPARE,
        begins_at=now - timedelta(days=7),
        ends_at=now,
        place=now - timedelta(days=4),
        state="stopped",
        asked_by=owner.owner.name,
        asked_at=now,
    )


def _export(owner: Company, _customer: Customer) -> None:
    start_export(
        organization=owner.organization,
        list_name="customers",
        parameters={},
        file_format="csv",
        key="bench",
        actor=_person(owner),
    )


def _batch(owner: Company, _customer: Customer) -> None:
    drafts = Invoice.objects.filter(organization=owner.organization, state=InvoiceState.DRAFT)
    start_batch(
        organization=owner.organization,
        act="invoices.issue",
        list_name="invoices",
        rows=[(draft.id, "A draft") for draft in drafts.order_by("-id")[:50]],
        given={},
        key="bench",
        actor=_person(owner),
    )


def _period(owner: Company, _customer: Customer) -> None:
    close_period(
        organization=owner.organization,
        starts_on=date(2001, 1, 1),
        ends_on=date(2001, 1, 31),
        actor=SYSTEM,
    )


def _group(owner: Company, _customer: Customer) -> None:
    name_group(organization=owner.organization, name="Wholesale", actor=SYSTEM)


def _route(owner: Company, _customer: Customer) -> None:
    put_route(organization=owner.organization, wish=RouteWish(accounts=(owner.account.id,)), actor=SYSTEM)


def _person(owner: Company) -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        id=str(owner.owner.id),
        label=owner.owner.name,
        role=Role.OWNER,
        organization_id=owner.organization.id,
    )
