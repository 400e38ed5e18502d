from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import uuid4

import pytest

from allsquare.core.currencies import currency
from allsquare.core.errors import FieldErrors
from allsquare.core.money import Money
from allsquare.gateways.sandbox import SandboxGateway
from allsquare.payments.gateway import ChargeRequest, MethodKind, Outcome, RefundRequest, Status, Subject
from tests.sandbox_process import SandboxAccount


def asked(minor: int = 1000, code: str = "EUR") -> ChargeRequest:
    return ChargeRequest(
        key=uuid4(),
        amount=Money(minor, currency(code)),
        method=MethodKind.CARD,
        description="Invoice 7",
        return_url="http://shop.example/back",
    )


@pytest.fixture
def gateway(sandbox: SandboxAccount) -> SandboxGateway:
    return SandboxGateway(sandbox.settings)


def paid_with(
    sandbox: SandboxAccount, gateway: SandboxGateway, request: ChargeRequest, number: str
) -> Outcome:
    """What is known of the charge after its payer used ``number``."""
    charge = gateway.start(request)
    sandbox.control(f"/charges/{charge.reference}/pay", number=number)
    return gateway.look_up(key=request.key, reference=charge.reference, subject=Subject.CHARGE)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4000 0001 0000 0001", "card_declined"),
        ("4000 0002 0000 0000", "insufficient_funds"),
        ("4000 0003 0000 0009", "expired_card"),
        ("4000 0004 0000 0008", "incorrect_cvc"),
        ("4000 0005 0000 0007", "stolen_card"),
        ("4000 0006 0000 0006", "processing_error"),
        ("4000 0007 0000 0005", "do_not_honor"),
        ("4000 0031 0000 0005", "authentication_failed"),
    ],
)
def test_each_kind_of_decline(
    sandbox: SandboxAccount, gateway: SandboxGateway, number: str, code: str
) -> None:
    outcome = paid_with(sandbox, gateway, asked(), number)

    assert (outcome.status, outcome.code) == (Status.DECLINED, code)
    assert outcome.message
    assert outcome.amount is None


def test_a_saved_card_that_is_declined(sandbox: SandboxAccount, gateway: SandboxGateway) -> None:
    first = paid_with(sandbox, gateway, replace(asked(), save_method=True), "4000 0040 0000 0004")
    assert first.method is not None
    request = replace(asked(), saved_method=first.method.token)

    outcome = gateway.start(request)

    assert (outcome.status, outcome.code) == (Status.DECLINED, "insufficient_funds")
    assert outcome.key == request.key
    assert outcome.reference
    assert gateway.start(request) == outcome


def test_a_saved_card_that_asks_for_3d_secure(sandbox: SandboxAccount, gateway: SandboxGateway) -> None:
    first = paid_with(sandbox, gateway, replace(asked(), save_method=True), "4000 0030 0000 0006")
    assert first.method is not None

    outcome = gateway.start(replace(asked(), saved_method=first.method.token))

    assert outcome.status is Status.ACTION_REQUIRED
    assert outcome.redirect


def test_a_bank_debit_waits_for_its_date(sandbox: SandboxAccount, gateway: SandboxGateway) -> None:
    request = replace(asked(), method=MethodKind.BANK_DEBIT)
    outcome = paid_with(sandbox, gateway, request, "DE89 3704 0044 0532 0130 00")
    assert outcome.status is Status.PENDING
    assert outcome.expected_on is not None
    assert outcome.expected_on - date.fromisoformat(sandbox.get("/account")["clock"][:10]) == timedelta(
        days=3
    )

    sandbox.control("/clock", days=4)
    later = gateway.look_up(key=request.key, reference=outcome.reference, subject=Subject.CHARGE)

    assert later.status is Status.SUCCEEDED
    assert later.fee == Money(35, currency("EUR"))


def test_a_payer_who_leaves(sandbox: SandboxAccount, gateway: SandboxGateway) -> None:
    request = asked()
    charge = gateway.start(request)
    sandbox.http.post(f"/v1/charges/{charge.reference}/cancel").raise_for_status()

    outcome = gateway.look_up(key=request.key, reference=charge.reference, subject=Subject.CHARGE)

    assert (outcome.status, outcome.code) == (Status.DECLINED, "canceled")


def test_refusals_that_did_nothing_are_not_sent(sandbox: SandboxAccount, gateway: SandboxGateway) -> None:
    stranger = SandboxGateway({**sandbox.settings, "api_key": "sk_wrong"})

    refused = {
        stranger.start(asked()).code: stranger.start(asked()).status,
        gateway.start(asked(code="BGN")).code: gateway.start(asked(code="BGN")).status,
        gateway.start(replace(asked(), return_url="x")).code: gateway.start(
            replace(asked(), return_url="x")
        ).status,
    }

    assert refused == dict.fromkeys(("keys_refused", "currency_unknown", "field_invalid"), Status.NOT_SENT)
    assert sandbox.get("/charges")["data"] == []


