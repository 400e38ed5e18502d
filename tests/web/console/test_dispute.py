"""A dispute, as colleagues see it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.identity.roles import Role
from allsquare.payments.gateway import Capability, DisputeStage, Outcome, Status, Subject
from allsquare.payments.models import Dispute, DisputeAnswer, EvidenceFile, Payment
from tests.payments.flows import paid, take
from tests.payments.makers import ScriptedGateway, dispute_outcome, empty_script, eur, scripted_account
from tests.statements import statements_sent
from tests.web.console.world import World

pytestmark = pytest.mark.django_db


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
    return paid(world.organization, world.customer, world.account, fee=100)


def tell(payment: Payment, stage: DisputeStage, until: datetime | None) -> Dispute:
    take(
        payment.gateway_account,
        dispute_outcome(
            stage,
            reference="dp_1",
            amount=eur(4000),
            fee=eur(1500),
            charge_reference=payment.reference,
            message="The payer says that nothing came.",
            evidence_by=until,
        ),
    )
    return Dispute.objects.get(organization=payment.organization)


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(f"console:{name}", args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_it_says_what_happened_and_how_long_there_is_to_answer(
    world: World, owner: Client, payment: Payment
) -> None:
    until = clock.now(world.organization) + timedelta(days=5)
    dispute = tell(payment, DisputeStage.OPENED, until)
    shown = page(owner, "dispute", dispute.id)
    for words in (
        "€40.00",
        "€15.00",
        "The payer says that nothing came.",
        "5 days are left. Without an answer the money is lost.",
        world.customer.name,
        "In the books",
        "Dispute over €40.00 opened",
    ):
        assert words in shown
    address = reverse("console:dispute", args=[dispute.id])
    assert address in page(owner, "payment", payment.id)
    assert address in page(owner, "home"), "from its task"
    assert address in page(owner, "event_list")
    assert "In the books" not in page(world.client(Role.BILLING_CLERK), "dispute", dispute.id)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(minutes=1), "day"),
        (timedelta(minutes=-1), "The time to answer is over"),
        (None, "Answer before the deadline"),
    ],
)
def test_whoever_comes_late_is_told_so(
    world: World, owner: Client, payment: Payment, left: timedelta | None, words: str
) -> None:
    until = None if left is None else clock.now(world.organization) + left
    assert words in page(owner, "dispute", tell(payment, DisputeStage.OPENED, until).id)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (DisputeStage.WON, "The bank decided for you"),
        (DisputeStage.LOST, "what it had paid is open again"),
    ],
)
def test_its_end_is_told(
    world: World, owner: Client, payment: Payment, end: DisputeStage, words: str
) -> None:
    until = clock.now(world.organization) + timedelta(days=5)
    tell(payment, DisputeStage.OPENED, until)
    shown = page(owner, "dispute", tell(payment, end, until).id)
    assert words in shown
    assert "days are left" not in shown


def test_its_page_asks_for_a_fixed_number_of_rows(world: World, owner: Client, payment: Payment) -> None:
    dispute = tell(payment, DisputeStage.OPENED, None)
    page(owner, "dispute", dispute.id)
    with statements_sent() as once:
        page(owner, "dispute", dispute.id)
    tell(payment, DisputeStage.LOST, None)
    with statements_sent() as twice:
        page(owner, "dispute", dispute.id)
    assert once.call_count == twice.call_count


PDF = b"%PDF-1.7 what was delivered"


def send(
    client: Client, dispute: Dispute, files: dict[str, SimpleUploadedFile] | None = None, **more: str
) -> HttpResponse:
    shown = page(client, "dispute", dispute.id)
    key = re.search(r'name="key" value="([^"]+)"', shown)
    data = {"text": "It was delivered.", "key": key[1] if key else "gone", **(files or {}), **more}
    return client.post(reverse("console:dispute_answer", args=[dispute.id]), data)  # type: ignore[return-value]  # a response of ours


def test_it_is_answered_with_files_once(world: World, owner: Client, payment: Payment) -> None:
    dispute = tell(payment, DisputeStage.OPENED, clock.now(world.organization) + timedelta(days=5))
    ScriptedGateway.answers.append(dispute_outcome(DisputeStage.OPENED))
    note = SimpleUploadedFile("delivery note.txt", PDF)
    photo = SimpleUploadedFile("../photo.jpeg", b"\xff\xd8\xff rest")
    assert send(owner, dispute, {"delivery": note, "other": photo}).status_code == 302
    (request,) = ScriptedGateway.handed_in
    assert [(each.name, each.media_type, each.data, each.kind) for each in request.files] == [
        ("delivery note.pdf", "application/pdf", PDF, "delivery"),
        ("photo.jpg", "image/jpeg", b"\xff\xd8\xff rest", "other"),
    ]
    shown = page(owner, "dispute", dispute.id)
    for words in ("An answer is with the provider", "delivery note.pdf", "It was delivered.", "answered"):
        assert words in shown
    assert "Send the answer" not in shown
    assert reverse("console:dispute", args=[dispute.id]) not in page(owner, "home"), "nothing is to be done"


def test_a_provider_that_asks_once_more_is_answered_there(
    world: World, owner: Client, payment: Payment
) -> None:
    until = clock.now(world.organization) + timedelta(days=5)
    dispute = tell(payment, DisputeStage.OPENED, until)
    ScriptedGateway.answers.append(Outcome(Subject.DISPUTE, Status.SUCCEEDED, "scripted"))
    send(owner, dispute)
    assert "An answer is with the provider" in page(owner, "dispute", dispute.id)
    Dispute.objects.filter(organization=world.organization).update(evidence_by=until + timedelta(days=9))
    shown = page(owner, "dispute", dispute.id)
    assert "The provider asks once more" in shown
    assert "An answer is with the provider" not in shown


def test_a_file_is_given_out_to_be_saved_and_never_shown(
    world: World, owner: Client, payment: Payment
) -> None:
    dispute = tell(payment, DisputeStage.OPENED, None)
    ScriptedGateway.answers.append(dispute_outcome(DisputeStage.OPENED))
    send(owner, dispute, {"delivery": SimpleUploadedFile("delivery note ü.pdf", PDF)})
    file = EvidenceFile.objects.get(organization=world.organization)
    address = reverse("console:dispute_file", args=[dispute.id, file.id])
    shown = page(owner, "dispute", dispute.id)
    assert address in shown
    assert "Proof of delivery" in shown
    given = owner.get(address)
    assert (given.status_code, given.content, given["Content-Type"]) == (200, PDF, "application/pdf")
    assert given["Content-Disposition"].startswith("attachment; filename")
    assert given["X-Content-Type-Options"] == "nosniff"
    assert given["Content-Security-Policy"] == "default-src 'none'; sandbox"
    viewer = world.client(Role.VIEWER)
    assert viewer.get(address).status_code == 403
    assert address not in page(viewer, "dispute", dispute.id)
    elsewhere = reverse("console:dispute_file", args=[file.answer_id, file.id])
    assert owner.get(elsewhere).status_code == 404


def test_what_the_provider_may_not_have_is_sent_again(world: World, owner: Client, payment: Payment) -> None:
    dispute = tell(payment, DisputeStage.OPENED, None)
    lost = Outcome(Subject.DISPUTE, Status.UNKNOWN, "scripted", message="No answer came back.")
    ScriptedGateway.answers += [lost, dispute_outcome(DisputeStage.OPENED)]
    send(owner, dispute)
    assert "Nobody knows yet whether the answer arrived" in page(owner, "dispute", dispute.id)
    owner.post(reverse("console:dispute_send_again", args=[dispute.id]))
    first, second = ScriptedGateway.handed_in
    assert first == second
    assert "An answer is with the provider" in page(owner, "dispute", dispute.id)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"receipt": SimpleUploadedFile("page.pdf", b"<html>")}, "page.pdf is no PDF, PNG or JPEG file."),
        ({"service": SimpleUploadedFile("empty.pdf", b"")}, "empty.pdf is no PDF, PNG or JPEG file."),
        (
            {
                "receipt": SimpleUploadedFile("a.pdf", PDF),
                "other": SimpleUploadedFile("b.pdf", PDF + bytes(4_500_000)),
            },
            "4500 are allowed",
        ),
    ],
)
def test_files_that_cannot_be_sent_are_named_and_nothing_is_lost(
    owner: Client, payment: Payment, files: dict[str, SimpleUploadedFile], words: str
) -> None:
    response = send(owner, tell(payment, DisputeStage.OPENED, None), files)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "It was delivered." in response.content.decode()
    assert ScriptedGateway.handed_in == []


def test_whoever_may_not_answer_sees_no_form(world: World, owner: Client, payment: Payment) -> None:
    dispute = tell(payment, DisputeStage.OPENED, None)
    viewer = world.client(Role.VIEWER)
    assert "Send the answer" in page(owner, "dispute", dispute.id)
    assert "Send the answer" not in page(viewer, "dispute", dispute.id)
    assert send(viewer, dispute).status_code == 403
    assert ScriptedGateway.handed_in == []


def test_other_providers_are_answered_there(
    world: World, owner: Client, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispute = tell(payment, DisputeStage.OPENED, clock.now(world.organization) + timedelta(days=5))
    without = ScriptedGateway.capabilities - {Capability.EVIDENCE}
    monkeypatch.setattr(ScriptedGateway, "capabilities", without)
    shown = page(owner, "dispute", dispute.id)
    assert "Answer at Scripted" in shown
    assert "Send the answer" not in shown
    assert send(owner, dispute).status_code in (409, 422)
    assert ScriptedGateway.handed_in == []


def test_whoever_is_second_keeps_what_they_wrote_and_is_told_that_nothing_was_sent(
    world: World, owner: Client, payment: Payment
) -> None:
    dispute = tell(payment, DisputeStage.OPENED, clock.now(world.organization) + timedelta(days=5))
    ScriptedGateway.answers.append(dispute_outcome(DisputeStage.OPENED))
    assert send(owner, dispute).status_code == 302
    answered = send(owner, dispute, text="It was the neighbour who signed.", key="another")
    shown = answered.content.decode()
    assert answered.status_code == 422
    assert "This dispute was answered already. Nothing was sent." in shown
    assert "It was the neighbour who signed." in shown
    assert "Send the answer" not in shown
    assert DisputeAnswer.objects.filter(organization=world.organization).count() == 1


def test_what_was_written_outlives_the_session(world: World, owner: Client, payment: Payment) -> None:
    dispute = tell(payment, DisputeStage.OPENED, clock.now(world.organization) + timedelta(days=5))
    address = reverse("console:dispute_answer", args=[dispute.id])
    stranger = Client()
    answered = stranger.post(address, {"text": "An hour of work.", "key": "a-key"})
    assert answered.status_code == 302
    assert stranger.session["kept_form"]["path"] == address
    session = owner.session
    session["kept_form"] = stranger.session["kept_form"]
    session.save()
    assert "An hour of work." in owner.get(address).content.decode()
    assert owner.get(address)["Location"] == reverse("console:dispute", args=[dispute.id]), "once"


def test_a_viewer_may_look_and_not_answer(world: World, payment: Payment) -> None:
    dispute = tell(payment, DisputeStage.OPENED, clock.now(world.organization) + timedelta(days=5))
    viewer = world.client(Role.VIEWER)
    assert "Send the answer" not in page(viewer, "dispute", dispute.id)
    assert send(viewer, dispute).status_code == 403
    assert not DisputeAnswer.objects.filter(organization=world.organization).exists()
