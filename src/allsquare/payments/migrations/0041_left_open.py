from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("payments", "0040_by_hand"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("state__in", ["started", "unknown", "pending"])),
                fields=["organization", "created_at"],
                name="refund_open",
            ),
        ),
        AddIndexConcurrently(
            model_name="dispute",
            index=models.Index(
                condition=models.Q(("state", "opened")),
                fields=["organization", "opened_at"],
                name="dispute_open",
            ),
        ),
    ]