def test_refusals_that_would_be_the_same_tomorrow_are_declined(gateway: SandboxGateway) -> None:
    unknown_method = gateway.start(replace(asked(), saved_method="pm_gone"))
    unknown_charge = gateway.refund(RefundRequest(uuid4(), "ch_gone", Money.parse("1.00", "EUR")))

    assert (unknown_method.status, unknown_method.code) == (Status.DECLINED, "saved_method_unknown")
    assert (unknown_charge.status, unknown_charge.code) == (Status.DECLINED, "charge_not_found")


def test_a_key_that_was_used_for_something_else_is_unknown(gateway: SandboxGateway) -> None:
    request = asked()
    gateway.start(request)

    outcome = gateway.start(replace(request, amount=Money.parse("99.00", "EUR")))

    assert (outcome.status, outcome.code) == (Status.UNKNOWN, "idempotency_key_reused")


@pytest.mark.faults
@pytest.mark.parametrize(
    ("kind", "charges"),
    [("error_before", 0), ("error_after", 1), ("reply_lost", 1), ("request_lost", 0), ("slow", 1)],
)
def test_after_any_fault_the_answer_is_unknown(sandbox: SandboxAccount, kind: str, charges: int) -> None:
    # Long enough for a busy machine to get the question there, and too short for a slow answer alone.
    gateway = SandboxGateway({**sandbox.settings, "timeout": "1" if kind == "slow" else "20"})
    sandbox.misbehave(kind, seconds=5)

    outcome = gateway.start(asked())

    assert outcome.status is Status.UNKNOWN
    assert len(sandbox.get("/charges")["data"]) == charges


@pytest.mark.faults
def test_a_look_up_without_an_answer_is_unknown(sandbox: SandboxAccount, gateway: SandboxGateway) -> None:
    sandbox.misbehave("request_lost", scope="reads")

    outcome = gateway.look_up(key=uuid4(), reference="", subject=Subject.CHARGE)

    assert outcome.status is Status.UNKNOWN


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"base_url": "", "api_key": "k"}, "base_url"),
        ({"base_url": "ftp://x", "api_key": "k"}, "base_url"),
        ({"base_url": "http://", "api_key": "k"}, "base_url"),
        ({"base_url": "http://[", "api_key": "k"}, "base_url"),
        ({"base_url": "http://x", "api_key": ""}, "api_key"),
        ({"base_url": "http://x", "api_key": "a\nb"}, "api_key"),
        ({"base_url": "http://x", "api_key": "schlüssel"}, "api_key"),
        ({"base_url": "http://x", "api_key": "k", "timeout": "soon"}, "timeout"),
        ({"base_url": "http://x", "api_key": "k", "timeout": "0"}, "timeout"),
    ],
)
def test_settings_that_cannot_work_name_the_field(settings: dict[str, str], field: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        SandboxGateway(settings)

    assert list(caught.value.errors) == [field]


class _Stranger:
    """Something at the provider's address that is not the provider: answers with whatever bytes it is given."""

    def __init__(self) -> None:
        stranger = self
        self.status, self.body, self.length = 200, b"", -1

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(stranger.status)
                self.send_header(
                    "Content-Length", str(stranger.length if stranger.length >= 0 else len(stranger.body))
                )
                self.send_header("Location", "http://elsewhere.example/")
                self.end_headers()
                self.wfile.write(stranger.body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def stranger() -> Iterator[_Stranger]:
    stranger = _Stranger()
    thread = threading.Thread(target=stranger.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield stranger
    stranger.server.shutdown()
    stranger.server.server_close()
    thread.join()


STATUSES = (200, 201, 204, 302, 400, 401, 402, 404, 408, 409, 422, 429, 500, 502, 503)
BODIES = (b"", b"<html>", b"[]", b"null", b"{}", b'{"error": "no"}', b'{"error": {"code": 7}}', b"\xff")


def test_what_is_not_an_answer_in_the_providers_form_says_nothing(stranger: _Stranger) -> None:
    gateway = SandboxGateway({"base_url": stranger.url, "api_key": "k"})
    believed = []
    for stranger.status, stranger.body in itertools.product(STATUSES, BODIES):
        if stranger.status == 204:
            stranger.body = b""
        outcome = gateway.start(asked())
        if outcome.status is not Status.UNKNOWN:
            believed.append((stranger.status, stranger.body, outcome))

    assert believed == []


def test_an_answer_that_breaks_off_says_nothing(stranger: _Stranger) -> None:
    stranger.body, stranger.length = b'{"object": "charge", "status"', 5000
    gateway = SandboxGateway({"base_url": stranger.url, "api_key": "k"})

    assert gateway.start(asked()).status is Status.UNKNOWN


def test_a_page_is_closed_before_it_is_paid_and_not_after(
    sandbox: SandboxAccount, gateway: SandboxGateway
) -> None:
    left, request = gateway.start(asked()), asked()
    for _ in range(2):
        closed = gateway.close(key=left.key or uuid4(), reference=left.reference)
        assert (closed.status, closed.code, closed.key) == (Status.DECLINED, "canceled", left.key)
    paid = paid_with(sandbox, gateway, request, "4242 4242 4242 4242")
    late = gateway.close(key=request.key, reference=paid.reference)
    assert (late.status, late.amount) == (Status.SUCCEEDED, request.amount)
    assert gateway.close(key=uuid4(), reference="ch_none").status is Status.UNKNOWN
