"""A backup is one file, and a restore puts it into an empty place.

The file is a gzipped tar (so it can be looked into with ``tar tzf``), or, with a key, the same behind authenticated
encryption (see ``sealed``): ``head.json``, ``secrets/…`` (only when encrypted), ``tables/<name>/<number>``
(PostgreSQL's COPY text, a few MiB each), ``documents/<sha256>``, ``manifest.json`` with the checksum of everything. See
``docs/decisions`` for why it is no ``pg_dump``.
"""

from __future__ import annotations
