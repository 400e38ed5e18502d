"""The secrets of second factors are encrypted anew under the newest key."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction

from allsquare.core.encryption import rotate

#: What authenticator apps and recovery codes are computed from. A passkey's part that we keep is public.
_SECRETS = ("secret", "seed")


def rotate_second_factors() -> int:
    """Of all people; returns how many. They stand inside JSON, where ``rotate_field`` does not reach."""
    count = 0
    ids = list(Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list("pk", flat=True))
    for pk in ids:
        with transaction.atomic():  # one at a time: a code that is used meanwhile must stay used
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            if row is None:
                continue
            row.data |= {name: rotate(row.data[name]) for name in _SECRETS if name in row.data}
            row.save(update_fields=["data"])
            count += 1
    return count
