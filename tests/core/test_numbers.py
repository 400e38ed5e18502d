from __future__ import annotations

import pytest

from allsquare.core.errors import InvalidInput
from allsquare.core.numbers import bic, iban, tax_id


@pytest.mark.parametrize(
    ("country", "given", "kept"),
    [
        ("DE", "DE 136.695 976", "DE136695976"),
        ("FR", "de136695976", "DE136695976"),  # registered in another member state
        ("US", "DE136695976", "DE136695976"),
        ("GR", "GR094259216", "EL094259216"),  # the Union writes Greece as EL
        ("DE", "136695976", "136695976"),  # without its prefix
        ("DE", "181/815/08155", "181/815/08155"),  # a small business without VAT
        ("GB", "GB 980 7806 84", "GB 980 7806 84"),
        ("CH", "CHE-107.787.577 MWST", "CHE-107.787.577 MWST"),
        ("NO", "NO 995 525 828 MVA", "NO 995 525 828 MVA"),
        ("BR", "390.533.447-05", "390.533.447-05"),  # a person
        ("US", "94-2404110", "94-2404110"),
        ("AQ", "whatever they say", "whatever they say"),
        ("DE", "", ""),
    ],
)
def test_numbers_that_follow_the_rules_are_kept(country: str, given: str, kept: str) -> None:
    assert tax_id(given, country) == kept


@pytest.mark.parametrize(
    ("country", "given"),
    [("DE", "DE136695975"), ("FR", "FR00000000000"), ("GB", "GB980780685"), ("CH", "CHE-107.787.578 MWST")],
)
def test_a_slip_of_the_finger_is_found(country: str, given: str) -> None:
    with pytest.raises(InvalidInput, match=f"not a tax number of {country}"):
        tax_id(given, country)


def test_bank_accounts() -> None:
    assert iban("de89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    assert bic("cobadeffxxx") == "COBADEFFXXX"
    assert iban("") == bic("") == ""
    with pytest.raises(InvalidInput, match="not an IBAN"):
        iban("DE89 3704 0044 0532 0130 01")
    with pytest.raises(InvalidInput, match="not a BIC"):
        bic("COBA")
