from __future__ import annotations

from dataclasses import replace

import pytest

from allsquare.billing.documents.facts import Logo
from tests.billing.documents.samples import INVOICE


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "pay.example/p/1", "file:///etc/passwd", " https://x"]
)
def test_only_web_addresses_can_be_clicked(address: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        replace(INVOICE, pay_url=address)


def test_a_logo_is_of_a_known_type() -> None:
    with pytest.raises(ValueError, match="image/svg"):
        Logo(data=b"GIF89a", media_type="image/gif")
