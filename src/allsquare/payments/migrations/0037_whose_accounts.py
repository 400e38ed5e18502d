"""Since when an account at a provider is ours to look at, and which one it is there."""

from django.db import migrations, models

SAFE = "The table has a row for each provider of a business, and the column is made right above: none has a name yet."


class Migration(migrations.Migration):
    dependencies = [("payments", "0036_items_of_others")]

    operations = [
        migrations.AddField("gatewayaccount", "added_at", models.DateTimeField(null=True, blank=True)),
        migrations.AddField(
            "gatewayaccount", "identity", models.CharField(max_length=200, null=True, blank=True)
        ),
        migrations.AddConstraint(
            "gatewayaccount",
            models.UniqueConstraint(fields=["gateway", "identity"], name="gateway_account_identity_once"),
        ),
    ]
