"""The books speak the organization's language, whoever books."""

from __future__ import annotations

import pgtrigger
import pytest
from django.utils import translation

from allsquare.core.actor import SYSTEM
from allsquare.ledger import memos
from allsquare.ledger.models import Account
from allsquare.ledger.services.open_books import open_books
from tests.factories import make_organization


def test_memos() -> None:
    with translation.override("en"):
        memo = memos.of_invoice("RE-1", language="de-AT")
        assert memos.of_reversal(memo, language="de") == "Aufhebung: Rechnung RE-1"
        assert memos.of_reversal("", language="de") == ""
        assert memos.of_invoice("RE-1", language="fr") == "Invoice RE-1"


@pytest.mark.django_db
def test_the_chart_of_a_german_organization_is_german() -> None:
    organization = make_organization(language="de")
    with pgtrigger.ignore("ledger.Account:keep"):
        Account.objects.filter(organization=organization).delete()
    with translation.override("en"):
        open_books(organization=organization, actor=SYSTEM)
    names = Account.objects.filter(organization=organization).values_list("code", "name")
    assert dict(names)["1200"] == "Forderungen"
    assert dict(names)["4000"] == "Umsatzerlöse"
