"""Since when an account at a provider is ours to look at."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0034_tips")]

    operations = [
        migrations.AddField("gatewayaccount", "added_at", models.DateTimeField(null=True, blank=True)),
    ]
