import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import allsquare.core.fields
import allsquare.core.ids


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_groups"), ("payments", "0021_health")]

    operations = [
        migrations.CreateModel(
            name="PaymentRoute",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=allsquare.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("place", models.PositiveSmallIntegerField()),
                ("currency", allsquare.core.fields.CurrencyField(blank=True, default="", max_length=3)),
                ("method", models.CharField(blank=True, default="", max_length=20)),
                ("least_minor", models.BigIntegerField(blank=True, null=True)),
                ("most_minor", models.BigIntegerField(blank=True, null=True)),
                (
                    "accounts",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customergroup",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.organization",
                    ),
                ),
            ],
            options={
                "db_table": "payment_route",
                "indexes": [
                    models.Index(fields=["organization", "place", "id"], name="payment_route_in_order")
                ],
            },
        ),
    ]
