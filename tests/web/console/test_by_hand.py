"""What a provider never says the end of, as colleagues see it and end it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.billing.models import Invoice
from allsquare.identity.roles import Role
from allsquare.payments.models import Dispute, Payment, Refund
from allsquare.web.portal.reasons import reason_of
from tests.payments.by_hand import (
    NO_CASE,
    NO_CHARGE,
    NO_REFUND,
    days_go_by,
    disputed,
    hear,
    refunding,
)
from tests.payments.flows import paid, pay
from tests.payments.makers import (
    SILENT,
    ScriptedGateway,
    charge,
    empty_script,
    eur,
    issued_invoice,
    scripted_account,
)
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

SECTION = "The provider does not answer"
REASON = {"reason": "Their support wrote so."}


@pytest.fixture(autouse=True)
def provider(settings: Settings, world: World) -> None:
    settings.ALLSQUARE_GATEWAYS = {
        **settings.ALLSQUARE_GATEWAYS,
        "scripted": "tests.payments.makers.ScriptedGateway",
    }
    empty_script()
    world.account = scripted_account(world.organization)


@pytest.fixture
def payment(world: World) -> Payment:
    """Nobody said for ten days what became of it."""
    invoice = issued_invoice(world.organization, world.customer)
    payment = pay(invoice, world.account, answer=SILENT)
    days_go_by(world.organization, 10)
    return payment


def page(client: Client, name: str, thing: Payment | Refund | Dispute) -> str:
    response = client.get(reverse(f"console:{name}", args=[thing.id]))
    assert response.status_code == 200
    return response.content.decode()


def send(client: Client, name: str, thing: Payment | Refund | Dispute, **data: str) -> tuple[int, str]:
    """The status of the answer, and its text."""
    url = reverse(f"console:{name}", args=[thing.id])
    response = client.post(url, {"key": "k", **REASON, **data})
    return response.status_code, response.content.decode()


def state_of(thing: Payment | Refund | Dispute) -> str:
    thing.refresh_from_db()
    return thing.state


def test_the_section_comes_when_it_is_late_and_for_who_may(
    world: World, owner: Client, payment: Payment
) -> None:
    url = reverse("console:payment_end", args=[payment.id])
    shown = page(owner, "payment", payment)
    assert SECTION in shown
    assert url in shown
    seen = page(world.client(Role.VIEWER), "payment", payment)
    assert SECTION in seen
    assert url not in seen
    young = pay(issued_invoice(world.organization, world.customer), world.account, answer=SILENT)
    assert SECTION not in page(owner, "payment", young)
    back = reverse("console:payment", args=[young.id])
    nothing = page(owner, "payment_end", young)
    assert "There is nothing to enter" in nothing
    assert f'<a class="btn" href="{back}">Back</a>' in nothing
    done = paid(world.organization, world.customer, world.account)
    assert SECTION not in page(owner, "payment", done)


def test_a_payment_that_did_not_come(owner: Client, payment: Payment) -> None:
    ScriptedGateway.lookups.append(NO_CHARGE)
    for _press in range(2):
        assert send(owner, "payment_end", payment, said="not")[0] == 302
    assert state_of(payment) == "failed"
    shown = page(owner, "payment", payment)
    assert SECTION not in shown
    assert "Entered by hand" in shown
    assert "Their support wrote so." in shown
    reason = reason_of(payment)
    assert (str(reason.title), reason.is_sure) == ("The payment did not arrive", False)


def test_a_payment_that_came_and_its_correction(owner: Client, payment: Payment) -> None:
    ScriptedGateway.lookups += [NO_CHARGE, NO_CHARGE]
    came = {"said": "came", "amount": "100.00", "fee": "1.75", "received_on": "2026-01-02", "reference": ""}
    for _press in range(2):
        assert send(owner, "payment_end", payment, **came)[0] == 302
    assert state_of(payment) == "succeeded"
    assert (payment.fee_minor, str(payment.received_on)) == (175, "2026-01-02")
    shown = page(owner, "payment_end", payment)
    assert "Correct what was entered" in shown
    assert "did not come, and what was paid with it is open again" in shown
    for _press in range(2):
        assert send(owner, "payment_end", payment, said="not", key="another")[0] == 302
    payment.refresh_from_db()
    assert payment.refunded_minor == 10000
    assert Invoice.objects.get(payments=payment).paid_minor == 0
    assert "There is nothing to enter" in page(owner, "payment_end", payment), "it is its refund that can be"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"said": "came", "amount": "", "received_on": "2026-01-02"}, "Enter an amount above zero."),
        ({"said": "came", "amount": "1", "received_on": ""}, "Enter the day on which it came."),
        ({"said": "came", "amount": "1", "fee": "2", "received_on": "2026-01-02"}, "The fee is a part"),
        ({"said": "not", "reason": ""}, "This field is required"),
        ({"said": "perhaps"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_stays_on_the_page(
    owner: Client, payment: Payment, data: dict[str, str], words: str
) -> None:
    status, answer = send(owner, "payment_end", payment, **data)
    assert status == 422
    assert words in answer
    assert state_of(payment) == "unknown"


def test_the_providers_answer_is_told_in_place_of_what_was_entered(owner: Client, payment: Payment) -> None:
    ScriptedGateway.lookups.append(charge(reference="ch_1", amount=eur(10000), fee=eur(175)))
    status, answer = send(owner, "payment_end", payment, said="not")
    assert status == 422
    assert "Scripted answered just now: Succeeded" in answer
    assert state_of(payment) == "succeeded"


def test_once_the_provider_says_it_nothing_is_by_hand_any_more(owner: Client, payment: Payment) -> None:
    ScriptedGateway.lookups.append(NO_CHARGE)
    came = {"said": "came", "amount": "100.00", "fee": "1.75", "received_on": "2026-01-02"}
    send(owner, "payment_end", payment, **came)
    hear(payment, reference="ch_1", amount=eur(10000), fee=eur(175))
    shown = page(owner, "payment", payment)
    assert "Correct it" not in shown
    assert "The provider says too that €100.00 came" in shown


def test_a_refund(world: World, owner: Client) -> None:
    payment = paid(world.organization, world.customer, world.account)
    refund = refunding(payment, 2500)
    assert SECTION not in page(owner, "payment", payment)
    days_go_by(world.organization, 15)
    url = reverse("console:refund_end", args=[refund.id])
    assert url in page(owner, "payment", payment)
    assert url not in page(world.client(Role.BILLING_CLERK), "payment", payment)
    assert "It went to the payer" in page(owner, "refund_end", refund)
    ScriptedGateway.lookups.append(NO_REFUND)
    for _press in range(2):
        assert send(owner, "refund_end", refund, said="went")[0] == 302
    assert state_of(refund) == "succeeded"
    assert "Entered by hand" in page(owner, "payment", payment)
    ScriptedGateway.lookups.append(NO_REFUND)
    assert send(owner, "refund_end", refund, said="not", key="another")[0] == 302
    assert state_of(refund) == "failed"


def test_a_dispute(world: World, owner: Client) -> None:
    dispute = disputed(paid(world.organization, world.customer, world.account))
    assert SECTION not in page(owner, "dispute", dispute)
    days_go_by(world.organization, 100)
    assert SECTION in page(owner, "dispute", dispute)
    assert "It is won" in page(owner, "dispute_end", dispute)
    ScriptedGateway.lookups += [NO_CASE, NO_CASE]
    for _press in range(2):
        assert send(owner, "dispute_end", dispute, said="lost", amount="10.00")[0] == 302
    assert (state_of(dispute), dispute.amount_minor) == ("lost", 1000)
    assert "Entered by hand" in page(owner, "dispute", dispute)
    assert send(owner, "dispute_end", dispute, said="won", key="another")[0] == 302
    assert state_of(dispute) == "won"


def test_the_forms_carry_a_key_of_their_own(owner: Client, payment: Payment) -> None:
    shown = [page(owner, "payment_end", payment) for _time in range(2)]
    keys = {text.split('name="key" value="')[1].split('"')[0] for text in shown}
    assert len(keys) == 2
