"""What strangers and providers get from the door for webhooks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from standardwebhooks import Webhook

from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.payments.models import GatewayAccount, InboxEvent
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.payments.services.receive import MAX_BODY
from tests.factories import make_organization

pytestmark = pytest.mark.django_db

SECRET = "whsec_" + "QUJD" * 8
NEWS = {
    "type": "charge.pending",
    "timestamp": "2026-01-31T09:30:00+00:00",
    "data": {"id": "ch_1", "metadata": {}},
}


@pytest.fixture
def account() -> GatewayAccount:
    settings = {"base_url": "http://127.0.0.1:1", "api_key": "sk_test", "webhook_secret": SECRET}
    return add_gateway_account(
        organization=make_organization(), gateway="sandbox", label="Sandbox", settings=settings, actor=SYSTEM
    )


def signed(body: str, *, name: str = "msg_1", age: timedelta = timedelta()) -> dict[str, str]:
    at = clock.now(None) - age
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(name, at, body),
    }


def deliver(
    account: GatewayAccount, body: str, headers: Mapping[str, str], *, gateway: str = "sandbox"
) -> HttpResponse:
    url = reverse("hooks:gateway", args=[gateway, account.id])
    client = Client(enforce_csrf_checks=True)
    return client.post(url, body, content_type="application/json", headers=dict(headers))  # type: ignore[return-value]  # the test client's response is one


def test_a_delivery_is_kept_once_and_answered_every_time(account: GatewayAccount) -> None:
    body = json.dumps(NEWS)
    answers = [deliver(account, body, signed(body)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [json.loads(answer.content)["new"] for answer in answers] == [True, False, False]
    (row,) = InboxEvent.objects.all()
    assert (row.external_id, row.kind, row.object_reference) == ("msg_1", "charge.pending", "ch_1")
    assert (row.organization_id, row.state) == (account.organization_id, "received")


def test_the_answer_is_small_and_sets_no_cookie(account: GatewayAccount) -> None:
    body = json.dumps(NEWS)
    answer = deliver(account, body, signed(body))
    assert len(answer.content) < 100
    assert not answer.cookies


def test_a_forged_delivery_is_refused_logged_and_not_kept(
    account: GatewayAccount, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(NEWS)
    good = signed(body)
    answer = deliver(account, body.replace("ch_1", "ch_2"), good)
    flipped = good["webhook-signature"][:-2] + ("A" if good["webhook-signature"][-2] != "A" else "B") + "="
    unsigned = deliver(account, body, {**good, "webhook-signature": flipped})
    assert [answer.status_code, unsigned.status_code] == [400, 400]
    assert json.loads(answer.content) == {"error": "delivery_refused"}
    assert not InboxEvent.objects.exists()
    assert caplog.text.count("delivery_refused from 127.0.0.1") == 2


def test_an_old_delivery_that_is_replayed_is_refused(account: GatewayAccount) -> None:
    body = json.dumps(NEWS)
    assert deliver(account, body, signed(body, age=timedelta(seconds=290))).status_code == 200
    assert deliver(account, body, signed(body, name="msg_2", age=timedelta(seconds=310))).status_code == 400
    assert InboxEvent.objects.count() == 1


def test_signed_nonsense_is_refused(account: GatewayAccount) -> None:
    for body in ("not json", "[]", "{}", '{"type": "charge.pending", "timestamp": "x", "data": {"id": 1}}'):
        assert deliver(account, body, signed(body)).status_code == 400
    assert not InboxEvent.objects.exists()


def test_an_endless_delivery_is_refused_before_it_is_read(account: GatewayAccount) -> None:
    body = json.dumps({**NEWS, "padding": "x" * MAX_BODY})
    assert deliver(account, body, signed(body)).status_code == 413
    assert not InboxEvent.objects.exists()


def test_accounts_that_are_not_there_give_no_hint(account: GatewayAccount) -> None:
    body = json.dumps(NEWS)
    off = deliver(account, body, signed(body), gateway="offline")
    account.id = uuid4()
    missing = deliver(account, body, signed(body))
    assert (off.status_code, missing.status_code) == (404, 404)
    assert off.content == missing.content


def test_a_disabled_account_still_hears_what_became_of_its_payments(account: GatewayAccount) -> None:
    GatewayAccount.objects.filter(organization=account.organization).update(enabled=False)
    body = json.dumps(NEWS)
    assert deliver(account, body, signed(body)).status_code == 200
    assert InboxEvent.objects.get().state == "received"


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_only_posts_are_taken(client: Client, account: GatewayAccount, method: str) -> None:
    answer = getattr(client, method)(reverse("hooks:gateway", args=["sandbox", account.id]))
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
