"""Invitations to an organization."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from allsquare.core.encryption import EncryptedTextField
from allsquare.identity.models.organization import TenantModel
from allsquare.identity.models.person import Person
from allsquare.identity.roles import LABELS


class Invitation(TenantModel):
    """Somebody may join with a role, until ``expires_at``.

    As with pay links the hash finds it, and the encrypted token lets the mail be sent again. ``sent`` counts the
    mails that were asked for; times are the machine's, since links do not take part in rehearsals.
    """

    email = models.EmailField()
    role = models.CharField(max_length=20, choices=[(role.value, label) for role, label in LABELS.items()])
    token_hash = models.BinaryField(unique=True)
    token = EncryptedTextField()
    invited_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    sent = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "invitation"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return self.email
