"""How a person likes to see a list."""

from __future__ import annotations

from django.db import models

from allsquare.identity.models.organization import TenantModel
from allsquare.identity.models.person import Person


class SavedView(TenantModel):
    """Filters, sort and columns of the list ``list_name`` under a name of the person's own. ``parameters`` is the
    address: each parameter with its values. The view without a name holds the columns of the list as such."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    list_name = models.CharField(max_length=40)
    name = models.CharField(max_length=60, blank=True, default="")
    parameters = models.JSONField(default=dict)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "saved_view"
        constraints = [
            # Also the index by which a list finds its views.
            models.UniqueConstraint(
                fields=["organization", "person", "list_name", "name"], name="saved_view_name_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "person", "list_name"],
                condition=models.Q(is_default=True),
                name="saved_view_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name
