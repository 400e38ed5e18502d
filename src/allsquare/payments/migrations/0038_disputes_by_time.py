from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("payments", "0037_whose_accounts"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="dispute",
            index=models.Index(fields=["organization", "opened_at", "id"], name="dispute_by_time"),
        ),
    ]
