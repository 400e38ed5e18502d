"""Fault 38: a code counts once; and what else second factors promise."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from allsquare.core import clock
from allsquare.core.models import Event
from allsquare.identity.models import Person
from allsquare.identity.roles import Role
from allsquare.identity.services.rotate_second_factors import rotate_second_factors
from tests.web.console.world import World

PASSWORD = "correct horse battery"


@pytest.fixture
def person(world: World) -> Person:
    found = world.member()
    found.set_password(PASSWORD)
    found.save()
    return found


def code(secret: str, *, steps: int = 0) -> str:
    """RFC 6238: six digits for the step of half a minute that is now, or ``steps`` away."""
    return f"{hotp_value(secret, int(clock.now(None).timestamp()) // 30 + steps):06}"


def with_app(person: Person) -> str:
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def half_way_in(person: Person) -> Client:
    """The password is right; the second factor is asked for."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("console:home")).status_code == 302
    return client


def send_code(client: Client, typed: str) -> bool:
    """Is the person signed in now?"""
    client.post(reverse("mfa_authenticate"), {"code": typed})
    return client.get(reverse("console:home")).status_code == 200


def test_a_code_signs_in_once_in_any_browser(person: Person) -> None:
    secret = with_app(person)
    typed = code(secret)
    assert send_code(half_way_in(person), typed)
    second = half_way_in(person)
    assert not send_code(second, typed)
    assert not send_code(second, code(secret, steps=-1)), "an older code is no better"
    assert send_code(second, code(secret, steps=1))


def test_codes_of_another_time_are_wrong(person: Person) -> None:
    secret = with_app(person)
    client = half_way_in(person)
    assert not send_code(client, code(secret, steps=-5))
    page = client.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()
    assert "used already" in page


def test_the_session_is_another_one_after_the_second_factor(person: Person) -> None:
    secret = with_app(person)
    client = half_way_in(person)
    before = client.cookies["sessionid"].value
    assert send_code(client, code(secret))
    assert client.cookies["sessionid"].value != before


def test_guessing_codes_ends(person: Person) -> None:
    secret = with_app(person)
    client = half_way_in(person)
    for number in range(5):
        assert not send_code(client, f"{number:06}")
    assert not send_code(client, code(secret))


def test_a_recovery_code_signs_in_once(person: Person) -> None:
    with_app(person)
    [first, *_others] = RecoveryCodes.activate(person).get_unused_codes()
    assert send_code(half_way_in(person), first)
    assert not send_code(half_way_in(person), first)


def test_nothing_from_which_codes_come_stands_in_the_database(person: Person) -> None:
    secret = with_app(person)
    RecoveryCodes.activate(person)
    stored = {row.type: row.data for row in Authenticator.objects.filter(user=person)}
    assert stored["totp"]["secret"] != secret
    assert all(str(data).count("gAAAA") == 1 for data in stored.values())


def test_keys_are_rotated_under_the_feet_of_second_factors(person: Person, settings: Settings) -> None:
    secret = with_app(person)
    before = settings.ENCRYPTION_KEYS
    new = "x" * 43 + "="
    settings.ENCRYPTION_KEYS = [new, *before]
    assert rotate_second_factors() == 1
    settings.ENCRYPTION_KEYS = [new]
    assert send_code(half_way_in(person), code(secret))


def test_an_app_is_set_up_and_its_first_code_does_not_sign_in(
    person: Person,
    world: World,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert "data:image/svg+xml;base64," in page
    secret = client.session["mfa.totp.secret"]
    assert secret in page
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert "id_code_error" in wrong.content.decode()
    typed = code(client.session["mfa.totp.secret"])
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("mfa_activate_totp"), {"code": typed}, follow=True)
    codes = re.findall(r"<code>(\d{8})</code>", done.content.decode())
    assert len(codes) == 10
    assert not send_code(half_way_in(person), typed)
    assert send_code(half_way_in(person), codes[0])
    kinds = Event.objects.filter(organization_id=world.organization.id).values_list("kind", flat=True)
    assert "person.second_factor_added" in kinds


def test_a_stale_session_proves_itself_before_it_changes_second_factors(person: Person) -> None:
    client = Client()
    client.force_login(person)
    asked = client.get(reverse("mfa_activate_totp"))
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    page = client.get(asked["Location"])
    assert "Is it you?" in page.content.decode()
    passed = client.post(asked["Location"], {"password": PASSWORD, "next": reverse("mfa_activate_totp")})
    assert passed["Location"] == reverse("mfa_activate_totp")


def test_every_page_wears_our_looks_and_has_no_inline_script(person: Person) -> None:
    with_app(person)
    RecoveryCodes.activate(person)
    client = half_way_in(person)
    assert "Second factor" in client.get(reverse("mfa_authenticate")).content.decode()
    client = Client()
    client.force_login(person)
    url = reverse("account_reauthenticate")
    client.post(url, {"password": PASSWORD})
    for name in (
        "mfa_index",
        "mfa_deactivate_totp",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "mfa_reauthenticate",
        "account_profile",
    ):
        answer = client.get(reverse(name))
        assert answer.status_code == 200, name
        text = answer.content.decode()
        assert "ui/app.css" in text, name
        for script in re.findall(r"<script[^>]*>", text):
            assert "src=" in script or "application/json" in script, (name, script)


def test_an_organization_asks_a_role_for_a_second_factor(world: World, person: Person) -> None:
    world.organization.second_factor_roles = [Role.OWNER]
    world.organization.save()
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    for name in ("console:home", "console:invoice_list", "console:settings"):
        assert client.get(reverse(name))["Location"] == reverse("mfa_index")
    said = client.get(reverse("mfa_index")).content.decode()
    assert "asks everybody in your role for a second factor" in said
    moved = client.get(reverse("console:search"), headers={"HX-Request": "true"})
    assert moved.status_code == 403
    with_app(person)
    assert client.get(reverse("console:home")).status_code == 200
    assert world.client(Role.VIEWER).get(reverse("console:home")).status_code == 200


def test_recovery_codes_alone_are_no_second_factor(world: World, person: Person) -> None:
    world.organization.second_factor_roles = [Role.OWNER]
    world.organization.save()
    RecoveryCodes.activate(person)
    client = Client()
    client.force_login(person)
    assert client.get(reverse("console:home"))["Location"] == reverse("mfa_index")
