"""Addresses that no person types are answered, not crashed on."""

from __future__ import annotations

import pytest
from django.test import Client


@pytest.mark.parametrize(
    "address",
    ["/invoices/?q=%00&state=zz", "/payments/?state=%00", "/search/?q=%00%00", "/customers/?search=a%00b"],
)
def test_a_nul_in_the_query_is_a_bad_request(owner: Client, address: str) -> None:
    answer = owner.get(address)
    assert answer.status_code == 400
    assert "could not be understood" in answer.text


@pytest.mark.parametrize("address", ["/invoices/a%00/", "/pay/%00/", "/%00", "/payments/?q=a%2500%00"])
def test_a_nul_in_the_path_is_a_bad_request(owner: Client, address: str) -> None:
    assert owner.get(address).status_code == 400


def test_percent_signs_are_only_text(owner: Client) -> None:
    assert owner.get("/invoices/?q=%2500").status_code == 200
