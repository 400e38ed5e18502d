"""People in front of the door, on its threshold and behind it, and the pages of the account that each of them meets."""

from __future__ import annotations

from typing import Final

from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.userkit import user_id_to_str
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from allsquare.core import clock
from allsquare.identity.models import Person
from tests.browser.pages import Found
from tests.web.console.world import World
from tests.web.table import routes
from tests.web.test_every_route import AUDIENCE, Who

PASSWORD: Final = "correct horse battery"
#: Whoever is led to these has met an error, and its status says so.
STATUS: Final = {"socialaccount_login_error": 401}


def pages_of_people(world: World) -> list[tuple[Client, Found]]:
    """Each person's browser, and the pages that they are shown."""
    return [
        (client, _asked(client, more))
        for client, more in (
            _stranger(world),
            _half_way_in(world),
            _with_all_factors(world),
            _without_password(world),
        )
    ]


def _asked(client: Client, more: dict[str, str]) -> Found:
    """Addresses of the account without a thing of their own, and ``more`` by the names of their routes."""
    found = Found()
    for route in routes():
        if AUDIENCE.get(route.name) in (Who.ANYBODY, Who.PERSON) and not route.arguments:
            found.ask(client, route.url(), route.name, status=STATUS.get(route.name, 200))
    for name, address in more.items():
        found.ask(client, address, name, status=404 if name == "unknown" else 200)
    return found


def _stranger(world: World) -> tuple[Client, dict[str, str]]:
    client, person = Client(), world.member()
    key = f"{user_pk_to_url_str(person)}-{default_token_generator.make_token(person)}"
    asked = reverse("account_reset_password_from_key", kwargs=_parts(key))
    return client, {
        "account_invitation": reverse("account_invitation", args=[world.invitation().token]),
        # The key goes into the session, and the page is another.
        "account_reset_password_from_key": client.get(asked)["Location"],
        "a key that is over": reverse("account_reset_password_from_key", kwargs=_parts("1-nothing")),
        "unknown": "/no-such-page/",
    }


def _parts(key: str) -> dict[str, str]:
    who, _, rest = key.partition("-")
    return {"uidb36": who, "key": rest}


def _half_way_in(world: World) -> tuple[Client, dict[str, str]]:
    """The password was right."""
    client, person = Client(), _person(world)
    _add_factors(person)
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client, {}


def _with_all_factors(world: World) -> tuple[Client, dict[str, str]]:
    client, person = Client(), _person(world)
    key = _add_factors(person)
    _sign_in(client, person)
    one = {name: reverse(name, args=[key.pk]) for name in ("mfa_edit_webauthn", "mfa_remove_webauthn")}
    return client, one


def _without_password(world: World) -> tuple[Client, dict[str, str]]:
    """They come by single sign-on."""
    client = Client()
    _sign_in(client, world.member())
    return client, {}


def _sign_in(client: Client, person: Person) -> None:
    """A moment ago."""
    client.force_login(person)
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": clock.now(None).timestamp(), "reauthenticated": True}
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(person)
    session.save()


def _person(world: World) -> Person:
    person = world.member()
    person.set_password(PASSWORD)
    person.save()
    return person


def _add_factors(person: Person) -> Authenticator:
    """An app, recovery codes and a passkey; returns the passkey."""
    TOTP.activate(person, generate_totp_secret())
    RecoveryCodes.activate(person)
    public = ES256.from_cryptography_key(  # type: ignore[no-untyped-call]  # the library says nothing of it
        ec.generate_private_key(ec.SECP256R1()).public_key()
    )
    known = AttestedCredentialData.create(b"\0" * 16, str(person.pk).encode(), public)
    data = AuthenticatorData.create(b"\0" * 32, AuthenticatorData.FLAG(0x45), 0, known)
    response = {
        "clientDataJSON": websafe_encode(b'{"type": "webauthn.create", "challenge": "", "origin": ""}'),
        "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
    }
    name = websafe_encode(known.credential_id)
    credential = {"id": name, "rawId": name, "type": "public-key", "response": response}
    WebAuthn.add(person, "Telefon", credential)
    passkey: Authenticator = Authenticator.objects.get(user=person, type=Authenticator.Type.WEBAUTHN)
    return passkey
