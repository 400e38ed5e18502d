"""Nothing crosses organizations, and nobody does what their role does not allow: every route, both questions."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from allsquare.billing.models import Invoice
from allsquare.core.models import Event
from allsquare.identity.permissions import ROLE_PERMISSIONS
from allsquare.identity.roles import Role
from allsquare.ledger.selectors import journal
from allsquare.payments.models import Attention, InboxEvent
from allsquare.tax.selectors import list_rates
from tests.factories import make_organization, make_person
from tests.undone import undone
from tests.web.console.routes import ROUTES, WITH_IDS, Route
from tests.web.console.world import World, editor_data

NAMES = [route.name for route in ROUTES]


def ids_of(world: World) -> dict[str, UUID]:
    """One thing of each kind that an address may name."""
    issued = world.issued()
    payment = world.paid(world.issued())
    entry = journal(world.organization)[0]
    dispute = world.dispute(payment)
    return {
        "invoice_id": issued.id,
        "customer_id": world.customer.id,
        "item_id": world.item().id,
        "credit_note_id": world.credit_note().id,
        "method_id": world.saved_method().id,
        "payout_id": world.payout().id,
        "listed_movement_id": world.listed_movement().id,
        "movement_id": world.movement().id,
        "dispute_id": dispute.id,
        "refund_id": world.refund(payment).id,
        "file_id": world.evidence(dispute).id,
        "link_id": world.payment_link().id,
        "payment_id": payment.id,
        "entry_id": entry.id,
        "listed_id": world.listed().id,
        "account_id": entry.lines.all()[0].account_id,
        "mail_id": world.mail(issued).id,
        "delivery_id": world.delivery().id,
        "trouble_id": world.trouble().id,
        "export_id": world.export().id,
        "batch_id": world.batch().id,
        "task_id": world.task(payment.id).id,
        "membership_id": world.membership().id,
        "invitation_id": world.invitation().id,
        "contact_id": world.contact().id,
        "note_id": world.note().id,
        "gateway_id": world.account.id,
        "inquiry_id": world.inquiry().id,
        "tax_rate_id": list_rates(world.organization)[0].id,
        "route_id": world.route().id,
        "group_id": world.group().id,
        "period_id": world.closed_period().id,
    }


@pytest.fixture
def foreign(db: None) -> dict[str, UUID]:
    """Ids of another organization's things."""
    return ids_of(World(make_organization(name="Somebody Else")))


@pytest.fixture(scope="module")
def neighbours(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[Client, dict[str, UUID]]]:
    """The browser of an owner, and ids of another organization's things."""
    with django_db_blocker.unblock(), undone():
        yield World().client(), ids_of(World(make_organization(name="Somebody Else")))


@pytest.mark.parametrize("route", WITH_IDS, ids=lambda route: route.name)
def test_another_organizations_id_is_as_unknown_as_any(
    route: Route, neighbours: tuple[Client, dict[str, UUID]], db: None
) -> None:
    owner, foreign = neighbours
    assert set(route.arguments) <= foreign.keys()
    for ask in (owner.get, owner.post):
        known_elsewhere, known_nowhere = ask(route.url(foreign)), ask(route.url())
        if known_elsewhere.status_code == 405:
            assert known_nowhere.status_code == 405
            continue
        assert known_elsewhere.status_code == known_nowhere.status_code == 404
        assert _sentence(known_elsewhere.content) == _sentence(known_nowhere.content)


def _sentence(page: bytes) -> bytes:
    """The page without the id of the request."""
    return page.split(b"plain-code")[0]


def test_nothing_of_the_other_organization_changed(
    world: World, owner: Client, foreign: dict[str, UUID]
) -> None:
    before = Event.objects.count()
    for route in WITH_IDS:
        owner.post(route.url(foreign), {"reason": "x", "amount": "1", "key": "k"})
    assert Event.objects.count() == before
    assert Invoice.objects.get(id=foreign["invoice_id"]).state == "issued"
    assert Attention.objects.get(id=foreign["task_id"]).resolved_at is None
    assert InboxEvent.objects.get(id=foreign["delivery_id"]).state == "parked"


