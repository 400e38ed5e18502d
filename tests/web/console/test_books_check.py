"""Every finding of a check of the books leads to what it is about."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.core import clock
from allsquare.identity.models import Organization
from allsquare.identity.roles import Role
from allsquare.insights.models import BooksAnswer, BooksCheck, BooksFinding
from allsquare.insights.proofs import PROOFS, Proof
from allsquare.payments.models import Payment, Refund
from tests.web.console.test_access import ids_of
from tests.web.console.world import World

#: The subjects of a proof, by what it is about. What is new is entered here, and has a page.
SUBJECTS = {
    "invoice": "invoice_id",
    "credit_note": "credit_note_id",
    "payment": "payment_id",
    "charge": "reference",
    "refund": "refund",
    "dispute": "dispute_id",
    "payout": "payout_id",
    "provider_movement": "movement_id",
    "customer": "customer_id",
    "payment_link": "link_id",
    "journal_entry": "entry_id",
    "account": "account_id",
    "batch": "batch_id",
    "gateway_account": "gateway_id",
    "inquiry": "inquiry_id",
    "number_series": "any",
    "organization": "any",
    "trial_balance": "any",
    "money_day": "any",
    "owed_day": "any",
    "inbox_event": "any",
    "export": "any",
    "event": "any",
    "job": "any",
    "mail": "any",
}
ONE_OF_EACH = {proof.about: proof for proof in PROOFS}


def find(organization: Organization, proof: Proof, subject: str) -> None:
    """A check was made, and found this one thing."""
    now = clock.now(None)
    check = BooksCheck.objects.create(state="done", asked_at=now, finished_at=now)
    BooksAnswer.objects.create(check_of=check, proof=proof.name, milliseconds=1)
    named = re.findall(r"%\((\w+)\)s", str(proof.sentence))
    BooksFinding.objects.create(
        check_of=check,
        organization=organization,
        proof=proof.name,
        subject=subject,
        facts=dict.fromkeys(named, "7"),
        in_all=1,
    )


def leads_to(client: Client, proof: Proof) -> str:
    """The address behind the finding; empty where there is none."""
    page = client.get(reverse("console:books_check"), {"proof": proof.name}).content.decode()
    (cell,) = re.findall(r'<td class="name">(.*?)</td>', page, re.DOTALL)
    link = re.search(r'href="([^"]+)"', cell)
    return link[1].replace("&amp;", "&") if link else ""


def subjects_of(world: World) -> dict[str, str]:
    ids: dict[str, UUID | str] = {**ids_of(world)}
    payment = Payment.objects.get(id=ids["payment_id"])
    Payment.objects.filter(id=payment.id).update(reference="ch_4711")
    refund = Refund.objects.create(
        organization=world.organization,
        payment=payment,
        currency="EUR",
        amount_minor=100,
        key="back",
        created_at=clock.now(None),
    )
    ids |= {"reference": "ch_4711", "refund": refund.id, "any": world.organization.id}
    return {about: str(ids[name]) for about, name in SUBJECTS.items()}


def test_all_that_a_proof_can_be_about_is_known_here() -> None:
    assert ONE_OF_EACH.keys() == SUBJECTS.keys()


@pytest.mark.parametrize("role", [Role.OWNER, Role.ACCOUNTANT])
def test_every_finding_leads_to_a_page(world: World, role: Role) -> None:
    client, subjects = world.client(role), subjects_of(world)
    for about, proof in ONE_OF_EACH.items():
        find(world.organization, proof, subjects[about])
        address = leads_to(client, proof)
        if about == "number_series" and role is Role.ACCOUNTANT:
            assert not address, "settings are for those who may change them"
            continue
        assert address, about
        page = client.get(address)
        assert page.status_code == 200, (about, address)
        if about == "charge":
            assert reverse("console:payment", args=[subjects["payment"]]) in page.content.decode()
        BooksCheck.objects.all().delete()


def test_money_of_no_invoice_leads_to_its_customer(world: World, owner: Client) -> None:
    proof = next(each for each in PROOFS if each.name == "receivable_subledger")
    find(world.organization, proof, str(world.customer.id))
    assert leads_to(owner, proof) == reverse("console:customer", args=[world.customer.id])


@pytest.mark.parametrize("about", sorted(SUBJECTS))
def test_what_is_another_organizations_or_gone_leads_to_no_page_of_one_thing(
    world: World, owner: Client, about: str
) -> None:
    theirs = subjects_of(World())
    find(world.organization, ONE_OF_EACH[about], theirs[about])
    address = leads_to(owner, ONE_OF_EACH[about])
    assert theirs[about] not in address or about == "charge"
