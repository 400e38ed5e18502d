"""A payer on a slow phone should not wait: everything that a page loads stays under 100 KB."""

from __future__ import annotations

import gzip
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as live_settings
from django.test import Client
from pytest_django.fixtures import Settings

from allsquare.billing.lines import LineInput
from allsquare.billing.services.create_draft import create_draft
from allsquare.billing.services.issue import issue
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from allsquare.web.ui.static_build import ensure_static
from tests.web.portal.conftest import Payer, payer_of

pytestmark = pytest.mark.django_db

_LOADED = re.compile(r'(?:src|href)="/static/([^"]+)"')


def test_the_whole_page_goes_over_the_wire_in_less_than_100_kilobytes(
    payer: Payer, settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **live_settings.STORAGES,
        "staticfiles": {"BACKEND": "allsquare.web.ui.storage.StaticStorage"},
    }
    ensure_static()
    html = payer.open().html
    names = _LOADED.findall(html)
    assert len(names) >= 6
    # Pages themselves are not compressed (a page that holds a secret should not be), static files are.
    sizes = {name: len(gzip.compress((tmp_path / "static" / name).read_bytes())) for name in names}
    total = len(html.encode()) + sum(sizes.values())
    assert total < 100_000, sizes
    assert len(html.encode()) < 30_000


def test_an_invoice_with_a_thousand_lines_is_still_light(
    client: Client, account: GatewayAccount, organization: Organization, customer: Customer
) -> None:
    line = LineInput(
        description="Call to Łódź",
        quantity=Decimal(1),
        unit_price=Decimal("0.05"),
        tax_category="Z",
        tax_percent=Decimal(0),
    )
    draft = create_draft(
        organization=organization, customer_id=customer.id, lines=[line] * 1000, actor=SYSTEM
    )
    (invoice,) = issue(organization=organization, invoice_ids=[draft.id], actor=SYSTEM)
    page = payer_of(invoice, client).open()
    assert "960 more lines are in the PDF." in page.text
    assert "Pay €50.00" in page.text
    assert len(page.html.encode()) < 30_000
