from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.billing.errors import DraftChanged, InvoiceUnknown, NotADraft
from allsquare.billing.lines import LineInput
from allsquare.billing.models import Invoice
from allsquare.billing.services.delete_draft import delete_draft
from allsquare.billing.services.issue import issue
from allsquare.billing.services.keep_draft import keep_draft
from allsquare.billing.services.update_draft import update_draft
from allsquare.core.actor import SYSTEM, Actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.idempotency import KeyInvalid
from allsquare.core.selectors import events_of
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from tests.billing.makers import WORK
from tests.factories import make_customer, make_organization, member_actor

OTHER = replace(WORK, description="Other work")


def keep(customer: Customer, *lines: LineInput, actor: Actor, key: str = "editor-1") -> Invoice:
    return keep_draft(
        organization=customer.organization,
        key=key,
        customer_id=customer.id,
        lines=lines or (WORK,),
        actor=actor,
    )


def test_the_first_saving_begins_and_later_ones_go_on(customer: Customer, owner: Actor) -> None:
    first = keep(customer, actor=owner)
    second = keep(customer, OTHER, actor=owner)
    third = keep(customer, OTHER, WORK, actor=owner)
    assert first.id == second.id == third.id
    assert [line.description for line in third.lines.order_by("position")] == ["Other work", "Work"]
    told = [event.kind for event in events_of(customer.organization_id, [first.id])]
    assert told == ["invoice.created", "invoice.changed", "invoice.changed"]


def test_the_same_words_again_change_nothing_and_are_not_told(customer: Customer, owner: Actor) -> None:
    first = keep(customer, actor=owner)
    keep(customer, actor=owner)
    assert [event.kind for event in events_of(customer.organization_id, [first.id])] == ["invoice.created"]


def test_another_editor_or_organization_is_another_draft(customer: Customer, owner: Actor) -> None:
    elsewhere = make_customer(make_organization(name="Elsewhere"))
    made = {
        keep(customer, actor=owner).id,
        keep(customer, actor=owner, key="editor-2").id,
        keep(elsewhere, replace(WORK, tax_category="Z"), actor=SYSTEM).id,
    }
    assert len(made) == 3


def test_a_colleagues_words_are_not_overwritten(customer: Customer, owner: Actor) -> None:
    draft = keep(customer, actor=owner)
    colleague = member_actor(customer.organization, Role.BILLING_CLERK)
    update_draft(
        organization=customer.organization,
        invoice_id=draft.id,
        customer_id=customer.id,
        lines=[OTHER],
        actor=colleague,
    )
    with pytest.raises(DraftChanged) as refused:
        keep(customer, WORK, WORK, actor=owner)
    assert refused.value.details["invoice"] == str(draft.id)
    assert [line.description for line in draft.lines.all()] == ["Other work"]


def test_what_was_refused_keeps_the_key_free(customer: Customer, owner: Actor) -> None:
    with pytest.raises(FieldErrors):
        keep(customer, replace(WORK, description=""), actor=owner)
    assert keep(customer, actor=owner).lines.count() == 1


def test_a_draft_that_is_gone_or_issued_is_not_begun_again(customer: Customer, owner: Actor) -> None:
    organization = customer.organization
    gone, issued = keep(customer, actor=owner), keep(customer, actor=owner, key="editor-2")
    delete_draft(organization=organization, invoice_id=gone.id, actor=owner)
    issue(organization=organization, invoice_ids=[issued.id], actor=owner)
    with pytest.raises(InvoiceUnknown):
        keep(customer, OTHER, actor=owner)
    with pytest.raises(NotADraft):
        keep(customer, OTHER, actor=owner, key="editor-2")
    assert Invoice.objects.filter(organization=organization).count() == 1


def test_only_who_may_write_invoices_and_only_under_a_name(
    customer: Customer, organization: Organization, owner: Actor
) -> None:
    with pytest.raises(PermissionDenied):
        keep(customer, actor=member_actor(organization, Role.VIEWER))
    for key in ("", " ", "x" * 201, "a\0b"):
        with pytest.raises(KeyInvalid):
            keep(customer, actor=owner, key=key)
