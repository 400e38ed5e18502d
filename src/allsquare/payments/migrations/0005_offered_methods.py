import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0004_open_and_by_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="gatewayaccount",
            name="methods",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20), blank=True, null=True, size=None
            ),
        ),
    ]