def test_a_draft_for_another_organizations_customer_is_refused(
    world: World, owner: Client, foreign: dict[str, UUID]
) -> None:
    row = {"description": "Work", "unit_price": "10"}
    response = owner.post(reverse("console:invoice_new"), editor_data(foreign["customer_id"], row))
    assert response.status_code == 422
    assert not Invoice.objects.filter(organization=world.organization).exists()


def test_a_line_with_another_organizations_item_is_refused(
    world: World, owner: Client, foreign: dict[str, UUID]
) -> None:
    row = {"description": "Work", "unit_price": "10", "item": str(foreign["item_id"])}
    response = owner.post(reverse("console:invoice_new"), editor_data(world.customer.id, row))
    assert response.status_code == 422
    assert not Invoice.objects.filter(organization=world.organization).exists()


@pytest.mark.parametrize("role", list(Role))
def test_a_role_sees_what_it_may_and_is_refused_the_rest_and_who_tried_it_is_logged(
    role: Role, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever way they tried: by looking and by sending."""
    ids = ids_of(world)
    client = world.client(role)
    person = client.session["_auth_user_id"]
    refused = [route for route in ROUTES if route.permission not in ROLE_PERMISSIONS[role]]
    assert role is not Role.VIEWER or len(refused) > 20
    for route in ROUTES:
        if route not in refused:
            for ask in (client.get, client.post):
                assert ask(route.url(ids)).status_code != 403, (role, route.name)
            continue
        for ask in (
            client.get,
            client.post,
            client.head,
            client.put,
            client.patch,
            client.delete,
            client.options,
        ):
            caplog.clear()
            status = ask(route.url(ids)).status_code
            assert status in (403, 405), (role, route.name, status)
            if status == 405:
                continue
            said = [line.getMessage() for line in caplog.records if line.name == "allsquare.web.ui.errors"]
            told = [f"person {person}" in line and "permission_denied" in line for line in said]
            assert told == [True], (route.name, ask)


def test_every_permission_that_a_page_asks_for_is_refused_to_somebody() -> None:
    """The twin of the test above: it would pass for pages that ask for nothing."""
    for permission in {route.permission for route in ROUTES} - ROLE_PERMISSIONS[Role.VIEWER]:
        assert any(permission not in allowed for allowed in ROLE_PERMISSIONS.values())


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_strangers_are_led_to_the_sign_in(route: Route, db: None) -> None:
    for ask in (Client().get, Client().post):
        response = ask(route.url())
        assert response.status_code in (302, 405)
        if response.status_code == 302:
            assert response["Location"].startswith(reverse("account_login"))


def test_a_person_without_an_organization_is_told_so(db: None) -> None:
    client = Client()
    client.force_login(make_person())
    response = client.get(reverse("console:home"))
    assert response.status_code == 403
    assert "belong to no organization here" in response.text
    assert f'action="{reverse("account_logout")}"' in response.text


def test_pages_offer_only_what_the_role_may_do(world: World) -> None:
    invoice = world.issued()
    url = reverse("console:invoice", args=[invoice.id])
    viewer, accountant = world.client(Role.VIEWER), world.client(Role.ACCOUNTANT)
    seen, done = viewer.get(url).content.decode(), accountant.get(url).content.decode()
    for words in ("Record payment", "Void invoice", "What this did"):
        assert words in done
        assert words not in seen
    assert "Trial balance" not in viewer.get(reverse("console:home")).content.decode()


def test_who_types_the_address_of_a_button_is_told_in_words(world: World, owner: Client) -> None:
    response = owner.get(reverse("console:invoice_delete", args=[world.draft().id]))
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "This address only does what a button asks of it" in response.content.decode()
