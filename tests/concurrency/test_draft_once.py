"""An editor saves itself twice at the same moment, or somebody presses twice: it is one draft."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from allsquare.billing.models import Invoice
from allsquare.billing.services import duplicate as duplicating
from allsquare.billing.services import keep_draft as keeping
from allsquare.core.actor import SYSTEM
from allsquare.customers.models import Customer
from allsquare.customers.services import create_customer as entering
from allsquare.identity.models import Organization
from tests.billing.makers import PLAIN, draft
from tests.concurrency.races import at_once, failures, succeeded

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

PRESSES = 8


def at_its_own_risk(
    *, work: Callable[[], dict[str, object]], **_given: Any
) -> tuple[dict[str, object], bool]:
    """The control: no key is looked at."""
    return work(), False


def save_at_once(organization: Organization, customer: Customer) -> list[Invoice | Exception]:
    save = partial(
        keeping.keep_draft,
        organization=organization,
        key="editor-1",
        customer_id=customer.id,
        lines=[PLAIN],
        actor=SYSTEM,
    )
    return at_once([save] * PRESSES)


def test_savings_at_once_are_one_draft(organization: Organization, customer: Customer) -> None:
    answers = save_at_once(organization, customer)
    assert not failures(answers)
    assert len({invoice.id for invoice in succeeded(answers)}) == 1
    assert Invoice.objects.get(organization=organization).lines.count() == 1


def test_control_without_the_key_each_saving_is_a_draft(
    organization: Organization, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "once", at_its_own_risk)
    save_at_once(organization, customer)
    assert Invoice.objects.filter(organization=organization).count() == PRESSES


def test_copies_at_once_are_one(organization: Organization, customer: Customer) -> None:
    original = draft(organization, customer, PLAIN)
    press = partial(
        duplicating.duplicate,
        organization=organization,
        invoice_id=original.id,
        key="press-1",
        actor=SYSTEM,
    )
    answers = at_once([press] * PRESSES)
    assert not failures(answers)
    assert Invoice.objects.filter(organization=organization).count() == 2


def test_a_customer_entered_at_once_is_one(organization: Organization) -> None:
    enter = partial(
        entering.create_customer,
        organization=organization,
        name="New & Co",
        email="new@example.com",
        key="dialog-1",
        actor=SYSTEM,
    )
    answers = at_once([enter] * PRESSES)
    assert not failures(answers)
    assert Customer.objects.filter(organization=organization).count() == 1


def test_control_without_the_key_each_press_enters_one(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entering, "once", at_its_own_risk)
    enter = partial(
        entering.create_customer, organization=organization, name="New & Co", key="dialog-1", actor=SYSTEM
    )
    at_once([enter] * PRESSES)
    assert Customer.objects.filter(organization=organization).count() == PRESSES
