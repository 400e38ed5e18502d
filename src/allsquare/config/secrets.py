"""Secrets of this installation: from the environment, else made once and kept in a file only we can read."""

from __future__ import annotations

import os
import secrets as random
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet


def secret_key(home: Path) -> str:
    """Signs sessions and forms."""
    return os.environ.get("ALLSQUARE_SECRET_KEY") or _kept(
        home / "secrets" / "secret_key", random.token_urlsafe(48)
    )


def encryption_keys(home: Path) -> list[str]:
    """Fernet keys for stored secrets, newest first (see ``core.encryption``)."""
    given = os.environ.get("ALLSQUARE_ENCRYPTION_KEYS")
    text = given or _kept(home / "secrets" / "encryption_keys", Fernet.generate_key().decode())
    return [key for key in text.replace(",", " ").split() if key]


def _kept(path: Path, fresh: str) -> str:
    """The content of ``path``; made of ``fresh`` when it is missing. Two processes at once agree on one."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # readable by us alone
    draft = Path(name)
    with os.fdopen(handle, "w") as file:
        file.write(fresh)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails when another process was first; then its secret counts
    except FileExistsError:
        return path.read_text().strip()
    finally:
        draft.unlink()
    return fresh
