"""The keys without which encrypted fields stay shut. They travel inside an encrypted backup, never in a plain one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.translation import gettext as _

from allsquare.core.backup.errors import RestoreRefused

ENCRYPTION_KEYS: Final = "secrets/encryption_keys"
SECRET_KEY: Final = "secrets/secret_key"  # noqa: S105  # the name of a part, and of a file


def marks(keys: Sequence[str]) -> list[str]:
    """Names for keys that tell nothing about them: each is 256 random bits, so a hash cannot be guessed back."""
    return [
        HKDF(algorithm=SHA256(), length=8, salt=None, info=b"allsquare key mark").derive(key.encode()).hex()
        for key in keys
    ]


def secrets() -> dict[str, bytes]:
    """What this installation uses, wherever it came from."""
    return {
        ENCRYPTION_KEYS: ",".join(settings.ENCRYPTION_KEYS).encode(),
        SECRET_KEY: settings.SECRET_KEY.encode(),
    }


def check_keys(needed: Sequence[str], *, brought: bool) -> None:
    """Raises :class:`RestoreRefused` when the backup's encrypted fields would stay shut here."""
    given = bool(os.environ.get("ALLSQUARE_ENCRYPTION_KEYS"))
    if brought and not given:
        return
    if set(needed) <= set(marks(settings.ENCRYPTION_KEYS)):
        return
    raise RestoreRefused(
        _(
            "The encryption keys of the backup are not in ALLSQUARE_ENCRYPTION_KEYS. Put them there, or leave the "
            "variable unset: this backup brings them along."
        )
        if brought
        else _(
            "The encryption keys that were kept apart from this backup are not here. Put them into %(file)s (or into "
            "ALLSQUARE_ENCRYPTION_KEYS) and restore again."
        )
        % {"file": settings.HOME / ENCRYPTION_KEYS}
    )


def keep_secrets(brought: Mapping[str, bytes]) -> None:
    """Put the backup's secrets where this installation reads them, unless the environment gives its own."""
    for name, variable in (
        (ENCRYPTION_KEYS, "ALLSQUARE_ENCRYPTION_KEYS"),
        (SECRET_KEY, "ALLSQUARE_SECRET_KEY"),
    ):
        if name in brought and not os.environ.get(variable):
            _write(settings.HOME / name, brought[name])


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # readable by us alone
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
