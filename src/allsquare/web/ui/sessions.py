"""Sessions in the database, as Django keeps them; read by a prepared statement, since every request does it."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from allsquare.core import bulk, clock

_READ = "SELECT session_key, session_data, expire_date FROM django_session WHERE session_key = %t AND expire_date > %b"


class SessionStore(db.SessionStore):
    """As Django's own."""

    def _get_session_from_db(self) -> Session | None:
        found = bulk.run(_READ, [self.session_key, clock.now(None)])
        if found:
            key, data, ends_at = found[0]
            return Session(session_key=key, session_data=data, expire_date=ends_at)
        self._session_key = None
        return None
