"""A stream that is encrypted and cannot be cut, reordered, changed or lengthened unseen.

ChaCha20-Poly1305 (RFC 8439) over chunks of 64 KiB in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár
2015): the nonce is a counter with a mark of the last chunk, and each file has a key of its own, derived by HKDF from a
random salt, so no nonce meets a key twice. The head of the file is authenticated with every chunk. A passphrase goes
through scrypt (RFC 7914) first.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.utils.translation import gettext as _

from allsquare.core.backup.errors import BackupDamaged, BackupKeyWrong

MAGIC: Final = b"allsquare sealed backup 1\n"
CHUNK: Final = 64 * 1024
_TAG: Final = 16
_LONGEST_HEAD: Final = 1000
#: 128 MiB and about half a second: what a guess at the passphrase costs.
_SCRYPT: Final = {"n": 2**17, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """32 random bytes, or a passphrase that somebody thought of."""

    secret: bytes
    passphrase: bool


def find_key(environment: Mapping[str, str], file: Path | None) -> Key | None:
    """From ``file``, else from ``ALLSQUARE_BACKUP_KEY_FILE`` or ``ALLSQUARE_BACKUP_PASSPHRASE``; never from a command
    line, which every process of the machine can read. Raises :class:`BackupKeyWrong`."""
    named = file or Path(environment.get("ALLSQUARE_BACKUP_KEY_FILE", ""))
    if named.name:
        try:
            text = named.read_bytes().strip()
        except OSError as error:
            raise BackupKeyWrong(
                _("The key file %(file)s cannot be read: %(why)s.") % {"file": named, "why": error.strerror}
            ) from error
    else:
        text = environment.get("ALLSQUARE_BACKUP_PASSPHRASE", "").encode().strip()
        if not text:
            return None
    if len(text) < 12:
        raise BackupKeyWrong(_("This key is too short. Make one with: openssl rand -base64 32 > backup.key"))
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    return Key(raw, passphrase=False) if len(raw) == 32 else Key(text, passphrase=True)


def _file_key(key: Key, head: Mapping[str, Any]) -> bytes:
    salt = bytes.fromhex(head["salt"])
    secret = key.secret
    if key.passphrase:
        secret = Scrypt(salt=salt, length=32, n=head["n"], r=head["r"], p=head["p"]).derive(secret)
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"allsquare backup 1").derive(secret)


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


class SealedWriter(io.RawIOBase):
    """Everything written comes encrypted to ``target``. Closing it writes the last chunk and leaves ``target`` open."""

    def __init__(self, target: IO[bytes] | io.BufferedIOBase, key: Key) -> None:
        super().__init__()
        head: dict[str, Any] = {"salt": os.urandom(32).hex(), "passphrase": key.passphrase}
        if key.passphrase:
            head |= _SCRYPT
        self._head = MAGIC + json.dumps(head, sort_keys=True).encode() + b"\n"
        self._cipher = ChaCha20Poly1305(_file_key(key, head))
        self._target = target
        self._waiting = bytearray()
        self._number = 0
        target.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK:  # not at equality: the last chunk must be marked as such
            self._send(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def finish(self) -> None:
        """The last chunk. A file without it is refused as cut off."""
        self._send(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _send(self, plain: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), plain, self._head))
        self._number += 1


class SealedReader(io.RawIOBase):
    """The plain stream. Raises :class:`BackupKeyWrong` at the first chunk and :class:`BackupDamaged` later; gives out
    no byte that was not authenticated."""

    def __init__(self, source: IO[bytes], key: Key | None) -> None:
        super().__init__()
        self._source = source
        line = source.readline(_LONGEST_HEAD)
        self._head = MAGIC + line
        head = _read_head(line)
        if key is None:
            raise BackupKeyWrong(
                _("This backup is encrypted. Give its key with --key-file or ALLSQUARE_BACKUP_PASSPHRASE.")
            )
        if key.passphrase != head["passphrase"]:
            raise BackupKeyWrong(
                _("This backup was encrypted with a passphrase, not with a key of 32 bytes.")
                if head["passphrase"]
                else _("This backup was encrypted with a key of 32 bytes, not with a passphrase.")
            )
        self._cipher = ChaCha20Poly1305(_file_key(key, head))
        self._number = 0
        self._next = source.read(CHUNK + _TAG)
        self._plain = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._plain and self._next:
            self._plain = memoryview(self._open())
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        return count

    def _open(self) -> bytes:
        chunk, self._next = self._next, self._source.read(CHUNK + _TAG)
        try:
            plain = self._cipher.decrypt(_nonce(self._number, last=not self._next), chunk, self._head)
        except InvalidTag:
            if self._number == 0:
                raise BackupKeyWrong(
                    _(
                        "This key does not open the backup, or the beginning of the file is damaged. Give the key "
                        "that it was made with, or use another copy."
                    )
                ) from None
            raise BackupDamaged(
                _("The backup is damaged or cut off after %(count)s MB. Use another copy.")
                % {"count": self._number * CHUNK // 1_000_000}
            ) from None
        self._number += 1
        return plain


def _read_head(line: bytes) -> dict[str, Any]:
    """Only what we write: a foreign head must not make scrypt eat the memory."""
    try:
        head = json.loads(line)
        good = len(bytes.fromhex(head["salt"])) == 32 and isinstance(head["passphrase"], bool)
        if head["passphrase"]:
            good = good and {name: head[name] for name in _SCRYPT} == _SCRYPT
    except (ValueError, KeyError, TypeError):
        good = False
    if not good:
        raise BackupDamaged(_("The head of this backup is damaged. Use another copy."))
    return dict(head)
