"""Fault 14: a refund in parts, a dispute, its end and a refund that fails days later, in every order in which they may
come, each told twice: the same books, and nobody is debited twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from allsquare.identity.models import Organization
from allsquare.payments.gateway import DisputeStage, Outcome, Status
from allsquare.payments.models import Payment
from tests import factories
from tests.payments.flows import balances, final_state, paid, take
from tests.payments.makers import dispute_outcome, eur, refund_outcome, scripted_account
from tests.square import assert_all_square

pytestmark = pytest.mark.django_db

WHOLE, BACK, FEE, CASE_FEE = 10000, 4000, 175, 1500
ENDS = [
    pytest.param(DisputeStage.WON, 0, WHOLE - BACK, id="won, and the fee comes back"),
    pytest.param(DisputeStage.LOST, CASE_FEE, WHOLE - BACK, id="lost"),
    pytest.param(DisputeStage.LOST, CASE_FEE, 2500, id="lost in part: an offer was accepted"),
]


def news(payment: Payment, end: DisputeStage, fee: int, about: int) -> dict[str, Outcome]:
    """40.00 is given back, and the payer disputes the other 60.00."""
    sent = refund_outcome(reference="re", amount=eur(BACK), charge_reference=payment.reference)
    case = {"reference": "dp", "amount": eur(WHOLE - BACK), "charge_reference": payment.reference}
    return {
        "refund": sent,
        "refund failed": replace(sent, status=Status.DECLINED, code="account_closed"),
        "opened": dispute_outcome(DisputeStage.OPENED, fee=eur(CASE_FEE), **case),
        "ended": dispute_outcome(end, fee=eur(fee), **{**case, "amount": eur(about)}),
    }


def come(end: DisputeStage, fee: int, about: int, order: tuple[str, ...]) -> dict[str, object]:
    """A shop where the news came so; what is left of it. Money that an invoice gave back and that came home again is
    the customer's credit: whether the invoice or the credit bears a lost case then is a matter of which came first;
    what they come to is not."""
    organization: Organization = factories.make_organization()
    account = scripted_account(organization)
    payment = paid(organization, factories.make_customer(organization), account, fee=FEE)
    told = news(payment, end, fee, about)
    for name in order:
        take(account, told[name])
        take(account, told[name])
    state = final_state(organization)
    books = balances(organization)
    owed = books.pop("receivable", 0) + books.pop("customer_credit", 0)
    return {
        **{name: state[name] for name in ("payments", "refunds", "disputes")},
        "books": books,
        "owed": owed,
    }


@pytest.mark.parametrize("fails", [False, True], ids=["the refund stands", "the refund fails late"])
@pytest.mark.parametrize(("end", "fee", "about"), ENDS)
def test_every_order_comes_to_the_same(end: DisputeStage, fee: int, about: int, fails: bool) -> None:
    names = ["refund", "opened", "ended", *(["refund failed"] if fails else [])]
    orders = [
        order
        for order in permutations(names)
        if not fails or order.index("refund") < order.index("refund failed")  # a bank refuses what was sent
    ]
    found = {order: come(end, fee, about, order) for order in orders}
    first = found[orders[0]]
    assert {order: each for order, each in found.items() if each != first} == {}
    lost = about if end is DisputeStage.LOST else 0
    gone = lost + (0 if fails else BACK)
    assert first["books"] == {
        "clearing": WHOLE - FEE - fee - gone,
        "gateway_fees": FEE + fee,
        "sales": -WHOLE,
    }
    assert first["owed"] == gone, "what went back is owed again, once"
    assert_all_square()
