from __future__ import annotations

from allsquare.billing.models import NumberSeries
from allsquare.billing.numbering import take_numbers
from allsquare.identity.models import Organization
from tests.factories import make_organization


def test_numbers_go_up_by_one_in_each_series(organization: Organization) -> None:
    assert take_numbers(organization, count=2).read() == ["INV-00001", "INV-00002"]
    assert take_numbers(organization, count=1).read() == ["INV-00003"]
    assert take_numbers(organization, count=1, kind="credit_note").read() == ["CN-00001"]
    assert take_numbers(make_organization(), count=1).read() == ["INV-00001"]
    assert take_numbers(organization, count=0).read() == []


def test_prefix_width_and_start_are_the_series_own(organization: Organization) -> None:
    NumberSeries.objects.create(
        organization=organization, kind="invoice", prefix="2026/", next_number=98, width=3
    )
    assert take_numbers(organization, count=4).read() == ["2026/098", "2026/099", "2026/100", "2026/101"]
