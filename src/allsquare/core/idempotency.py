"""The same request twice gives the same answer once.

The caller names its request by a key. The key is kept with a hash of the input and with the answer, in
the transaction of the work itself: same key and same input give the stored answer, same key with other
input is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from allsquare.core.errors import Conflict, InvalidInput
from allsquare.core.models import IdempotencyRecord

Answer = dict[str, object]


class KeyReused(Conflict):
    """The key was used before with other input."""

    code = "idempotency_key_reused"


class KeyInvalid(InvalidInput):
    """The key is empty, or longer than can be kept."""

    code = "idempotency_key_invalid"


#: Characters of a key.
MAX_KEY = 200


def check_key(key: str) -> None:
    """Raises :class:`KeyInvalid`: an empty key would make all requests one."""
    if not key.strip() or len(key) > MAX_KEY or "\0" in key:
        raise KeyInvalid(
            _("Name the request by a key of 1 to %(max_key)s characters.") % {"max_key": MAX_KEY}, field="key"
        )


def input_hash(value: Mapping[str, object]) -> bytes:
    """SHA-256 over canonical JSON. Values must be JSON types or have a faithful ``str``."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str, ensure_ascii=False)
    return sha256(text.encode()).digest()


def same_input(stored: bytes | memoryview[int], given: bytes) -> None:
    """Raises :class:`KeyReused` unless both hashes agree."""
    if bytes(stored) != given:
        raise KeyReused(_("This key was used before for something else. Use a new key for a new request."))


def answered(*, organization_id: UUID, operation: str, key: str) -> Answer | None:
    """What ``once`` answered to this key, if it did. Raises :class:`KeyInvalid`."""
    check_key(key)
    found = IdempotencyRecord.objects.filter(organization_id=organization_id, operation=operation, key=key)
    return cast("Answer | None", found.values_list("answer", flat=True).first())


def once(
    *,
    organization_id: UUID,
    operation: str,
    key: str,
    given: Mapping[str, object],
    at: datetime,
    work: Callable[[], Answer],
) -> tuple[Answer, bool]:
    """Do ``work`` once per ``(organization, operation, key)``; returns ``(answer, repeated)``.

    A second request that arrives while the first is under way waits for it in the database, then gets
    its answer. When ``work`` raises, nothing is kept and the key stays free. Raises :class:`KeyReused`,
    :class:`KeyInvalid`.
    """
    check_key(key)
    digest = input_hash(given)
    with transaction.atomic():
        record, created = IdempotencyRecord.objects.get_or_create(
            organization_id=organization_id,
            operation=operation,
            key=key,
            defaults={"input_hash": digest, "created_at": at},
        )
        if not created:
            same_input(record.input_hash, digest)
            return cast("Answer", record.answer), True
        record.answer = work_done = work()
        record.save(update_fields=["answer"])
        return work_done, False
