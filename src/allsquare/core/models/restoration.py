"""That this installation was restored from a backup."""

from __future__ import annotations

from django.db import models

from allsquare.core.ids import new_id


class Restoration(models.Model):
    """One restore: of a backup of ``taken_at``; ``over_at`` when the providers had told what happened since."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    taken_at = models.DateTimeField()
    restored_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "restoration"
