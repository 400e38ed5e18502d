"""Browsers in which a person is signed in."""

from __future__ import annotations

from django.db import models

from allsquare.core.ids import new_id
from allsquare.identity.models.person import Person


class PersonSession(models.Model):
    """What the person is told of one of their sessions, so that they know it again and can end it.

    It belongs to the person and to no organization: one sign-in serves them all. The session itself is Django's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=200, blank=True, default="")
    address = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        db_table = "person_session"

    def __str__(self) -> str:
        return self.device or self.address
