"""What a provider's news carried is forgotten after a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0031_dispute_fees"),
    ]

    operations = [
        migrations.AddField(
            model_name="inboxevent", name="forgotten_at", field=models.DateTimeField(blank=True, null=True)
        ),
    ]
