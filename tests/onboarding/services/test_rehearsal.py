"""A rehearsal: practice money, time that passes, and the start for real."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from allsquare.billing.models import Invoice
from allsquare.billing.services.change_numbering import change_numbering
from allsquare.catalog.models import Item
from allsquare.core import clock
from allsquare.core.actor import SYSTEM, Actor, ActorKind
from allsquare.core.errors import PermissionDenied
from allsquare.core.models import Event
from allsquare.customers.models import Contact, Customer
from allsquare.identity.errors import NotInRehearsal
from allsquare.identity.models import Membership, Organization, Person
from allsquare.identity.roles import Role
from allsquare.identity.services.change_logo import change_logo
from allsquare.identity.services.move_clock import Stride
from allsquare.onboarding import practice
from allsquare.onboarding.errors import NoPracticeProvider, PracticeProviderSilent
from allsquare.onboarding.newcomer import NewOrganization
from allsquare.onboarding.services.begin_practice import begin_practice
from allsquare.onboarding.services.connect_practice_provider import connect_practice_provider
from allsquare.onboarding.services.move_time import move_time
from allsquare.onboarding.services.sign_up import sign_up
from allsquare.onboarding.services.start_for_real import start_for_real
from allsquare.payments.errors import RealMoneyInRehearsal
from allsquare.payments.models import GatewayAccount
from allsquare.payments.registry import adapter
from allsquare.payments.selectors import account_settings
from allsquare.payments.services.add_gateway_account import add_gateway_account
from allsquare.tax.models import TaxRate
from tests.factories import make_customer, make_organization, make_person
from tests.sandbox_process import OWNER_KEY, SandboxProcess
from tests.web.console.world import World

pytestmark = pytest.mark.django_db

NEW = NewOrganization("Harbour", "DE", "EUR", "Europe/Berlin", "de")


@pytest.fixture
def at_hand(settings: Settings, sandbox_process: SandboxProcess) -> None:
    settings.ALLSQUARE_SANDBOX_URL = sandbox_process.base_url
    settings.ALLSQUARE_SANDBOX_KEY = OWNER_KEY
    settings.ALLSQUARE_SANDBOX_HOOKS = "http://127.0.0.1:9"
    settings.ALLSQUARE_OPEN_SIGN_UP = "always"


def member(organization: Organization, role: Role = Role.OWNER) -> tuple[Person, Actor]:
    person = make_person(name=role.label)
    Membership.objects.create(organization=organization, person=person, role=role, created_at=clock.now(None))
    return person, Actor(ActorKind.PERSON, str(person.id), str(person), role, organization.id)


def signed_up() -> tuple[Person, Organization]:
    return sign_up(email="ada@harbour.example", name="Ada", password="a long pass phrase", organization=NEW)


def test_who_signs_up_begins_in_rehearsal_where_a_provider_is_at_hand(at_hand: None) -> None:
    person, organization = signed_up()
    assert organization.rehearsal
    begin_practice(organization=organization, owner=person)
    account = GatewayAccount.objects.get(organization=organization, gateway="sandbox")
    assert adapter(account).check().works
    api_key = account_settings(organization, account)["api_key"]
    told = practice.ask("GET", "/v1/account", api_key=api_key)
    assert told["webhook_url"] == f"http://127.0.0.1:9/hooks/sandbox/{account.id}/"
    begin_practice(organization=organization, owner=person)
    assert GatewayAccount.objects.filter(organization=organization, gateway="sandbox").count() == 1


def test_without_a_provider_it_is_real_at_once(settings: Settings) -> None:
    settings.ALLSQUARE_OPEN_SIGN_UP = "always"
    person, organization = signed_up()
    assert not organization.rehearsal
    begin_practice(organization=organization, owner=person)
    assert not GatewayAccount.objects.filter(organization=organization, gateway="sandbox").exists()


def test_a_silent_provider_keeps_nobody_from_signing_up(at_hand: None, settings: Settings) -> None:
    settings.ALLSQUARE_SANDBOX_URL = "http://127.0.0.1:1"
    person, organization = signed_up()
    begin_practice(organization=organization, owner=person)
    _, actor = member(organization)
    with pytest.raises(PracticeProviderSilent):
        connect_practice_provider(organization=organization, actor=actor)


def test_practice_is_for_rehearsals_and_needs_a_provider(at_hand: None, settings: Settings) -> None:
    with pytest.raises(NotInRehearsal):
        connect_practice_provider(organization=make_organization(), actor=SYSTEM)
    settings.ALLSQUARE_SANDBOX_URL = ""
    with pytest.raises(NoPracticeProvider):
        connect_practice_provider(organization=make_organization(rehearsal=True), actor=SYSTEM)


def test_no_real_provider_is_connected_to_a_rehearsal(settings: Settings) -> None:
    settings.ALLSQUARE_GATEWAYS = {"real": "tests.onboarding.services.real.RealGateway"}
    with pytest.raises(RealMoneyInRehearsal, match="Start for real first"):
        add_gateway_account(
            organization=make_organization(rehearsal=True),
            gateway="real",
            label="Bank",
            settings={},
            actor=SYSTEM,
        )
    real = make_organization()
    add_gateway_account(organization=real, gateway="real", label="Bank", settings={}, actor=SYSTEM)
    assert GatewayAccount.objects.filter(organization=real, gateway="real").exists()


def test_the_provider_keeps_step_with_the_clock(at_hand: None) -> None:
    person, organization = signed_up()
    begin_practice(organization=organization, owner=person)
    actor = Actor(ActorKind.PERSON, str(person.id), str(person), Role.OWNER, organization.id)
    api_key = account_settings(organization, GatewayAccount.objects.get(gateway="sandbox"))["api_key"]
    before = practice.ask("POST", "/control/clock", api_key=api_key)["clock"]
    assert move_time(organization=organization, stride=Stride.WEEK, seen=timedelta(0), actor=actor)
    after = practice.ask("POST", "/control/clock", api_key=api_key)["clock"]
    assert after[:10] > before[:10]


def furnished() -> tuple[World, Person, Actor]:
    """A rehearsal in which much was tried."""
    world = World(
        make_organization(name="Harbour & Pine", rehearsal=True, street="Kai 1", brand_color="#aa3300")
    )
    change_numbering(
        organization=world.organization, begins_with="R-", width=3, next_number=118, actor=SYSTEM
    )
    change_logo(organization=world.organization, data=b"<svg/>", media_type="image/svg+xml", actor=SYSTEM)
    world.item()
    Contact.objects.create(
        organization=world.organization, customer=world.customer, name="Kim", created_at=clock.now(None)
    )
    make_customer(world.organization, name="Gone", archived_at=clock.now(None))
    world.paid(world.issued())
    member(world.organization, Role.ACCOUNTANT)
    return world, *member(world.organization)


def test_all_that_was_set_up_comes_along_and_no_document(at_hand: None) -> None:
    world, owner, actor = furnished()
    real = start_for_real(organization=world.organization, owner=owner, actor=actor)
    assert real.id != world.organization.id
    assert not real.rehearsal
    assert real.clock_offset == timedelta(0)
    assert (real.name, real.street, real.brand_color) == ("Harbour & Pine", "Kai 1", "#aa3300")
    assert bytes(real.logo) == b"<svg/>"
    assert [c.name for c in Customer.objects.filter(organization=real)] == [world.customer.name]
    assert [c.customer.name for c in Contact.objects.filter(organization=real)] == [world.customer.name]
    assert [i.name for i in Item.objects.filter(organization=real)] == ["Consulting"]
    assert [r.name for r in TaxRate.objects.filter(organization=real)] == ["VAT 19 %"]
    roles = Membership.objects.filter(organization=real).values_list("role", flat=True)
    assert sorted(roles) == ["accountant", "owner"]
    assert not Invoice.objects.filter(organization=real).exists()
    gateways = GatewayAccount.objects.filter(organization=real).values_list("gateway", flat=True)
    assert list(gateways) == ["offline"]
    fresh = World.__new__(World)
    fresh.organization, fresh.customer = real, Customer.objects.get(organization=real)
    assert fresh.issued().number == "R-118"
    assert Invoice.objects.filter(organization=world.organization).count() == 1


def test_pressed_twice_there_is_one(at_hand: None) -> None:
    world, owner, actor = furnished()
    made = {start_for_real(organization=world.organization, owner=owner, actor=actor).id for _ in range(3)}
    assert len(made) == 1
    assert Event.objects.filter(kind="organization.started_for_real").count() == 1


def test_only_an_owner_of_a_rehearsal_starts_for_real() -> None:
    rehearsal, real = make_organization(rehearsal=True), make_organization()
    administrator, actor = member(rehearsal, Role.ADMINISTRATOR)
    with pytest.raises(PermissionDenied):
        start_for_real(organization=rehearsal, owner=administrator, actor=actor)
    owner, actor = member(real)
    with pytest.raises(NotInRehearsal):
        start_for_real(organization=real, owner=owner, actor=actor)
    with pytest.raises(PermissionDenied):  # an owner elsewhere
        start_for_real(organization=rehearsal, owner=owner, actor=actor)
