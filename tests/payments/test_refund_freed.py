"""What a credit note set free goes back: only that, only once, and one refusal holds up nobody else."""

from __future__ import annotations

import pytest

from allsquare.billing.models import CreditNote, Invoice
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.errors import RefundTooHigh
from allsquare.payments.freed import FreedMoney, freed_by, refund_key
from allsquare.payments.gateway import DisputeStage, Status
from allsquare.payments.models import GatewayAccount, Refund
from allsquare.payments.services import refund_freed as module
from allsquare.payments.services.refund import refund
from allsquare.payments.services.refund_freed import GivenBack, refund_freed
from tests.payments.crediting import credit, off
from tests.payments.flows import paid, pay, take
from tests.payments.makers import (
    ScriptedGateway,
    a_key,
    charge,
    dispute_outcome,
    eur,
    issued_invoice,
    refund_outcome,
)
from tests.square import assert_all_square


def give_back(note: CreditNote, *, key: str = "") -> GivenBack:
    return refund_freed(
        organization=note.organization, credit_note_id=note.id, key=key or a_key(), actor=SYSTEM
    )


def answers(*minors: int, status: Status = Status.SUCCEEDED) -> None:
    ScriptedGateway.answers.extend(
        refund_outcome(status, reference=a_key(), amount=eur(minor), message="No.") for minor in minors
    )


def left(note: CreditNote) -> list[int]:
    return [each.returnable.minor for each in freed_by(note.organization, note)]


@pytest.fixture
def invoice(organization: Organization, customer: Customer, account: GatewayAccount) -> Invoice:
    found = paid(organization, customer, account, captured=10000).invoice
    assert found
    return found


def test_a_note_gives_back_no_more_than_it_set_free(invoice: Invoice) -> None:
    """The credit of the other note stays where its clerk left it."""
    kept = credit(invoice, off(invoice, 3000))
    note = credit(invoice, off(invoice, 2000))
    answers(2000, 2000)
    assert [each.amount_minor for each in give_back(note).made] == [2000]
    assert give_back(note) == GivenBack()
    assert (left(note), left(kept)) == ([0], [3000])
    invoice.refresh_from_db()
    assert (invoice.state, invoice.paid_minor) == ("paid", 5000)
    assert_all_square()


def test_nothing_goes_back_of_money_that_the_payers_bank_took_away(
    organization: Organization, customer: Customer, account: GatewayAccount
) -> None:
    payment = paid(organization, customer, account)
    assert payment.invoice
    note = credit(payment.invoice, off(payment.invoice, 3000))
    about = {"reference": "dp_1", "charge_reference": payment.reference}
    take(account, dispute_outcome(DisputeStage.OPENED, amount=eur(8000), **about))
    assert left(note) == [2000]
    take(account, dispute_outcome(DisputeStage.WON, amount=eur(8000), **about))
    assert left(note) == [3000]
    assert_all_square()


def test_the_same_press_again_is_the_same_refund_and_asks_for_nothing(invoice: Invoice) -> None:
    """By then nothing of what was free is left; what the first press made is the answer all the same."""
    note = credit(invoice, off(invoice, 3000))
    answers(3000)
    first = give_back(note, key="press")
    asked = len(ScriptedGateway.asked)
    assert give_back(note, key="press") == first
    assert [each.amount_minor for each in first.made] == [3000]
    assert len(ScriptedGateway.asked) == asked


def test_what_a_provider_refused_can_be_tried_again(invoice: Invoice) -> None:
    note = credit(invoice, off(invoice, 2000))
    answers(2000, status=Status.DECLINED)
    (failed,) = give_back(note, key="first").made
    assert (failed.state, failed.failure_message) == ("failed", "No.")
    assert give_back(note, key="first").made == [failed]
    answers(2000)
    assert [each.state for each in give_back(note).made] == ["succeeded"]
    assert left(note) == [0]
    assert_all_square()


def test_who_looked_before_another_gave_it_back_is_refused(
    invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the question under the lock, the second refund would be taken from what the invoice still counts."""
    note = credit(invoice, off(invoice, 3000))
    before = freed_by(note.organization, note)
    answers(3000)
    give_back(note)

    def stale(*_given: object) -> list[FreedMoney]:
        return before

    monkeypatch.setattr(module, "freed_by", stale)
    given = give_back(note)
    assert not given.made
    assert [type(each.error) for each in given.not_made] == [RefundTooHigh]
    invoice.refresh_from_db()
    assert (invoice.state, invoice.paid_minor) == ("paid", 7000)
    assert Refund.objects.count() == 1
    assert_all_square()


def test_a_refund_by_hand_of_what_is_free_is_found_gone(invoice: Invoice) -> None:
    note = credit(invoice, off(invoice, 3000))
    (freed,) = freed_by(note.organization, note)
    answers(1000)
    by_hand = {
        "organization": note.organization,
        "payment_id": freed.payment.id,
        "reason": "",
        "actor": SYSTEM,
    }
    refund(**by_hand, amount=eur(1000), key="by-hand")  # type: ignore[arg-type]  # a test's shorthand
    with pytest.raises(RefundTooHigh, match="meanwhile"):
        refund(**by_hand, amount=eur(3000), key=refund_key("k", freed.freed_id), freed_id=freed.freed_id)  # type: ignore[arg-type]  # as above
    assert left(note) == [2000]


def test_one_refusal_holds_up_none_of_the_others(
    organization: Organization,
    customer: Customer,
    account: GatewayAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invoice = issued_invoice(organization, customer)
    payments = []
    for number in range(3):
        part = eur(2500)
        payments.append(
            pay(invoice, account, amount=part, answer=charge(reference=f"c{number}", amount=part))
        )
        invoice.refresh_from_db()
    note = credit(invoice)
    taken = payments[1].id
    whole = freed_by(organization, note)
    answers(2500)
    refund(
        organization=organization, payment_id=taken, amount=eur(2500), reason="", key="by-hand", actor=SYSTEM
    )
    monkeypatch.setattr(module, "freed_by", lambda *_given: whole)
    answers(2500, 2500)
    given = give_back(note)
    assert [each.payment.id for each in given.not_made] == [taken]
    assert {each.payment_id: each.state for each in given.made} == {
        payments[0].id: "succeeded",
        payments[2].id: "succeeded",
    }
    assert_all_square()
