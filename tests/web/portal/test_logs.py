from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from allsquare.core.ids import new_token
from allsquare.web.portal.logs import WithoutLinks
from tests.web.portal.conftest import Payer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("known", [True, False])
def test_a_link_that_fails_is_logged_without_its_secret(client: Client, payer: Payer, known: bool) -> None:
    token = payer.link.split("/")[2] if known else new_token()
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(WithoutLinks())
    logging.getLogger("django.request").addHandler(handler)
    try:
        assert client.get(f"/pay/{token}/logo").status_code == 404
    finally:
        logging.getLogger("django.request").removeHandler(handler)
    assert written.getvalue() == "Not Found: /pay/…/logo\n"


def test_the_key_to_a_payment_at_its_provider_is_not_logged_either() -> None:
    address = (
        "/buy/coffee/sale/x/?payment_intent=pi_1&payment_intent_client_secret=pi_1_s&redirect_status=failed"
    )
    record = logging.LogRecord("x", logging.WARNING, "", 0, "Not Found: %s", (address,), None)
    assert WithoutLinks().filter(record)
    shown = "payment_intent=pi_1&payment_intent_client_secret=…&redirect_status=failed"
    assert record.getMessage() == f"Not Found: /buy/coffee/sale/x/?{shown}"


def test_the_handler_that_writes_has_the_filter() -> None:
    logging_settings: Any = settings.LOGGING
    assert logging_settings["handlers"]["console"]["filters"] == ["links"]
    assert import_string(logging_settings["filters"]["links"]["()"]) is WithoutLinks
