"""Groups of customers, such as *wholesale*: rules are made for all of a group at once."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models import TenantModel


class CustomerGroup(TenantModel):
    """A customer is in one group at most. There are a few of them in an organization."""

    name = models.CharField(max_length=60)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "customer_group"
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="customer_group_name_once")
        ]

    def __str__(self) -> str:
        return self.name
