"""What of a network address stands for one household."""

from __future__ import annotations

import pytest

from allsquare.core.networks import neighbourhood


@pytest.mark.parametrize(
    ("address", "stands_for"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("no address", "no address"),
        ("", ""),
    ],
)
def test_an_address_stands_for_its_household(address: str, stands_for: str) -> None:
    assert neighbourhood(address) == stands_for
