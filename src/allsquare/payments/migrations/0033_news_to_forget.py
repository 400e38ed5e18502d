from django.db import migrations, models

from allsquare.core.operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("payments", "0032_news_forgotten"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(
                condition=models.Q(("forgotten_at__isnull", True), ("state", "done")),
                fields=["organization", "done_at"],
                name="inbox_to_forget",
            ),
        ),
    ]
