"""How passwords are kept."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with the second recommended option of RFC 9106, section 4: 64 MiB, three passes, four lanes.

    Django's own takes 100 MiB for each sign-in, so twenty at once would be two gigabytes.
    """

    time_cost = 3
    memory_cost = 65_536
    parallelism = 4
