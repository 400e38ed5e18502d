"""What owners and administrators hear of the end of a dispute."""

from __future__ import annotations

import pytest

from allsquare.core.formatting import format_money
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization, Person
from allsquare.notifications.kinds import MailKind
from allsquare.notifications.models import Mail
from allsquare.notifications.selectors import preview
from allsquare.payments.gateway import DisputeStage
from allsquare.payments.models import GatewayAccount, Payment
from tests.notifications.makers import paid, read_all, settled
from tests.payments.makers import dispute_outcome, eur

S = DisputeStage


def said(payment: Payment, stage: DisputeStage) -> None:
    settled(
        payment,
        dispute_outcome(
            stage, reference="dp_1", charge_reference=payment.reference, amount=eur(50000), fee=eur(1500)
        ),
    )


def of_disputes(organization: Organization) -> list[Mail]:
    return [
        mail for mail in read_all(organization) if mail.kind in (MailKind.DISPUTE_WON, MailKind.ATTENTION)
    ]


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Dispute won: {} of Grace Buyer"),
        ("de", "Rückbuchung abgewehrt: {} von Grace Buyer"),
    ],
)
def test_one_that_is_won_is_good_news(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    owner: Person,
    language: str,
    subject: str,
) -> None:
    Person.objects.filter(id=owner.id).update(language=language)
    payment = paid(organization, customer, account)
    said(payment, S.OPENED)
    said(payment, S.WON)
    opened, won = of_disputes(organization)
    assert (opened.kind, won.kind) == (MailKind.ATTENTION, MailKind.DISPUTE_WON)
    assert (won.recipient, won.language, won.payment_id) == (owner.email, language, payment.id)
    shown = preview(organization, won)
    amount = format_money(eur(50000), language)
    assert shown.subject.split() == subject.format(amount).split()
    assert amount in shown.html
    assert f"/payments/{payment.id}/" in shown.html
    assert str(payment.invoice.number if payment.invoice else None) in shown.html


def test_of_one_that_is_won_after_it_was_lost_the_task_alone_is_told(
    organization: Organization, customer: Customer, account: GatewayAccount, owner: Person
) -> None:
    payment = paid(organization, customer, account)
    for stage in (S.OPENED, S.LOST, S.WON):
        said(payment, stage)
    assert [mail.kind for mail in of_disputes(organization)] == [MailKind.ATTENTION] * 3
