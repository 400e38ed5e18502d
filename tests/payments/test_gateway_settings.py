from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from allsquare.core.errors import FieldErrors
from allsquare.payments.gateway_settings import tidy_settings
from allsquare.payments.registry import adapter_class, adapter_names

OTHERS = [
    "https://pay.example:65979",  # 443 to a resolver that cuts it short
    "https://pay.example:b",
    "http://127.0.0.1:5432",
    "http://169.254.169.254",
    "http://[::1]:9090",
    "https://pay.example.attacker.example",
    "http://pay.example",
    "https://pay.example@attacker.example",
    "https://pay.example:8443",
]


def _given(address: str) -> dict[str, str]:
    return {
        "base_url": address,
        "api_key": "sk_1",
        "webhook_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }


@pytest.mark.parametrize("address", OTHERS)
def test_a_providers_address_is_one_that_the_operator_named(settings: Settings, address: str) -> None:
    settings.ALLSQUARE_PAYMENT_HOSTS = ["https://pay.example"]
    with pytest.raises(FieldErrors) as refused:
        tidy_settings(adapter_class("sandbox"), _given(address))
    assert set(refused.value.errors) == {"base_url"}


def test_the_operators_own_is_taken_on_any_port_that_they_named(settings: Settings) -> None:
    settings.ALLSQUARE_PAYMENT_HOSTS = ["https://pay.example", "http://127.0.0.1:*"]
    for address in ("https://pay.example", "http://127.0.0.1:9090"):
        assert tidy_settings(adapter_class("sandbox"), _given(address))["base_url"] == address
    with pytest.raises(FieldErrors):
        tidy_settings(adapter_class("sandbox"), _given("http://127.0.0.1:x@attacker.example"))


#: Of each provider what can be wrong with all of its settings together.
WRONG = {
    "stripe": {
        "api_key": "pk_1",
        "publishable_key": "sk_1",
        "entry": "nowhere",
        "transfer_currencies": "CHF",
        "transfer_country": "AT",
        "base_url": "ftp://x",
    },
    "gocardless": {"access_token": "x", "base_url": "ftp://x"},
    "paypal": {"client_id": "a b", "client_secret": "", "environment": "moon", "base_url": "ftp://x"},
    "sandbox": {"base_url": "ftp://x", "api_key": "ü", "webhook_secret": "", "timeout": "never"},
    "bank_transfer": {
        "holder": "",
        "iban": "DE12",
        "bic": "?",
        "account": "x" * 2_001,
        "currencies": "XYZ",
        "days": "0",
    },
}


@pytest.mark.parametrize("gateway", WRONG)
def test_all_that_is_wrong_is_told_at_once(gateway: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        tidy_settings(adapter_class(gateway), WRONG[gateway])
    assert refused.value.errors.keys() == WRONG[gateway].keys()


@pytest.mark.parametrize("gateway", [name for name in adapter_names() if name != "offline"])
def test_of_a_form_that_came_empty_each_needed_field_is_named(gateway: str) -> None:
    adapter = adapter_class(gateway)
    needed = {field.name for field in adapter.settings_schema if field.required}
    with pytest.raises(FieldErrors) as refused:
        tidy_settings(adapter, {})
    assert refused.value.errors.keys() >= needed
