"""A door speaks the browser's language whole, or not at all."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_payers_door_speaks_the_browsers_language() -> None:
    answer = Client(headers={"accept-language": "de"}).get("/pay/nowhere-nowhere-nowhere/")
    assert answer.status_code == 404
    assert answer.headers["Content-Language"] == "de"


def test_the_sign_in_stays_in_english() -> None:
    answer = Client(headers={"accept-language": "de"}).get("/accounts/login/")
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "en"
    assert "Anmelden" not in answer.text
