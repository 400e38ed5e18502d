from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("payments", "0014_failed_payouts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="attention",
            index=models.Index(fields=["organization", "created_at", "id"], name="attention_by_time"),
        ),
    ]
