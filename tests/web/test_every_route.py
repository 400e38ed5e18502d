"""Every address says who may come to it, and nobody else gets in. The pages of the console are asked one by one in
``console/test_access.py``; here are the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from allsquare.billing.links import pay_url
from allsquare.core import clock
from allsquare.core.actor import SYSTEM
from allsquare.core.ids import new_token
from allsquare.core.models import Event
from allsquare.identity.roles import Role
from allsquare.identity.services.withdraw_invitation import withdraw_invitation
from allsquare.payments.models import MethodLink
from allsquare.payments.services.ask_method_link import ask_method_link
from tests.factories import make_organization, make_person
from tests.web.console.world import World
from tests.web.table import Route, routes

#: Other in every answer.
_MASK = re.compile(r'(?<=name="csrfmiddlewaretoken" value=")\w+')


class Who(StrEnum):
    """Who may come to an address that asks for no permission."""

    ANYBODY = "anybody"
    PERSON = "whoever is signed in, of any organization or of none"
    LINK = "whoever has the payer's link"
    OWNER = "whoever has the link that was mailed to a customer"
    SHOP = "whoever has the address of a payment link, which hangs on walls"
    LETTER = "whoever has the link of a mail"
    INVITED = "whoever has the link of an invitation"
    SIGN_ON = "whoever comes from the provider of single sign-on"
    PROVIDER = "a provider, by its signature"
    LOOKS = "anybody: a colour is no secret"
    DEVELOPER = "nobody but a developer (DEBUG)"


AUDIENCE: Final[Mapping[str, Who]] = {
    "portal:pay": Who.LINK,
    "portal:back": Who.LINK,
    "portal:payment": Who.LINK,
    "portal:enter": Who.LINK,
    "portal:stop": Who.LINK,
    "portal:invoice_pdf": Who.LINK,
    "portal:credit_note_pdf": Who.LINK,
    "portal:receipt_pdf": Who.LINK,
    "portal:logo": Who.LINK,
    "portal:methods_ask": Who.LINK,
    "portal:open_ask": Who.LINK,
    "portal:open": Who.OWNER,
    "portal:open_logo": Who.OWNER,
    "portal:open_back": Who.OWNER,
    "portal:open_payment": Who.OWNER,
    "portal:open_enter": Who.OWNER,
    "portal:open_stop": Who.OWNER,
    "portal:open_receipt_pdf": Who.OWNER,
    "portal:methods": Who.OWNER,
    "portal:method_first": Who.OWNER,
    "portal:method_remove": Who.OWNER,
    "portal:method_agree": Who.OWNER,
    "portal:method_end": Who.OWNER,
    "portal:method_stop": Who.OWNER,
    "buy:page": Who.SHOP,
    "buy:logo": Who.SHOP,
    "buy:sale": Who.SHOP,
    "buy:enter": Who.SHOP,
    "hooks:gateway": Who.PROVIDER,
    "ui:healthy": Who.ANYBODY,
    "ui:manifest": Who.ANYBODY,
    "ui:offline": Who.ANYBODY,
    "ui:worker": Who.ANYBODY,
    "ui:brand": Who.LOOKS,
    "ui:gallery": Who.DEVELOPER,
    "ui:gallery_payer": Who.DEVELOPER,
    "ui:gallery_error": Who.DEVELOPER,
    "account_login": Who.ANYBODY,
    "account_logout": Who.ANYBODY,
    "account_help": Who.ANYBODY,
    "account_inactive": Who.ANYBODY,
    "account_signup": Who.ANYBODY,
    "account_reset_password": Who.ANYBODY,
    "account_reset_password_done": Who.ANYBODY,
    "account_reset_password_from_key": Who.LETTER,
    "account_reset_password_from_key_done": Who.ANYBODY,
    "account_reauthenticate": Who.PERSON,
    "account_change_password": Who.PERSON,
    "account_set_password": Who.PERSON,
    "account_invitation": Who.INVITED,
    "account_profile": Who.PERSON,
    "account_session_end": Who.PERSON,
    "account_sessions_end": Who.PERSON,
    "account_new_organization": Who.PERSON,
    "account_switch_organization": Who.PERSON,
    "mfa_index": Who.PERSON,
    "mfa_activate_totp": Who.PERSON,
    "mfa_deactivate_totp": Who.PERSON,
    "mfa_add_webauthn": Who.PERSON,
    "mfa_edit_webauthn": Who.PERSON,
    "mfa_list_webauthn": Who.PERSON,
    "mfa_remove_webauthn": Who.PERSON,
    "mfa_reauthenticate": Who.PERSON,
    "mfa_reauthenticate_webauthn": Who.PERSON,
    "mfa_generate_recovery_codes": Who.PERSON,
    "mfa_view_recovery_codes": Who.PERSON,
    "mfa_download_recovery_codes": Who.PERSON,
    "mfa_authenticate": Who.ANYBODY,  # half way through the sign-in, else led back to it
    "mfa_login_webauthn": Who.ANYBODY,
    "openid_connect_login": Who.SIGN_ON,
    "openid_connect_callback": Who.SIGN_ON,
    "socialaccount_login_cancelled": Who.ANYBODY,
    "socialaccount_login_error": Who.ANYBODY,
    "set_language": Who.ANYBODY,
}


def of(who: Who) -> list[Route]:
    return [route for route in routes() if AUDIENCE.get(route.name) is who]


def test_every_address_says_who_may_come() -> None:
    """A new one must ask for a permission (``staff``) or be entered above, and what is gone must leave it."""
    silent = {route.name for route in routes() if route.permission is None}
    assert silent == AUDIENCE.keys()


@pytest.mark.parametrize("route", of(Who.ANYBODY), ids=lambda route: route.name)
def test_anybody_may_come_where_nothing_is_shown(route: Route, db: None) -> None:
    assert Client().get(route.url()).status_code in (200, 302, 401, 405)


@pytest.mark.parametrize("route", of(Who.PERSON), ids=lambda route: route.name)
def test_a_persons_own_pages_lead_strangers_to_the_sign_in(route: Route, db: None) -> None:
    for ask in (Client().get, Client().post):
        response = ask(route.url({"pk": 1}))
        assert response.status_code in (302, 405)
        if response.status_code == 302:
            assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("route", of(Who.DEVELOPER), ids=lambda route: route.name)
def test_the_gallery_is_shut(route: Route, db: None) -> None:
    assert Client().get(route.url({"status": 500})).status_code == 404


@pytest.mark.parametrize("role", [None, *Role])
def test_nobody_goes_over_to_an_organization_that_is_not_theirs(role: Role | None, db: None) -> None:
    foreign, home = World(make_organization(name="Somebody Else")), World()
    client = home.client(role) if role else Client()
    if role is None:
        client.force_login(make_person())
    client.post(reverse("account_switch_organization"), {"organization": str(foreign.organization.id)})
    page = client.get(reverse("console:invoice", args=[foreign.issued().id]))
    assert page.status_code == (404 if role else 403)
    assert b"Somebody Else" not in page.content


@pytest.fixture
def world(db: None) -> World:
    return World()


def answers(route: Route, ids: Mapping[str, object]) -> list[tuple[int, str]]:
    """Status and text of what a stranger with these ids is told, by reading and by sending."""
    client = Client()
    found = [ask(route.url(ids)) for ask in (client.get, client.post)]
    return [(each.status_code, _without_request(each.content.decode(errors="replace"))) for each in found]


def _without_request(text: str) -> str:
    return text.split("plain-code")[0]


@pytest.mark.parametrize("route", of(Who.LINK), ids=lambda route: route.name)
def test_a_wrong_link_leads_nowhere_whatever_else_is_right(route: Route, world: World) -> None:
    payment = world.paid(world.issued())
    wrong = {"token": "x" * 22, "mark": "succeeded"}
    known, unknown = (answers(route, {**wrong, "payment_id": each}) for each in (payment.id, uuid4()))
    assert known == unknown
    assert {status for status, _ in known} <= {404, 405}


@pytest.mark.parametrize(
    "route", [each for each in of(Who.LINK) if "payment_id" in each.arguments], ids=lambda route: route.name
)
def test_a_good_link_shows_no_other_payment(route: Route, world: World) -> None:
    """Of another invoice of the same customer, and of another organization: each as unknown as any."""
    token = urlsplit(pay_url(world.organization, world.issued())).path.strip("/").split("/")[1]
    elsewhere = World(make_organization(name="Somebody Else"))
    others = [world.paid(world.issued()).id, elsewhere.paid(elsewhere.issued()).id, uuid4()]
    first, second, nobodys = (answers(route, {"token": token, "payment_id": each}) for each in others)
    assert first == second == nobodys
    assert {status for status, _ in first} <= {404, 405}
    own = world.paid(world.issued())
    mine = urlsplit(pay_url(world.organization, own.invoice)).path.strip("/").split("/")[1]  # type: ignore[arg-type]  # it has one
    url = route.url({"token": mine, "payment_id": own.id})
    ask = Client().post if route.name == "portal:stop" else Client().get
    assert ask(url).status_code in (200, 303)


@pytest.mark.parametrize("route", of(Who.PROVIDER), ids=lambda route: route.name)
def test_news_that_nobody_signed_is_refused_and_changes_nothing(route: Route, world: World) -> None:
    before = Event.objects.count()
    for account in (world.account.id, uuid4()):
        for gateway in ("sandbox", "offline"):
            url = route.url({"gateway": gateway, "account_id": account})
            refused = Client().post(url, b"{}", content_type="application/json")
            assert 400 <= refused.status_code < 500
    assert Event.objects.count() == before


@pytest.mark.parametrize("route", of(Who.OWNER), ids=lambda route: route.name)
def test_the_link_of_an_invoice_is_no_key_to_anything_else(route: Route, world: World) -> None:
    """Neither are a random one, one whose time is over, and one for another purpose: all get the same answer, and
    nothing happens."""
    invoice, method = world.issued(), world.saved_method()
    mine, other = MethodLink.Purpose.METHODS, MethodLink.Purpose.OPEN
    if route.name.startswith("portal:open"):
        mine, other = other, mine
    ask = partial(
        ask_method_link, organization=world.organization, customer_id=world.customer.id, actor=SYSTEM
    )
    old = ask(purpose=mine)
    MethodLink.objects.filter(organization=world.organization).update(expires_at=clock.now(None))
    wrong = ask(purpose=other)
    before = Event.objects.count()
    ids = {"method_id": method.id, "invoice_id": invoice.id}
    tokens = (
        urlsplit(pay_url(world.organization, invoice)).path.split("/")[2],
        new_token(),
        old.token,
        wrong.token,
    )
    answers = [
        Client().generic(verb, route.url({"token": t, **ids})) for t in tokens for verb in ("GET", "POST")
    ]
    assert {answer.status_code for answer in answers} <= {404, 405}
    texts = {_without_request(answer.content.decode()) for answer in answers[::2]}
    assert len(texts) == 1
    assert Event.objects.count() == before


@pytest.mark.parametrize("route", of(Who.LETTER), ids=lambda route: route.name)
def test_a_wrong_letter_opens_nothing(route: Route, world: World) -> None:
    person = world.member()
    for key in ("set-password", "c9x-wrong"):
        page = Client().get(route.url({"uidb36": "1", "key": key}), follow=True)
        assert page.status_code == 200
        assert 'type="password"' not in page.content.decode()
        assert person.email not in page.content.decode()


@pytest.mark.parametrize("route", of(Who.INVITED), ids=lambda route: route.name)
def test_a_wrong_invitation_is_as_wrong_as_any(route: Route, world: World) -> None:
    withdrawn = world.invitation()
    token = withdrawn.token
    withdraw_invitation(organization=world.organization, invitation_id=withdrawn.id, actor=SYSTEM)
    known, unknown = (
        [(status, _MASK.sub("", text.replace(each, ""))) for status, text in answers(route, {"token": each})]
        for each in (token, "x" * 22)
    )
    assert known == unknown
    assert {status for status, _ in known} == {404}


@pytest.mark.parametrize("route", of(Who.SIGN_ON), ids=lambda route: route.name)
def test_no_provider_no_sign_on(route: Route, world: World) -> None:
    assert {status for status, _ in answers(route, {"provider_id": "sso"})} == {404}
