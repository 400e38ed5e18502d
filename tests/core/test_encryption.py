from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django.fixtures import Settings

from allsquare.core import clock, encryption
from allsquare.core.encryption import SecretUnreadable, decrypt, encrypt, rotate, rotate_field
from allsquare.identity.models import Organization
from allsquare.payments.models import GatewayAccount
from tests.factories import make_organization

SECRET = "sk_live_Größe_✓"
FIELD = GatewayAccount._meta.get_field("settings")


def fresh_key() -> str:
    return Fernet.generate_key().decode()


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organization()


def account(organization: Organization, secret: str = SECRET) -> GatewayAccount:
    return GatewayAccount.objects.create(
        organization=organization, gateway="x", label=secret[:20], settings=secret, created_at=clock.now(None)
    )


def stored(row: GatewayAccount) -> str:
    """What stands in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT settings FROM gateway_account WHERE id = %s", [row.id])
        [(text,)] = cursor.fetchall()
    return str(text)


def test_what_is_encrypted_is_read_back_and_never_looks_the_same() -> None:
    one, two = encrypt(SECRET), encrypt(SECRET)
    assert one != two
    assert SECRET not in one
    assert decrypt(one) == decrypt(two) == SECRET
    assert decrypt(encrypt("")) == ""


@pytest.mark.parametrize(
    "damage", [lambda t: t[:-2], lambda t: t[:30] + ("A" if t[30] != "A" else "B") + t[31:]]
)
def test_a_wrong_key_or_a_damaged_value_raises(settings: Settings, damage: Callable[[str], str]) -> None:
    token = encrypt(SECRET)
    for wrong in (damage(token), "", "plain text", "ümlaut"):
        for read in (decrypt, rotate):
            with pytest.raises(SecretUnreadable):
                read(wrong)
    settings.ENCRYPTION_KEYS = [fresh_key()]
    with pytest.raises(SecretUnreadable, match="Put the key that wrote it back"):
        decrypt(token)
    with pytest.raises(SecretUnreadable):
        rotate(token)


def test_without_a_key_nothing_is_written(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(SecretUnreadable, match="ALLSQUARE_ENCRYPTION_KEYS"):
        encrypt(SECRET)


def test_the_first_key_writes_and_all_read(settings: Settings) -> None:
    old, new = fresh_key(), fresh_key()
    settings.ENCRYPTION_KEYS = [old]
    before = encrypt(SECRET)
    settings.ENCRYPTION_KEYS = [new, old]
    assert decrypt(before) == SECRET
    after, rotated = encrypt(SECRET), rotate(before)
    settings.ENCRYPTION_KEYS = [new]
    assert decrypt(after) == decrypt(rotated) == SECRET
    with pytest.raises(SecretUnreadable):
        decrypt(before)


def test_the_database_holds_no_plain_text(organization: Organization) -> None:
    row = account(organization)
    assert SECRET not in stored(row)
    assert decrypt(stored(row)) == SECRET
    row.refresh_from_db()
    assert row.settings == SECRET


def test_a_value_that_no_key_opens_raises_and_is_never_given_out(
    organization: Organization, settings: Settings
) -> None:
    row = account(organization)
    settings.ENCRYPTION_KEYS = [fresh_key()]
    with pytest.raises(SecretUnreadable):
        row.refresh_from_db()
    with pytest.raises(SecretUnreadable):
        list(GatewayAccount.objects.filter(organization=organization).values_list("settings"))


def test_it_cannot_be_compared_in_the_database(organization: Organization) -> None:
    row = account(organization)
    for lookup in ("settings", "settings__contains", "settings__in"):
        with pytest.raises(TypeError, match="cannot be compared"):
            GatewayAccount.objects.filter(organization=organization, **{lookup: [SECRET]}).first()
    assert GatewayAccount.objects.get(organization=organization, settings__isnull=False) == row


def test_a_field_is_rotated_in_batches_and_the_old_key_can_go(
    organization: Organization, settings: Settings
) -> None:
    rows = [account(organization, f"secret {n}") for n in range(5)]
    new = fresh_key()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    assert rotate_field(FIELD, batch=2) == 5
    settings.ENCRYPTION_KEYS = [new]
    for n, row in enumerate(rows):
        row.refresh_from_db()
        assert row.settings == f"secret {n}"


def test_rotation_leaves_alone_what_somebody_changes_meanwhile(
    organization: Organization, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = account(organization)
    settings.ENCRYPTION_KEYS = [fresh_key(), *settings.ENCRYPTION_KEYS]

    def changed_meanwhile(token: str) -> str:
        GatewayAccount.objects.filter(organization=organization, id=row.id).update(settings="newer")
        return rotate(token)

    monkeypatch.setattr(encryption, "rotate", changed_meanwhile)
    assert rotate_field(FIELD) == 0
    row.refresh_from_db()
    assert row.settings == "newer"
