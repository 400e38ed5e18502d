"""Money goes back, or is fought for, and whoever asks dies: it goes back once."""

from __future__ import annotations

from typing import cast

from allsquare.core.actor import SYSTEM
from allsquare.payments.evidence import Given
from allsquare.payments.gateway import Status
from allsquare.payments.models import Dispute, GatewayAccount, Payment, Refund
from allsquare.payments.services.answer_dispute import answer_dispute
from allsquare.payments.services.ask_history import ask_history
from tests.contracts.benches import SandboxBench
from tests.contracts.test_evidence import Disputed
from tests.fakes.stripe_server import FakeStripe
from tests.faults.rails import Rail
from tests.faults.works.scene import Scene, Try
from tests.payments.makers import a_key

At = Scene[Rail]


def refund(scene: At) -> None:
    """Whoever comes first, the sweep or the clerk who presses again."""
    rail = scene.rail
    tries = _paid(scene)
    before = rail.hands.refunds_made()
    for each in tries:
        scene.dies("refund", each.step, payment=str(each.of.id), key=each.key)
    first = [rail.refund(each.of, key=each.key) for each in tries[::2]]
    rail.sweep()
    rest = [rail.refund(each.of, key=each.key) for each in tries[1::2]]
    _assert_given_once(rail, [*first, *rest], before)


def sweep_given(scene: At) -> None:
    """A second death, of the one who cleans up after the first: the provider had answered. PayPal is asked for it once
    more under its key, since it finds none by that."""
    _sweep_after(scene, "refund.answered")


def sweep_not_sent(scene: At) -> None:
    """As above; the provider was never asked."""
    _sweep_after(scene, "refund.intent_committed")


def _sweep_after(scene: At, before: str) -> None:
    rail = scene.rail
    tries = _paid(scene)
    made = rail.hands.refunds_made()
    for each in tries:
        scene.mortal.dies("refund", before, payment=str(each.of.id), key=each.key)
        rail.only_due(_refund(rail, each))
        scene.dies("sweep", each.step)
    rail.sweep()
    _assert_given_once(rail, [_refund(rail, each) for each in tries], made)


def answer(scene: At) -> None:
    """Whoever sends it again under the same key hands it in once."""
    rail = scene.rail
    tries = _paid(scene)
    hands = cast(Disputed, rail.hands)
    cases = [hands.payer_disputes(rail.asked(each.of, Status.SUCCEEDED)) for each in tries]
    GatewayAccount.objects.filter(organization=rail.organization).update(history_due_at=None)
    assert ask_history(organization=rail.organization, gateway_account=rail.account)
    for each, case in zip(tries, cases, strict=True):
        dispute = Dispute.objects.get(organization=rail.organization, payment=each.of)
        scene.dies("answer a dispute", each.step, dispute=str(dispute.id), key=each.key)
        for _time in range(2):
            made = answer_dispute(
                organization=rail.organization,
                dispute_id=dispute.id,
                text="It was delivered.",
                files=[Given("note.pdf", b"%PDF-1.7 delivered")],
                key=each.key,
                actor=SYSTEM,
            )
            assert made.state == "sent", each.step
        assert _answers_to(rail, case) == 1, each.step


def _answers_to(rail: Rail, case: str) -> int:
    """How often the provider took an answer to it."""
    if isinstance(rail.hands, SandboxBench):
        events = rail.hands.account.get("/events", limit="100")["data"]
        return [each["data"]["id"] for each in events if each["type"] == "dispute.answered"].count(case)
    fake = rail.hands.fake  # type: ignore[attr-defined]  # all others that take answers have one
    if isinstance(fake, FakeStripe):
        return int(fake.objects[case]["evidence_details"]["submission_count"])
    return len(fake.disputes[case]["evidences"])


def _paid(scene: At) -> list[Try]:
    """A payment for each step."""
    rail = scene.rail
    steps = list(scene)
    payments: list[Payment] = [rail.pay(rail.invoice(), key=a_key()) for _ in steps]
    return [Try(step, payment) for step, payment in zip(steps, rail.finish_all(payments), strict=True)]


def _refund(rail: Rail, each: Try) -> Refund:
    return Refund.objects.get(organization=rail.organization, key=each.key)


def _assert_given_once(rail: Rail, made: list[Refund], before: int) -> None:
    rail.sweep()
    for refund in made:
        refund = rail.given(refund)
        assert (refund.state, refund.payment.refunded_minor) == ("succeeded", refund.amount_minor)
    assert rail.hands.refunds_made() == before + len(made)
