"""Addresses of payers have a time of their own. Those in events that were sealed before stay there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0006_job_trouble"),
    ]

    operations = [
        migrations.CreateModel(
            name="PayerAddress",
            fields=[
                ("subject_id", models.UUIDField(primary_key=True, serialize=False)),
                ("organization_id", models.UUIDField()),
                ("address", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "db_table": "payer_address",
                "indexes": [models.Index(fields=["organization_id", "at"], name="payer_address_by_time")],
            },
        ),
    ]
