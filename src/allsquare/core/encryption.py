"""Fields that are encrypted at rest, with keys apart from ``SECRET_KEY`` and from the database.

The setting ``ENCRYPTION_KEYS`` is a list of Fernet keys (AES-128-CBC with HMAC-SHA256, URL-safe base64), newest
first. The first encrypts; all decrypt. To rotate: put a new key in front, run
``allsquare rotate-keys``, then drop the old key. A value that no key opens raises, never returns ciphertext.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from allsquare.core.errors import AllsquareError


class SecretUnreadable(AllsquareError):
    """No key in ``ENCRYPTION_KEYS`` opens this value."""

    code = "secret_unreadable"
    status = 500


#: A token that no key opens, or text that is no token at all (``ValueError``: not even ASCII).
_NO_TOKEN = (InvalidToken, ValueError)


def _keys() -> MultiFernet:
    keys: list[str] = settings.ENCRYPTION_KEYS
    if not keys:
        raise SecretUnreadable(_("No encryption key is set. Set ALLSQUARE_ENCRYPTION_KEYS."))
    return _made_of(tuple(keys))


@lru_cache(maxsize=4)
def _made_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(plain: str) -> str:
    """``plain`` under the newest key, as text."""
    return _keys().encrypt(plain.encode()).decode()


def decrypt(token: str) -> str:
    """The plain text. Raises :class:`SecretUnreadable`."""
    try:
        return _keys().decrypt(token).decode()
    except _NO_TOKEN as error:
        raise SecretUnreadable(
            _("A stored secret cannot be read with the keys in use. Put the key that wrote it back.")
        ) from error


def rotate(token: str) -> str:
    """The same secret under the newest key. Raises :class:`SecretUnreadable`."""
    try:
        return _keys().rotate(token).decode()
    except _NO_TOKEN as error:
        raise SecretUnreadable(_("A stored secret cannot be rotated: no key opens it.")) from error


class EncryptedTextField(models.TextField[str, str]):
    """Text that stands encrypted in the database. It cannot be searched or compared there."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError("An encrypted field cannot be compared in the database.")
        return super().get_lookup(lookup_name)


def rotate_field(field: models.Field[Any, Any], *, batch: int = 500) -> int:
    """Re-encrypt every value of ``field`` (an :class:`EncryptedTextField`) under the newest key; returns how many.

    Works on the stored text in primary-key order, so it can be stopped and run again. A value that somebody
    changes meanwhile is left as they wrote it: it is under the newest key already.
    """
    model, column = field.model, field.attname
    raw = Cast(models.F(field.name), models.TextField())
    count = 0
    last: Any = None
    while True:
        rows = model._default_manager.annotate(stored=raw).filter(stored__isnull=False).order_by("pk")
        if last is not None:
            rows = rows.filter(pk__gt=last)
        page = list(rows.values_list("pk", "stored")[:batch])
        if not page:
            return count
        for pk, stored in page:
            unchanged = model._default_manager.annotate(stored=raw).filter(pk=pk, stored=stored)
            count += unchanged.update(
                **{column: models.Value(rotate(stored), output_field=models.TextField())}
            )
        last = page[-1][0]
