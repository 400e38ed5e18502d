"""Answering a dispute: kept first, handed in once, and found out about by sending it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, customer_actor
from allsquare.core.errors import FieldErrors, PermissionDenied
from allsquare.core.idempotency import KeyReused
from allsquare.core.models import Event
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.disputes import get_file
from allsquare.payments.errors import DisputeAnswered, DisputeClosed, DisputeUnknown, EvidenceNotTaken
from allsquare.payments.evidence import LONGEST_TEXT, MOST_BYTES, Given, checked_files
from allsquare.payments.gateway import Capability, DisputeStage, Outcome, Status, Subject
from allsquare.payments.gateway_abilities import EvidenceKind
from allsquare.payments.models import Dispute, DisputeAnswer, GatewayAccount
from allsquare.payments.services.answer_dispute import answer_dispute
from allsquare.payments.services.remind_of_disputes import remind_of_disputes
from allsquare.payments.services.send_answer import send_answer
from allsquare.payments.settlement.deadlines import UNSEEN
from tests import factories
from tests.payments.flows import paid, take
from tests.payments.makers import ScriptedGateway, a_key, dispute_outcome, eur, open_tasks
from tests.square import assert_all_square

PDF = Given("note.pdf", b"%PDF-1.7 delivered")


@pytest.fixture
def dispute(organization: Organization, customer: Customer, account: GatewayAccount) -> Dispute:
    payment = paid(organization, customer, account)
    about = {"reference": "dp_1", "amount": eur(4000), "charge_reference": payment.reference}
    until = clock.now(organization) + timedelta(days=2)
    take(account, dispute_outcome(DisputeStage.OPENED, evidence_by=until, **about))
    return Dispute.objects.get(organization=organization)


def says(status: Status, message: str = "") -> None:
    ScriptedGateway.answers.append(Outcome(Subject.DISPUTE, status, "scripted", message=message))


def answer(
    dispute: Dispute, *files: Given, text: str = "It was delivered.", key: str = "", actor: Actor = SYSTEM
) -> DisputeAnswer:
    return answer_dispute(
        organization=dispute.organization,
        dispute_id=dispute.id,
        text=text,
        files=files,
        key=key or a_key(),
        actor=actor,
    )


def test_it_is_handed_in_once_and_no_more_is_asked_of_people(
    organization: Organization, dispute: Dispute
) -> None:
    remind_of_disputes(organization=organization)
    assert len(open_tasks(organization)) == 1
    says(Status.SUCCEEDED)
    made = answer(dispute, PDF, key="one")
    again = answer(dispute, PDF, key="one")
    assert (made.id, made.state) == (again.id, "sent")
    (request,) = ScriptedGateway.handed_in
    assert (request.key, request.dispute_reference, request.text) == (made.id, "dp_1", "It was delivered.")
    assert [(each.name, each.media_type, each.data) for each in request.files] == [
        ("note.pdf", "application/pdf", PDF.data)
    ]
    assert open_tasks(organization) == []
    log = Event.objects.filter(organization_id=organization.id).order_by("id")
    assert log.filter(kind="dispute.answered").count() == 1
    over = [event.data["kind"] for event in log.filter(kind="attention.resolved")]
    assert over == ["dispute_opened", "dispute_due"], "the log says of both that they are done"
    organization.clock_offset += timedelta(days=1.5)
    organization.save()
    assert remind_of_disputes(organization=organization) == 0
    with pytest.raises(KeyReused):
        answer(dispute, text="Another", key="one")
    with pytest.raises(DisputeAnswered):
        answer(dispute)
    assert len(ScriptedGateway.handed_in) == 1
    assert_all_square()


def test_what_was_read_while_our_answer_was_on_its_way_asks_for_no_other(
    organization: Organization, dispute: Dispute, account: GatewayAccount
) -> None:
    says(Status.SUCCEEDED)
    answer(dispute)
    asks = dispute_outcome(
        DisputeStage.OPENED,
        reference="dp_1",
        amount=eur(4000),
        charge_reference=dispute.payment.reference,
        evidence_by=dispute.evidence_by,
    )
    take(account, asks, current=True)
    assert open_tasks(organization) == []
    organization.clock_offset += UNSEEN
    organization.save()
    take(account, asks, current=True)
    assert [task.kind for task in open_tasks(organization)] == ["dispute_opened"], "it does ask once more"


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.NOT_SENT])
def test_one_that_may_not_have_arrived_is_sent_again_under_its_id(
    organization: Organization, dispute: Dispute, status: Status
) -> None:
    says(status, "No answer came back.")
    made = answer(dispute, PDF, key="one")
    assert (made.state, made.message) == ("sending", "No answer came back.")
    with pytest.raises(DisputeAnswered):
        answer(dispute, text="Another")
    assert len(open_tasks(organization)) == 1, "it is still to be done"
    says(Status.SUCCEEDED)
    ended = send_answer(organization=organization, answer_id=made.id, actor=SYSTEM)
    assert (ended.state, ended.message) == ("sent", "")
    first, second = ScriptedGateway.handed_in
    assert first == second
    send_answer(organization=organization, answer_id=made.id, actor=SYSTEM)
    assert len(ScriptedGateway.handed_in) == 2


def test_one_that_the_provider_refuses_may_be_followed_by_another(dispute: Dispute) -> None:
    says(Status.DECLINED, "Too large.")
    refused = answer(dispute, PDF)
    assert (refused.state, refused.message) == ("refused", "Too large.")
    (event,) = Event.objects.filter(organization_id=dispute.organization_id, kind="dispute.answer_refused")
    assert event.data["message"] == "Too large."
    says(Status.SUCCEEDED)
    assert answer(dispute).state == "sent"
    assert len(ScriptedGateway.handed_in) == 2


def test_what_is_decided_or_over_is_not_answered(organization: Organization, dispute: Dispute) -> None:
    Dispute.objects.filter(organization=organization).update(evidence_by=clock.now(organization))
    with pytest.raises(DisputeClosed):
        answer(dispute)
    Dispute.objects.filter(organization=organization).update(evidence_by=None, state="lost")
    with pytest.raises(DisputeClosed):
        answer(dispute)
    assert not DisputeAnswer.objects.filter(organization=organization).exists()
    assert ScriptedGateway.handed_in == []


def test_who_may_not_and_what_is_not_ours(
    organization: Organization, dispute: Dispute, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PermissionDenied):
        answer(dispute, actor=customer_actor(customer.id, "Ada", address="203.0.113.7"))
    strange = factories.make_organization()
    with pytest.raises(DisputeUnknown):
        answer_dispute(
            organization=strange, dispute_id=dispute.id, text="x", files=(), key="one", actor=SYSTEM
        )
    says(Status.UNKNOWN)
    made = answer(dispute)
    with pytest.raises(DisputeUnknown):
        send_answer(organization=strange, answer_id=made.id, actor=SYSTEM)
    capabilities = ScriptedGateway.capabilities - {Capability.EVIDENCE}
    monkeypatch.setattr(ScriptedGateway, "capabilities", capabilities)
    with pytest.raises(EvidenceNotTaken):
        send_answer(organization=organization, answer_id=made.id, actor=SYSTEM)
    DisputeAnswer.objects.filter(organization=organization).delete()
    with pytest.raises(EvidenceNotTaken):
        answer(dispute)


@pytest.mark.parametrize("text", ["", "  ", "x" * (LONGEST_TEXT + 1)])
def test_a_text_is_needed(dispute: Dispute, text: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        answer(dispute, text=text)
    assert list(refused.value.errors) == ["text"]


@pytest.mark.parametrize(
    ("name", "head", "kept"),
    [
        ("C:\\scans\\a b.PDF", b"%PDF-1.4", "a b.pdf"),
        ("../../etc/passwd", b"\x89PNG\r\n\x1a\n", "passwd.png"),
        ("Lieferschein ü.jpeg", b"\xff\xd8\xff", "Lieferschein ü.jpg"),
        ("a\r\nX-Evil: 1.pdf", b"%PDF-", "a_X-Evil_ 1.pdf"),
        ("", b"%PDF-", "file.pdf"),
        ("x" * 300 + ".pdf", b"%PDF-", "x" * 100 + ".pdf"),
    ],
)
def test_a_file_is_named_by_what_it_is(name: str, head: bytes, kept: str) -> None:
    (checked,) = checked_files([Given(name, head + b" rest")])
    assert checked.name == kept


@pytest.mark.parametrize(
    "files",
    [
        [Given("a.pdf", b"")],
        [Given("a.pdf", b"MZ\x90")],
        [Given("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'>")],
        [PDF] * 6,
        [Given("a.pdf", b"%PDF-" + bytes(MOST_BYTES))],
    ],
    ids=["empty", "program", "script", "many", "large"],
)
def test_other_files_are_refused(files: list[Given]) -> None:
    with pytest.raises(FieldErrors) as refused:
        checked_files(files)
    assert list(refused.value.errors) == ["other"]


def test_of_each_kind_there_is_one_file(dispute: Dispute) -> None:
    says(Status.SUCCEEDED)
    several = [Given(f"{kind}.pdf", PDF.data, kind) for kind in EvidenceKind]
    answer(dispute, *several)
    (request,) = ScriptedGateway.handed_in
    assert [each.kind for each in request.files] == list(EvidenceKind)


def test_a_file_is_found_by_its_own_dispute_alone(organization: Organization, dispute: Dispute) -> None:
    says(Status.SUCCEEDED)
    made = answer(dispute, PDF)
    (file,) = made.files.all()
    assert get_file(organization, dispute.id, file.id) == file
    for elsewhere in ((organization, made.id), (factories.make_organization(), dispute.id)):
        with pytest.raises(DisputeUnknown):
            get_file(*elsewhere, file.id)
