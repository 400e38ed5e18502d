"""People who sign in, and their membership in organizations."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from allsquare.core import rows
from allsquare.core.clock import now
from allsquare.core.ids import new_id
from allsquare.identity.models.organization import TenantModel
from allsquare.identity.roles import LABELS


class PersonManager(BaseUserManager["Person"]):
    """Makes people. E-mail addresses are compared without case, as people type them."""

    def create_user(self, email: str, password: str | None = None, *, name: str = "") -> Person:
        person = self.model(email=email.strip().lower(), name=name, created_at=now(None))
        person.set_password(password)
        person.save()
        return person

    def get(self, *args: Any, **kwargs: Any) -> Person:
        """By the key alone, as every request of somebody signed in asks, by a prepared statement."""
        key = kwargs.get("pk")
        if args or len(kwargs) != 1 or not isinstance(key, UUID):
            return super().get(*args, **kwargs)
        found = rows.by_key(self.model, key)
        if found is None:
            raise self.model.DoesNotExist
        return found

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody who signs in. What they may do is said by their membership, per organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.name or self.email


class Membership(TenantModel):
    """A person's role in an organization."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, label) for role, label in LABELS.items()])
    created_at = models.DateTimeField()

    class Meta:
        db_table = "membership"
        constraints = [models.UniqueConstraint(fields=["organization", "person"], name="membership_once")]
