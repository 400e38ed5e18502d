from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0008_restoration"),
    ]

    operations = [
        migrations.AddField(
            model_name="gatewayaccount",
            name="history_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="gatewayaccount",
            name="history_due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
